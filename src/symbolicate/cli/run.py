"""The part of a run over several inputs that one process does, and how far it got."""

from __future__ import annotations

import os
import stat

from symbolicate.engine import Input
from symbolicate.errors import InputError, InputUnreadableError
from symbolicate.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Protocol, TypeAlias

    from symbolicate.engine import Outcome, Session

    class _Documents(Protocol):
        """The output that the results are written to."""

        @property
        def waiting(self) -> int:
            """The number of bytes that are not written yet."""

        def flush(self) -> None:
            """Write these bytes."""

    Work: TypeAlias = "Callable[[Run], int]"
    """Writes the results of a run, and returns the exit code."""


__all__ = ["RECORD", "Position", "Run"]

RECORD = "<QQQQ???"
"""How a position is written to the pipe, as `struct` reads it."""
# Bytes that may wait to be written; enough to make few system calls.
_WAITING = 1 << 16


class Position(Record):
    """The progress of a run: the fields of a record.

    Attributes:
        opened: number of inputs that were passed to the engine, or were answered before.
        answered: number of inputs whose results are all written.
        results: number of results of the next input that are written.
        documents: number of documents that are written, of all inputs.
        begun: whether anything is written.
        failed: whether an input could not be read.
        writing: whether something is being written just now.
    """

    opened: int = 0
    answered: int = 0
    results: int = 0
    documents: int = 0
    begun: bool = False
    failed: bool = False
    writing: bool = False


class Run:
    """The part of a run that one process does.

    Args:
        inputs: all inputs of the whole run.
        start: the position to continue from; by default the first input.
        alone: number of inputs that are processed one at a time before the others are processed in parallel.
        spent: number of inputs that an earlier process opened; those that can be read only once are lost.
        pipe: the descriptor to report progress to.

    Attributes:
        documents: number of documents that are written; the writer counts them.
        begun: whether a process before this one has written anything.
        failed: whether an input could not be read.
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        start: Position | None = None,
        *,
        alone: int = 0,
        spent: int = 0,
        pipe: int | None = None,
    ) -> None:
        self._inputs = inputs
        self._start = start = start if start is not None else Position()
        self._alone = alone
        self._spent = spent
        self._pipe = pipe
        self._opened = self._answered = start.answered
        self._results = start.results
        self.documents = start.documents
        self.begun = start.begun
        self.failed = start.failed

    def outcomes(self, session: Session, documents: _Documents) -> Iterator[Outcome]:
        """The results to write, in the order of the inputs. Each is written before the next one is taken."""
        left = list(enumerate(self._inputs))[self._start.answered :]
        for part in (*([one] for one in left[: self._alone]), left[self._alone :]):
            results = 0
            for outcome in session.outcomes(self._opening(part, documents)):
                number, _ = part[outcome.number]
                results = results + 1 if number == self._answered else 1
                if number > self._answered:
                    self._answered, self._results = number, 0
                # Those of the first input may have been written before.
                if number > self._start.answered or results > self._start.results:
                    yield outcome
                    self._results = results
                if documents.waiting >= _WAITING:
                    self._record(documents)
            if part:
                self._answered, self._results = part[-1][0] + 1, 0
        self._record(documents)

    def _opening(self, part: list[tuple[int, Input]], documents: _Documents) -> Iterator[Input]:
        for number, one in part:
            spent = number < self._spent and _is_read_once(one)
            self._opened = number + 1
            # The engine runs next: finished results are written first, in case it ends the process.
            self._record(documents)
            yield _Spent(one.name) if spent else one

    def _record(self, documents: _Documents) -> None:
        if documents.waiting:
            self._report(writing=True)
        documents.flush()
        self._report(writing=False)

    def _report(self, *, writing: bool) -> None:
        if self._pipe is not None:
            position = (self._opened, self._answered, self._results, self.documents, True, self.failed)
            import struct

            os.write(self._pipe, struct.pack(RECORD, *position, writing))


class _Spent(Input):
    """An input that can be read only once, and was read by a process that was killed."""

    __slots__ = ()

    def opened(self) -> Input | InputError:
        return InputUnreadableError("can be read only once, and the process that read it was ended", input=self.name)


def _is_read_once(one: Input) -> bool:
    try:
        found = os.fstat(0) if one.name == "-" else os.stat(one.name)
    except (OSError, ValueError):
        return False
    return one.name == "-" or not stat.S_ISREG(found.st_mode)
