"""A report that ends the process that works on it becomes a dead letter; the others are processed."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

pytest.importorskip("litestar")

from service_process import until
from store_samples import SECRET
from symbolicate.service.config import Config
from symbolicate.service.config import Workers as Settings
from symbolicate.service.metrics import Metrics
from symbolicate.service.processing.crash_input import CrashInput, crash_input
from symbolicate.service.processing.worker import Workers
from symbolicate.service.symbols.holding import Holding
from symbolicate.store import Store, Upload
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from symbolicate.store import Job, SymbolUpload

MEMORY = 64 << 20
SECONDS = 120


def dump(number: int, data: bytes) -> Upload:
    return Upload(f"00000000-0000-4000-8000-{number:012}", "minidump", data, None)


def test_poison_becomes_a_dead_letter_and_its_neighbours_are_processed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tried again at once.
    monkeypatch.setattr("symbolicate.store.processing.queue._FIRST_PAUSE", 0)
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
    (dead,) = store.queue.dead_letters()
    assert dead.log_id.endswith("2")
    assert dead.attempts == 2
    assert "more than 64 MiB of memory" in dead.error
    assert metrics.registry.get_sample_value("symbolicate_processed_total", {"outcome": "done"}) == 4


def run_until(workers: Workers, question: Callable[[], bool]) -> None:
    workers.start()
    ends = time.monotonic() + SECONDS
    try:
        while not question():
            assert time.monotonic() < ends
            time.sleep(0.05)
    finally:
        workers.stop()


def test_a_worker_that_hangs_holds_nothing_for_ever(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("symbolicate.store.processing.queue._FIRST_PAUSE", 0)
    app = store.apps.ensure(SECRET)
    store.accept(app, [dump(number, tiny_dump()) for number in range(5)])
    never = threading.Event()

    def fetched(of: Store, job: Job) -> CrashInput:
        if job.log_id.endswith("2"):
            never.wait(SECONDS)  # like a file system without its server
        return crash_input(of, job)

    monkeypatch.setattr("symbolicate.service.processing.worker.crash_input", fetched)
    settings = Settings(
        threads=1, poll_seconds=0.05, lease_seconds=0.6, job_seconds=2, report_seconds=5, stop_seconds=1
    )
    workers = Workers(store, Config(data=str(tmp_path), workers=settings), metrics := Metrics())
    monkeypatch.setattr(workers, "_limit", 3)
    try:
        run_until(workers, lambda: (depth := store.queue.depth())["aside"] == 1 and not depth["leased"])
        stuck = workers.stuck
    finally:
        never.set()
        for hand in workers._abandoned:
            hand.thread.join(SECONDS)
    [dead] = store.queue.dead_letters()
    assert dead.log_id.endswith("2")
    assert (dead.reason, dead.attempts) == ("worker", store.queue.max_attempts)
    assert "made no progress for 3 seconds" in dead.error
    assert metrics.registry.get_sample_value("symbolicate_processed_total", {"outcome": "done"}) == 4
    assert stuck == store.queue.max_attempts


class _Stopped(subprocess.Popen[bytes]):
    """Children that hang from their start, like those that wait for a disk: no alarm ends them."""

    every: ClassVar[list[_Stopped]] = []

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.send_signal(signal.SIGSTOP)
        self.every.append(self)


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[_Stopped]]:
    monkeypatch.setattr("symbolicate.isolation.process.subprocess.Popen", _Stopped)
    yield _Stopped.every
    for child in _Stopped.every:
        child.kill()
        child.wait(SECONDS)
    _Stopped.every.clear()


def test_a_child_that_hangs_is_killed_and_its_report_becomes_a_dead_letter_the_second_time(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: list[_Stopped]
) -> None:
    monkeypatch.setattr("symbolicate.store.processing.queue._FIRST_PAUSE", 0)
    # Longer than the time of the thread beside the deadline.
    monkeypatch.setattr("symbolicate.isolation.process._GRACE_SECONDS", 1.5)
    monkeypatch.setattr("symbolicate.isolation.process._START_SECONDS", 0, raising=False)
    store.accept(store.apps.ensure(SECRET), [dump(1, tiny_dump())])
    settings = Settings(threads=1, poll_seconds=0.05, lease_seconds=2, job_seconds=0.1, report_seconds=0.5)
    workers = Workers(store, Config(data=str(tmp_path), workers=settings), Metrics())
    run_until(workers, lambda: store.queue.depth()["aside"] == 1)
    [dead] = store.queue.dead_letters()
    assert (dead.reason, dead.attempts) == ("time", 2)
    assert "took longer than 0.5 seconds" in dead.error
    assert [child.returncode for child in stopped] == [-signal.SIGKILL] * 2
    assert workers.stuck == 0


def test_stopping_kills_a_child_that_hangs_and_its_report_is_not_to_blame(
    store: Store, tmp_path: Path, stopped: list[_Stopped]
) -> None:
    store.accept(store.apps.ensure(SECRET), [dump(1, tiny_dump())])
    settings = Settings(threads=1, poll_seconds=0.05, stop_seconds=0.2)
    workers = Workers(store, Config(data=str(tmp_path), workers=settings), Metrics())
    run_until(workers, lambda: bool(stopped))
    until(lambda: stopped[0].poll() is not None)
    workers._hands[0].thread.join(SECONDS)
    assert len(stopped) == 1
    assert store.queue.depth()["queued"] == 1
    [job] = store.queue.lease(1, worker="another", seconds=60)
    assert job.attempt == 1


def test_a_thread_that_is_replaced_leaves_no_child(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("symbolicate.store.processing.queue._FIRST_PAUSE", 0)
    store.accept(store.apps.ensure(SECRET), [dump(number, tiny_dump()) for number in range(2)])
    never = threading.Event()
    children: list[subprocess.Popen[bytes]] = []

    def fetched(of: Store, job: Job) -> CrashInput:
        if workers.working and (child := workers._hands[0].engine._process) is not None and not children:
            children.append(child)
            never.wait(SECONDS)
        return crash_input(of, job)

    monkeypatch.setattr("symbolicate.service.processing.worker.crash_input", fetched)
    settings = Settings(threads=1, poll_seconds=0.05, lease_seconds=0.6, job_seconds=2, report_seconds=5)
    workers = Workers(store, Config(data=str(tmp_path), workers=settings), Metrics())
    monkeypatch.setattr(workers, "_limit", 2)
    try:
        run_until(workers, lambda: sum(store.queue.depth().values()) == 0)
        until(lambda: bool(children) and children[0].poll() is not None)
    finally:
        never.set()
    for hand in workers._abandoned:
        hand.thread.join(SECONDS)


def test_a_lease_is_not_prolonged_for_ever(store: Store) -> None:
    app = store.apps.ensure(SECRET)
    start = datetime(2030, 1, 1, tzinfo=UTC)
    store.accept(app, [dump(1, b"MDMP")], received=start)
    jobs = store.queue.lease(1, worker="w", at=start)
    for seconds in (30, 90, 150):
        assert len(store.queue.heartbeat(jobs, 60, start + timedelta(seconds=seconds), longest=200)) == 1
    assert store.queue.heartbeat(jobs, 60, start + timedelta(seconds=205), longest=200) == []
    assert store.queue.lease(1, worker="other", at=start + timedelta(seconds=209)) == []
    assert len(store.queue.lease(1, worker="other", at=start + timedelta(seconds=211))) == 1


def test_an_upload_is_held_while_it_is_installed_and_not_for_ever(store: Store) -> None:
    number = store.symbols.begin(store.apps.ensure(SECRET), "Breakpad").id
    store.symbols.set_status(number, "committed")
    assert store.symbols.lease_upload("w", 1.5) is not None
    with Holding(store, number, "w", seconds=3, lease_seconds=1.5) as holding:
        time.sleep(2.2)
        assert store.symbols.lease_upload("other", 10) is None
        assert holding.go_on()
        until(
            lambda: store.symbols.lease_upload("other", 10), 20, "the end of a lease that nobody asked to hold longer"
        )
        assert not holding.go_on()


def test_an_upload_of_symbols_whose_installation_never_ends_fails(store: Store) -> None:
    app = store.apps.ensure(SECRET)
    start = datetime(2030, 1, 1, tzinfo=UTC)
    number = store.symbols.begin(app, "Breakpad").id
    store.symbols.set_status(number, "committed")

    def lease(seconds: float) -> SymbolUpload | None:
        return store.symbols.lease_upload("w", 10, start + timedelta(seconds=seconds))

    assert lease(0) is not None
    assert store.symbols.prolong(number, "w", 100, start + timedelta(seconds=5))
    assert not store.symbols.prolong(number, "other", 100, start)
    assert lease(50) is None
    store.symbols.give_back(number)  # for example, there was no space
    for attempt in range(5):
        assert lease(1000 * (attempt + 1)) is not None
    assert lease(10_000) is None
    failed = store.symbols.get(number)
    assert failed.status == "failed"
    assert "begun 5 times" in (failed.message or "")
    # Committed again, it is tried again.
    store.symbols.set_status(number, "committed")
    assert lease(20_000) is not None
