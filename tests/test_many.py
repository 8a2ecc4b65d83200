"""Many crashes: how far the work goes ahead of the caller, and how it ends, with and without an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import symbolicate
from symbolicate.engine.ahead import AHEAD, Ahead
from symbolicate.engine.pool import Pool
from symbolicate.errors import InputAbandonedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

FIXTURES = Path(__file__).parents[1] / "symbols-fixtures"
DUMPS = sorted(str(path) for path in (FIXTURES / "dumps/linux-gdb").glob("*.dmp"))
JOBS = 3


class Counted:
    """Inputs without end, which are counted when they are taken."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        while True:
            self.taken += 1
            yield DUMPS[self.taken % len(DUMPS)]


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "symbolicate"]


def have_ended() -> bool:
    """Whether the threads end; those of an event loop that is gone may still be at it."""
    for thread in workers():
        thread.join(30)
    return not workers()


@pytest.fixture
def store(tmp_path: Path) -> symbolicate.SymbolStore:
    return symbolicate.SymbolStore(tmp_path / "store", sources=[FIXTURES / "symbols"])


def test_results_are_those_of_single_calls_in_order(store: symbolicate.SymbolStore) -> None:
    paths = [path for _ in range(4) for path in [*DUMPS, "/nowhere"]]
    alone = {path: symbolicate.Session(store).report_json(path) for path in DUMPS}
    for jobs in (1, JOBS):
        outcomes = list(symbolicate.Session(store, jobs=jobs).outcomes(iter(paths)))
        assert [outcome.number for outcome in outcomes] == list(range(len(paths)))
        for path, outcome in zip(paths, outcomes, strict=True):
            if path in alone:
                assert outcome.result == alone[path]
            else:
                assert isinstance(outcome.result, symbolicate.InputNotFoundError)


@pytest.mark.parametrize("jobs", [1, JOBS])
def test_no_more_is_taken_than_the_threads_need_and_closing_ends_them(
    store: symbolicate.SymbolStore, jobs: int
) -> None:
    inputs = Counted()
    results = symbolicate.Session(store, jobs=jobs).reports(inputs)
    for given in range(1, 30):
        assert isinstance(next(results), symbolicate.Report)
        assert inputs.taken <= given + AHEAD * jobs
    assert len(workers()) == (jobs if jobs > 1 else 0)
    results.close()
    assert not workers()


def test_a_single_input_needs_no_thread(store: symbolicate.SymbolStore, monkeypatch: pytest.MonkeyPatch) -> None:
    symbolicate.process(DUMPS[0], store)  # indexes may be made by several
    monkeypatch.setattr(threading.Thread, "start", lambda _: pytest.fail("a thread was started"))
    [report] = symbolicate.process_many(DUMPS[:1], store, jobs=JOBS)
    assert isinstance(report, symbolicate.Report)


def test_an_error_of_the_iterator_is_raised_and_ends_the_threads(store: symbolicate.SymbolStore) -> None:
    def inputs() -> Iterator[str]:
        yield from DUMPS * 3
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        list(symbolicate.process_many(inputs(), store, jobs=JOBS))
    assert not workers()


def test_calls_are_not_separated_by_barriers() -> None:
    second, rest = threading.Event(), threading.Event()

    def call(number: int) -> int:
        if number == 1:  # the second call ends only when later ones were made
            assert rest.wait(30)
        elif number == AHEAD * 2:
            rest.set()
        return number

    with Ahead(2, waits=False) as ahead:
        assert list(ahead.map(call, range(10), late=call)) == list(range(10))
    assert not second.is_set()


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[list[str]]:
    """Inputs that take for ever: pipes that nobody writes to."""
    pipes = [str(tmp_path / f"pipe{number}") for number in range(5)]
    for pipe in pipes:
        os.mkfifo(pipe)
    yield pipes
    for pipe in pipes:
        with contextlib.suppress(OSError):  # nobody waits for it any more
            os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    assert have_ended()


