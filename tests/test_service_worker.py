"""A report that ends the process that works on it is set aside with its reason; the others are processed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from store_samples import SECRET
from symbolicate.service.config import Config
from symbolicate.service.config import Workers as Settings
from symbolicate.service.metrics import Metrics
from symbolicate.service.worker import Workers
from symbolicate.store import Store, Upload
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from pathlib import Path

MEMORY = 64 << 20
SECONDS = 120


def dump(number: int, data: bytes) -> Upload:
    return Upload(f"00000000-0000-4000-8000-{number:012}", "minidump", data, None)


def test_poison_is_set_aside_and_its_neighbours_are_processed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tried again at once.
    monkeypatch.setattr("symbolicate.store.queue._FIRST_PAUSE", 0)
    poison = b"MDMP" + bytes(MEMORY)
    app = store.apps.ensure(SECRET)
    store.accept(app, [dump(number, poison if number == 2 else tiny_dump()) for number in range(5)])
    config = Config(data=str(tmp_path), workers=Settings(threads=1, memory_bytes=MEMORY, poll_seconds=0.05))
    metrics = Metrics()
    workers = Workers(store, config, metrics)
    workers.start()
    ends = time.monotonic() + SECONDS
    while (depth := store.queue.depth())["queued"] or depth["leased"]:
        assert time.monotonic() < ends, depth
        time.sleep(0.05)
    workers.stop()
    (aside,) = store.queue.aside()
    assert aside.log_id.endswith("2")
    assert aside.attempts == 2
    assert "more than 64 MiB of memory" in aside.error
    assert metrics.registry.get_sample_value("symbolicate_processed_total", {"outcome": "done"}) == 4
