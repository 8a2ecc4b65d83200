"""Group commit: many callers' work in one transaction, because a commit waits for the disk however much is in it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["GroupCommit"]

Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Entry(Generic[Work, Result]):
    work: Work
    size: int
    done: bool = False
    result: Result | None = None
    error: BaseException | None = None
    ended: asyncio.Future[None] | None = field(default=None, repr=False)

    def outcome(self) -> Result:
        if self.error is not None:
            raise self.error
        return cast("Result", self.result)


class GroupCommit(Generic[Work, Result]):
    """Commits the work of many callers, a batch at a time.

    While a batch is being committed, further work gathers and becomes the next batch. There is no artificial delay:
    work that finds no commit under way is committed at once. Each object serves threads, by `do`, or one event loop,
    by `wait_for`, and not both.

    Args:
        run: commits a batch, on a thread; returns the results in order.
        largest: how much work, by `size`, goes into one batch.
        alone: says of an error of a batch whether each piece of work is then committed alone, so that one piece that is
            refused does not fail the others.
        most: how many pieces of work go into one batch; None for any number.
        subjects: what a piece of work is about; pieces about the same go into different batches.
    """

    def __init__(
        self,
        run: Callable[[list[Work]], list[Result]],
        *,
        largest: int,
        alone: Callable[[BaseException], bool],
        most: int | None = None,
        subjects: Callable[[Work], Iterable[str]] = lambda _: (),
    ) -> None:
        self._run = run
        self._largest = largest
        self._alone = alone
        self._most = most
        self._subjects = subjects
        self._waiting: list[_Entry[Work, Result]] = []
        self._mutex = threading.Lock()
        self._turn = threading.Lock()
        self._task: asyncio.Task[None] | None = None

    def do(self, work: Work, size: int = 1) -> Result:
        """Have work committed, on a thread of the caller; its result, or what it raised.

        The first thread that comes commits what is there. Those that come meanwhile wait, and the first of them commits
        the work of them all.
        """
        entry: _Entry[Work, Result] = _Entry(work, size)
        with self._mutex:
            self._waiting.append(entry)
        while not entry.done:
            with self._turn:
                if not entry.done:
                    self._commit(self._next())
        return entry.outcome()

    async def wait_for(self, work: Work, size: int = 1) -> Result:
        """Have work committed, on a thread of the event loop; its result, or what it raised."""
        entry: _Entry[Work, Result] = _Entry(work, size)
        entry.ended = ended = asyncio.get_running_loop().create_future()
        self._waiting.append(entry)
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        await ended
        return entry.outcome()

    @property
    def idle(self) -> bool:
        """No work of an event loop waits or is being committed."""
        return self._task is None

    async def _work(self) -> None:
        try:
            while batch := self._next():
                await asyncio.to_thread(self._commit, batch)
                for entry in batch:
                    if entry.ended is not None and not entry.ended.done():  # else its caller left
                        entry.ended.set_result(None)
        finally:
            self._task = None

    def _next(self) -> list[_Entry[Work, Result]]:
        """The first entries that wait, as many as go into one batch."""
        with self._mutex:
            count = size = 0
            seen: set[str] = set()
            for entry in self._waiting[: self._most]:
                subjects = set(self._subjects(entry.work))
                size += entry.size
                if count and (size > self._largest or not seen.isdisjoint(subjects)):
                    break
                seen |= subjects
                count += 1
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _commit(self, batch: list[_Entry[Work, Result]]) -> None:
        """Commit a batch; each entry then has its result or its error."""
        try:
            results = self._run([entry.work for entry in batch])
        except BaseException as error:  # noqa: BLE001 - raised again where the work was asked for
            if len(batch) > 1 and self._alone(error):
                for entry in batch:
                    self._commit([entry])
                return
            for entry in batch:
                entry.error, entry.done = error, True
        else:
            for entry, result in zip(batch, results, strict=True):
                entry.result, entry.done = result, True