@pytest.mark.parametrize("jobs", [1, 2])
def test_inputs_that_take_too_long_are_errors_and_the_others_go_on(
    jobs: int, stuck: list[str], store: symbolicate.SymbolStore
) -> None:
    inputs = [stuck[0], DUMPS[0], stuck[1], stuck[2], DUMPS[1], stuck[3], stuck[4], DUMPS[2]]
    list(symbolicate.process_many(DUMPS[:3], store))
    results = list(symbolicate.process_many(inputs, store, jobs=jobs, timeout=1.0))
    assert [isinstance(one, InputAbandonedError) for one in results] == [name in stuck for name in inputs]
    assert str(results[0]) == f"{stuck[0]}: processing it took longer than 1 seconds"
    assert [one for one in results if not isinstance(one, symbolicate.InputError)] == [
        symbolicate.process(dump, store) for dump in DUMPS[:3]
    ]


def test_an_event_loop_is_told_of_inputs_that_take_too_long(stuck: list[str], store: symbolicate.SymbolStore) -> None:
    async def kinds() -> list[str]:
        inputs = [DUMPS[0], stuck[0], DUMPS[1]]
        return [type(one).__name__ async for one in symbolicate.process_many_async(inputs, store, jobs=1, timeout=2.0)]

    list(symbolicate.process_many(DUMPS[:2], store))
    assert asyncio.run(kinds()) == ["Report", "InputAbandonedError", "Report"]


def test_not_too_many_threads_are_left_behind(stuck: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symbolicate.engine.ahead._MOST_LATE", 2)
    with pytest.raises(symbolicate.EngineError, match="3 inputs that took too long are still being processed"):
        list(symbolicate.process_many(stuck, jobs=1, timeout=0.1))
    for timeout in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="more than 0 seconds"):
            symbolicate.process_many(stuck, timeout=timeout)


def test_a_closed_pool_cancels_what_has_not_begun() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def call() -> bool:
        begun.set()
        return may_end.wait(30)

    pool = Pool(1)
    running, waiting = pool.submit(call), pool.submit(call)
    assert begun.wait(30)
    pool.close(wait=False)
    assert waiting.cancelled()
    may_end.set()
    assert running.result(30)
    pool.close()
    assert not workers()


def test_an_event_loop_gets_the_same(store: symbolicate.SymbolStore) -> None:
    async def inputs() -> AsyncIterator[str]:
        for path in [*DUMPS, "/nowhere"]:
            await asyncio.sleep(0)
            yield path

    async def main() -> None:
        one = await symbolicate.process_async(DUMPS[0], store)
        many = [result async for result in symbolicate.process_many_async(inputs(), store, jobs=JOBS)]
        again = [result async for result in symbolicate.process_many_async([*DUMPS, "/nowhere"], store, jobs=JOBS)]
        assert many[0] == one
        assert many[:-1] == again[:-1]
        assert isinstance(many[-1], symbolicate.InputNotFoundError)
        with pytest.raises(symbolicate.InputNotFoundError):
            await symbolicate.process_async("/nowhere", store)
        with pytest.raises(TypeError, match="crashes are many"):
            await anext(symbolicate.process_many_async("a path", store))

    asyncio.run(main())
    assert have_ended()


def test_a_cancelled_task_ends_the_threads(store: symbolicate.SymbolStore) -> None:
    async def main() -> int:
        inputs, given = Counted(), 0

        async def use() -> None:
            nonlocal given
            async for _ in symbolicate.process_many_async(inputs, store, jobs=JOBS):
                given += 1
                if given == 20:
                    raise RuntimeError("enough")

        with pytest.raises(RuntimeError, match="enough"):
            await use()
        task = asyncio.create_task(use())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return inputs.taken

    assert asyncio.run(main()) < 100
    assert have_ended()


def test_an_iterator_that_waits_for_ever_can_be_cancelled(store: symbolicate.SymbolStore) -> None:
    async def inputs() -> AsyncIterator[str]:
        yield DUMPS[0]
        await asyncio.Event().wait()

    async def main() -> None:
        results = symbolicate.process_many_async(inputs(), store, jobs=JOBS)
        assert isinstance(await anext(results), symbolicate.Report)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await anext(results)

    asyncio.run(main())
    assert have_ended()
