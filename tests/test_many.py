"""Many crashes: how far the work goes ahead of the caller, and how it ends, with and without an event loop."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import symbolicate
from symbolicate.engine.ahead import AHEAD, Ahead
from symbolicate.engine.pool import Pool

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
        assert list(ahead.map(call, range(10))) == list(range(10))
    assert not second.is_set()


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
