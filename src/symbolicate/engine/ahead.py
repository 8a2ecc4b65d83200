"""Work that is done ahead of the one who takes its results, and not further than a little.

Inputs are taken in the thread of the caller, as iterators of callers need not be safe for others, and only so many at a
time that every thread has work. There is no barrier: the next input is begun whenever a result was taken. So the memory
does not grow with the number of inputs, and a caller who takes results slowly is not overtaken.
"""

from __future__ import annotations

from symbolicate.errors import EngineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Self, TypeVar

    from symbolicate.engine.pool import Call, Pool

    A = TypeVar("A")
    B = TypeVar("B")

__all__ = ["AHEAD", "Ahead"]

AHEAD = 2
"""For each thread, how many calls may be running, waiting, or done and not taken."""

# How many calls that took too long may still be running: each holds a thread, and perhaps a core.
_MOST_LATE = 32


class Ahead:
    """Calls that are made by threads, ahead of the one who takes the results. A context manager: it ends the threads.

    Args:
        jobs: the number of threads; with one, everything is done by the caller's own.
        waits: whether calls may wait for servers, so that after an interrupt nobody waits for them.
        seconds: how long a call may take; None for any time. A thread cannot be stopped: it goes on with a call that
            takes longer, whose result is dropped, and another thread takes its place.
    """

    def __init__(self, jobs: int, waits: bool, seconds: float | None = None) -> None:
        self._jobs = jobs
        self._waits = waits
        self.seconds = seconds
        self._pool: Pool | None = None
        self._late: list[Call] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            wait = not (self._waits and isinstance(error, KeyboardInterrupt)) and not self._late
            self._pool.close(wait=wait, seconds=self.seconds)

    def map(self, call: Callable[[A], B], given: Iterable[A], late: Callable[[A], B]) -> Iterator[B]:
        """The results of a call for each of the given, in their order.

        Without a limit of time the first call is made by the caller's thread: a single one needs no others.

        Args:
            call: what is called.
            given: the arguments.
            late: the result for an argument whose call took too long.

        Raises:
            EngineError: too many calls that took too long are still running.
        """
        left = iter(given)
        if self.seconds is None:
            for first in left:
                yield call(first)
                if self._jobs > 1:
                    break
            else:
                return
        pending: list[tuple[Call, A]] = []
        try:
            while True:
                while len(pending) < AHEAD * self._jobs:
                    try:
                        one = next(left)
                    except StopIteration:
                        break
                    pending.append((self._submit(call, one), one))
                    del one
                if not pending:
                    return
                yield self._result(*pending.pop(0), late)
        finally:
            for begun, _ in pending:
                begun.future.cancel()

    def call(self, call: Callable[[A], B], one: A, late: Callable[[A], B]) -> B:
        """The result of one call, which the caller waits for."""
        return call(one) if self.seconds is None else self._result(self._submit(call, one), one, late)

    def _submit(self, call: Callable[[A], B], one: A) -> Call:
        """Make a call in another thread."""
        if self._pool is None:
            from symbolicate.engine.pool import Pool  # one crash needs no threads

            self._pool = Pool(self._jobs)
        return self._pool.call(lambda: call(one))

    def _result(self, made: Call, one: A, late: Callable[[A], B]) -> B:
        if self.seconds is None or made.is_done_within(self.seconds):
            result: B = made.future.result()
            return result
        self._late = [*(other for other in self._late if not other.future.done()), made]
        if len(self._late) > _MOST_LATE:
            raise EngineError(f"{len(self._late)} inputs that took too long are still being processed")
        if self._pool is not None:
            self._pool.grow()
        return late(one)
