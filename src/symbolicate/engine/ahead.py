"""Work that is done ahead of the one who takes its results, and not further than a little.

Inputs are taken in the thread of the caller, as iterators of callers need not be safe for others, and only so many at a
time that every thread has work. There is no barrier: the next input is begun whenever a result was taken. So the memory
does not grow with the number of inputs, and a caller who takes results slowly is not overtaken.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from types import TracebackType
    from typing import Self, TypeVar

    from symbolicate.engine.pool import Pool

    A = TypeVar("A")
    B = TypeVar("B")

__all__ = ["AHEAD", "Ahead"]

AHEAD = 2
"""For each thread, how many calls may be running, waiting, or done and not taken."""


class Ahead:
    """Calls that are made by threads, ahead of the one who takes the results. A context manager: it ends the threads.

    Args:
        jobs: the number of threads; with one, everything is done by the caller's own.
        waits: whether calls may wait for servers, so that after an interrupt nobody waits for them.
    """

    def __init__(self, jobs: int, waits: bool) -> None:
        self._jobs = jobs
        self._waits = waits
        self._pool: Pool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.close(wait=not (self._waits and isinstance(error, KeyboardInterrupt)))

    def map(self, call: Callable[[A], B], given: Iterable[A]) -> Iterator[B]:
        """The results of a call for each of the given, in their order.

        The first call is made by the caller's thread: a single one needs no others.
        """
        left = iter(given)
        for first in left:
            yield call(first)
            if self._jobs > 1:
                break
        else:
            return
        pending: list[Future[B]] = []
        try:
            while True:
                while len(pending) < AHEAD * self._jobs:
                    try:
                        one = next(left)
                    except StopIteration:
                        break
                    pending.append(self.submit(call, one))
                    del one
                if not pending:
                    return
                yield pending.pop(0).result()
        finally:
            for future in pending:
                future.cancel()

    def submit(self, call: Callable[[A], B], one: A) -> Future[B]:
        """Make a call in another thread."""
        if self._pool is None:
            from symbolicate.engine.pool import Pool  # one crash needs no threads

            self._pool = Pool(self._jobs)
        return self._pool.submit(lambda: call(one))
