"""One crash, or many, for programs with an event loop, which goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable

from symbolicate.engine.calls import process, refuse_single, refuse_timeout
from symbolicate.engine.pool import Pool
from symbolicate.engine.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from concurrent.futures import Future

    from symbolicate.engine.inputs import Crash
    from symbolicate.engine.session import Symbols
    from symbolicate.errors import InputError
    from symbolicate.report import Report

__all__ = ["process_async", "process_many_async"]


async def process_async(crash: Crash, symbols: Symbols = None) -> Report:
    """As `process`, in a thread. When the caller is cancelled, the thread ends after this crash.

    Raises:
        InputError: it cannot be read as a crash, or contains several.
    """
    return await asyncio.to_thread(process, crash, symbols)


async def process_many_async(
    crashes: Iterable[Crash] | AsyncIterable[Crash],
    symbols: Symbols = None,
    jobs: int | None = None,
    timeout: float | None = None,  # noqa: ASYNC109 - of each input, not of this call
) -> AsyncIterator[Report | InputError]:
    """As `process_many`, in threads; the inputs may come from an asynchronous iterator.

    No more inputs are taken than the threads need, so a slow caller slows the iterator down. When the caller is
    cancelled, or closes this iterator, no further crash is begun, and the threads end with those that they have; if
    these wait for symbol servers, they are not waited for, nor if an input took longer than `timeout` before.

    Raises:
        TypeError: `crashes` is a path or bytes by itself.
        ValueError: `timeout` is not more than 0.
    """
    refuse_single(crashes)
    refuse_timeout(timeout)
    session = await asyncio.to_thread(Session, symbols, jobs=jobs)
    taken = _Taken(crashes) if isinstance(crashes, AsyncIterable) else None
    results = session.reports(crashes if taken is None else taken, timeout)  # type: ignore[arg-type]
    steps = Pool(1)
    try:
        while (result := await asyncio.wrap_future(steps.submit(lambda: next(results, None)))) is not None:
            yield result
    finally:
        if taken is not None:
            taken.cancel()
        closed = steps.submit(results.close)
        # Whoever cancels this wait, too, does not stop the threads from ending.
        steps.finish()
        if session.store.parallel == 0:
            await asyncio.shield(asyncio.wrap_future(closed))


class _Taken:
    """The inputs of an asynchronous iterator, for the thread that takes them."""

    def __init__(self, crashes: AsyncIterable[Crash]) -> None:
        self._crashes = aiter(crashes)
        self._loop = asyncio.get_running_loop()
        self._next: Future[Crash | None] | None = None
        self._is_cancelled = False

    def cancel(self) -> None:
        """Let the thread wait no longer for an input."""
        self._is_cancelled = True
        if self._next is not None:
            self._next.cancel()

    def __iter__(self) -> Iterator[Crash]:
        while not self._is_cancelled:
            self._next = asyncio.run_coroutine_threadsafe(self._one(), self._loop)
            crash = self._next.result()
            if crash is None:
                return
            yield crash

    async def _one(self) -> Crash | None:
        return await anext(self._crashes, None)
