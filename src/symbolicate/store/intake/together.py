"""Several callers' work in one commit: a commit costs a wait for the disk, however much is in it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Together"]

Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Entry(Generic[Work, Result]):
    work: Work
    size: int
    done: bool = False
    result: Result | None = None
    error: BaseException | None = None


class Together(Generic[Work, Result]):
    """Does the work of many threads, each in its own call, a batch at a time.

    The first thread that comes does what is there; those that come meanwhile wait, and the first of them does all of
    theirs. Nobody waits for company: alone, a call does its own work at once.

    Args:
        run: does a batch in one transaction; the results in order.
        largest: how much work, by `size`, goes into one batch.
    """

    def __init__(self, run: Callable[[list[Work]], list[Result]], *, largest: int) -> None:
        self._run = run
        self._largest = largest
        self._waiting: list[_Entry[Work, Result]] = []
        self._mutex = threading.Lock()
        self._turn = threading.Lock()

    def do(self, work: Work, size: int = 1) -> Result:
        """Have this work done; its result, or what it raised."""
        entry: _Entry[Work, Result] = _Entry(work, size)
        with self._mutex:
            self._waiting.append(entry)
        while not entry.done:
            with self._turn:
                if not entry.done:
                    self._batch(self._next())
        if entry.error is not None:
            raise entry.error
        return entry.result  # type: ignore[return-value]

    def _next(self) -> list[_Entry[Work, Result]]:
        with self._mutex:
            count, size = 0, 0
            for entry in self._waiting:
                size += entry.size
                if count and size > self._largest:
                    break
                count += 1
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _batch(self, batch: list[_Entry[Work, Result]]) -> None:
        try:
            results = self._run([entry.work for entry in batch])
        except SQLAlchemyError as error:
            # One of them is refused: alone, each gets its own answer.
            if len(batch) == 1:
                batch[0].error, batch[0].done = error, True
                return
            for entry in batch:
                self._batch([entry])
        except BaseException as error:  # noqa: BLE001 - raised again where the work was asked for
            for entry in batch:
                entry.error, entry.done = error, True
        else:
            for entry, result in zip(batch, results, strict=True):
                entry.result, entry.done = result, True
