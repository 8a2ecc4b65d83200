"""What the engine is given of a crash stays within what it takes, whatever came with it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("litestar")

from store_samples import SECRET
from symbolicate import process
from symbolicate.service.processing import crash_input as module
from symbolicate.service.processing.crash_input import crash_input
from symbolicate.store import Attachment, Store, Upload
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator

ID = "00000000-0000-4000-8000-000000000001"
LOG = json.dumps({"type": "managedError", "id": ID, "exception": {"type": "minidump"}}).encode()


def given(store: Store, attachments: list[Attachment], monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, list[bytes]]:
    """The input of a crash with attachments, and what was read of the attachments."""
    app = store.apps.ensure(SECRET)
    store.accept(app, [Upload(ID, "managedError", LOG, wants_minidump=True)], attachments)
    [job] = store.queue.lease(1, worker="w")
    read: list[bytes] = []

    def reading(number: int) -> bytes:
        read.append(data := store.reports.attachment_data(number))
        return data

    monkeypatch.setattr(store, "attachment_data", reading)
    return b"".join(crash_input(store, job)), read


def logs(content: bytes) -> Iterator[dict[str, Any]]:
    yield from json.loads(content)["logs"][1:]


def test_the_dump_is_given_however_much_came_before_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_DATA", 64 * 1024)
    dump = tiny_dump()
    many = [Attachment(ID, f"{number}", bytes([number]) * 4096, "x/y", "f") for number in range(150)]
    content, read = given(store, [*many, Attachment(ID, "dump", dump, None, "core")], monkeypatch)
    assert sum(map(len, read)) <= 64 * 1024
    assert dump in read
    found = list(logs(content))
    assert [one["id"] for one in found] == [*(f"{number}" for number in range(63)), "dump"]
    assert base64.b64decode(found[-1]["data"]) == dump
    assert ["data" in one for one in found[:20]] == [one < (64 * 1024 - len(dump)) // 4096 for one in range(20)]
    report = process(content)
    assert report.input is not None
    assert report.input.kind == "minidump"


def test_one_that_is_named_like_a_dump_goes_before_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_DATA", 10_000)
    some = [
        Attachment(ID, "large", b"l" * 8000, None, "a.txt"),
        Attachment(ID, "packed", b"p" * 6000, None, "A.DMP.gz"),
        Attachment(ID, "small", b"s" * 1000, None, None),
    ]
    _, read = given(store, some, monkeypatch)
    assert [data[:1] for data in read] == [b"p", b"s"]


def test_a_long_log_leaves_less_for_attachments(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_JSON", len(LOG) + 4000)
    some = [Attachment(ID, name, b"a" * 2000) for name in ("1", "2")]
    content, read = given(store, some, monkeypatch)
    assert (len(read), len(list(logs(content)))) == (1, 2)
