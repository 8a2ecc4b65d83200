"""A run over several inputs, any of which may kill the process.

A failed allocation aborts the process, a mapped file that is truncated while it is read raises SIGBUS, and the kernel
kills processes that take too much memory. To process the other inputs all the same, the command forks before it starts
threads: the child does the work and reports its progress through a pipe. If a signal ends the child, the next child
continues from there, at first with one input at a time, until an input ends a child by itself. That input is then
reported as failed.

A single input is processed without a child, because there is no other input to protect.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import struct
import sys
import threading
from typing import TYPE_CHECKING, NamedTuple

from symbolicate.cli.options import complain
from symbolicate.engine import Input
from symbolicate.errors import InputError, InputUnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Protocol

    from symbolicate.engine import Outcome, Session

    class _Documents(Protocol):
        """The output that the results are written to."""

        @property
        def waiting(self) -> int:
            """The number of bytes that are not written yet."""

        def flush(self) -> None:
            """Write these bytes."""

    _Work = Callable[["Run"], int]
    """Writes the results of a run, and returns the exit code."""

__all__ = ["Run", "supervised"]

# Signals that the process itself causes; others are sent on purpose.
_FAULTS = frozenset(
    getattr(signal, name)
    for name in ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGKILL", "SIGSEGV", "SIGSYS", "SIGTRAP")
    if hasattr(signal, name)
)
_HINT = "there was too little memory, the file was changed meanwhile, or this is a defect of symbolicate"
_RECORD = struct.Struct("<QQQQ???")
# Bytes that may wait to be written; enough to make few system calls.
_WAITING = 1 << 16


class _Position(NamedTuple):
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
        start: _Position | None = None,
        *,
        alone: int = 0,
        spent: int = 0,
        pipe: int | None = None,
    ) -> None:
        self._inputs = inputs
        self._start = start = start if start is not None else _Position()
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
            os.write(self._pipe, _RECORD.pack(*position, writing))


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


def supervised(inputs: Sequence[Input], work: _Work) -> int:
    """Do the work on all inputs, in child processes if there are several, and return the exit code.

    The child leaves with `os._exit`, so `work` must close what it opened before it returns. An exception of `work` is
    raised in the child.
    """
    if len(inputs) == 1 or not _can_fork():
        return work(Run(inputs))
    at, alone, spent = _Position(), 0, 0
    while True:
        child = _Child()
        if child.is_this:
            code = _worked(work, Run(inputs, at, alone=alone, spent=spent, pipe=child.pipe))
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        ended, code = child.wait(at)
        if -code not in _FAULTS:
            return code if code >= 0 else 128 - code
        if ended.writing:
            # It is unknown how many bytes arrived, so nothing can be written after them.
            name = signal.Signals(-code).name
            sys.stderr.write(f"symbolicate: ended by {name} while writing: the output is truncated\n")
            return 1
        spent = max(spent, ended.opened)
        suspects = ended.opened - ended.answered
        moved = (ended.answered, ended.results) != (at.answered, at.results)
        if suspects == 1 and not moved:
            name = signal.Signals(-code).name
            why = f"processing it ended the process ({name})"
            complain(InputError(why, input=inputs[ended.answered].name, hint=_HINT))
            ended = ended._replace(answered=ended.answered + 1, results=0, failed=True)
            alone = max(0, alone - 1)
        elif suspects == 0 and not moved:
            # The child reached no input, so another one would not either.
            sys.stderr.write(f"symbolicate: ended by {signal.Signals(-code).name}\n")
            return 1
        else:
            alone = max(1, suspects)
        at = ended


def _worked(work: _Work, run: Run) -> int:
    """Do the work in a child. Without memory for a result it aborts, as native code does."""
    try:
        return work(run)
    except MemoryError:
        os.abort()
    except BaseException as error:
        if isinstance(error, (Exception, KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
        # A native panic at the boundary: a Python object could not be allocated.
        os.abort()


def _can_fork() -> bool:
    """Whether a child can do the work: it needs real descriptors to write to, and no thread may hold a lock."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return False
    try:
        sys.stdout.buffer.fileno()
    except (AttributeError, OSError):
        return False
    return True


class _Child:
    """A fork of this process. Both processes continue; `is_this` is true in the child."""

    def __init__(self) -> None:
        self._reports, self.pipe = os.pipe()
        # Never written to: the child's read returns when the parent ends.
        lives, self._lives = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self._process = os.fork()
        self.is_this = self._process == 0
        if not self.is_this:
            os.close(self.pipe)
            os.close(lives)
            return
        os.close(self._reports)
        os.close(self._lives)
        # A terminal sends an interrupt to both processes. The parent forwards it, so that the child gets it once.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        threading.Thread(target=_end_with_parent, args=(lives,), daemon=True).start()

    def wait(self, start: _Position) -> tuple[_Position, int]:
        """The child's last position, and its exit code, negative for a signal."""
        try:
            at = self._read(start)
            _, status = os.waitpid(self._process, 0)
        except KeyboardInterrupt:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGTERM)
            os.waitpid(self._process, 0)
            raise
        os.close(self._lives)
        return at, os.waitstatus_to_exitcode(status)

    def _read(self, at: _Position) -> _Position:
        with os.fdopen(self._reports, "rb", buffering=_RECORD.size * 1024) as reports:
            while len(record := reports.read(_RECORD.size)) == _RECORD.size:
                at = _Position._make(_RECORD.unpack(record))
        return at


def _end_with_parent(lives: int) -> None:
    os.read(lives, 1)
    os._exit(1)
