"""A run over several inputs, one of which may end the process.

An allocation that fails aborts its process, a mapped file that is cut while it is read ends it with SIGBUS, and the
system ends what takes too much memory. So that the other inputs are answered all the same, the command forks before it
has threads: the child does the work, and reports through a pipe how far it is. If such a signal ends it, the next child
goes on from there, at first with one input at a time, until one is found that ends a child by itself. That one is an
error.

A single input has no child: it would cost more time than it saves, because there is no other input to answer.
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
        """Where the results are written."""

        @property
        def waiting(self) -> int:
            """Bytes that are not written yet."""

        def flush(self) -> None:
            """Write them."""

    _Work = Callable[["Run"], int]
    """Writes the results of a run, and returns the exit code."""

__all__ = ["Run", "supervised"]

# Signals that end a process because of what it did; others are somebody's wish.
_FAULTS = frozenset(
    getattr(signal, name)
    for name in ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGKILL", "SIGSEGV", "SIGSYS", "SIGTRAP")
    if hasattr(signal, name)
)
_HINT = "there was too little memory, the file was changed meanwhile, or it is a fault of symbolicate"
_RECORD = struct.Struct("<QQQQ????")
# Bytes that may wait to be written; enough to make few system calls.
_WAITING = 1 << 16


class _Position(NamedTuple):
    """How far a run is: the fields of a record.

    Attributes:
        opened: inputs that the engine was given, or that were answered before.
        answered: inputs of which everything is written.
        results: results of the next input that are written.
        documents: documents that are written, of all inputs.
        begun: whether anything is written.
        failed: whether an input could not be read.
        missed: whether symbols were missing.
        writing: whether something is being written just now.
    """

    opened: int = 0
    answered: int = 0
    results: int = 0
    documents: int = 0
    begun: bool = False
    failed: bool = False
    missed: bool = False
    writing: bool = False


class Run:
    """The part of a run that one process does.

    Args:
        inputs: those of the whole run.
        start: where to begin; by default with the first.
        alone: inputs that are processed one at a time before the others are processed together.
        spent: inputs that another process has opened; what can be read only once is gone of them.
        pipe: where to report how far the run is.

    Attributes:
        documents: documents that are written; whoever writes one counts it.
        begun: whether a process before this one has written anything.
        failed: whether an input could not be read.
        missed: whether symbols were missing.
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
        self.missed = start.missed

    def outcomes(self, session: Session, documents: _Documents) -> Iterator[Outcome]:
        """The results that are to be written, in the order of the inputs. Each is written before the next is taken."""
        left = list(enumerate(self._inputs))[self._start.answered :]
        for part in (*([one] for one in left[: self._alone]), left[self._alone :]):
            results = 0
            for outcome in session.outcomes(self._opening(part, documents)):
                number, _ = part[outcome.number]
                results = results + 1 if number == self._answered else 1
                if number > self._answered:
                    self._answered, self._results = number, 0
                self.missed = self.missed or session.store.has_missed
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
            # The engine works next: what is finished is written first, in case that it ends the process.
            self._record(documents)
            yield _Spent(one.name) if spent else one

    def _record(self, documents: _Documents) -> None:
        if documents.waiting:
            self._report(writing=True)
        documents.flush()
        self._report(writing=False)

    def _report(self, *, writing: bool) -> None:
        if self._pipe is not None:
            position = (self._opened, self._answered, self._results, self.documents, True, self.failed, self.missed)
            os.write(self._pipe, _RECORD.pack(*position, writing))


class _Spent(Input):
    """An input that can be read once, and was read by a process that has ended."""

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
    """Do the work on all inputs, in child processes if there are several; the exit code.

    The child leaves by `os._exit`, so `work` must have closed what it opened when it returns. What it raises is raised
    in the child.
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
            # Which bytes of it arrived cannot be known, so nothing can be written behind them.
            sys.stderr.write(f"symbolicate: ended by {signal.Signals(-code).name} while it wrote: the output is cut\n")
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
            # It came to no input, so another child would not either.
            sys.stderr.write(f"symbolicate: ended by {signal.Signals(-code).name}\n")
            return 1
        else:
            alone = max(1, suspects)
        at = ended


def _worked(work: _Work, run: Run) -> int:
    """Do the work in a child, which ends with SIGABRT where there is no memory for a result, as native code does."""
    try:
        return work(run)
    except MemoryError:
        os.abort()
    except BaseException as error:
        if isinstance(error, (Exception, KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
        # A native panic at the boundary: an object of Python could not be made.
        os.abort()


def _can_fork() -> bool:
    """Whether a child can do the work: it writes to the same descriptors, and copies no locks that a thread holds."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return False
    try:
        sys.stdout.buffer.fileno()
    except (AttributeError, OSError):
        return False
    return True


class _Child:
    """A copy of this process. Both go on after it is made; `is_this` says which one it is."""

    def __init__(self) -> None:
        self._reports, self.pipe = os.pipe()
        # Never written to: the child reads its end when its parent ends.
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
        # An interrupt of the terminal goes to both. The parent passes it on, so that it comes once.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        threading.Thread(target=_end_with_parent, args=(lives,), daemon=True).start()

    def wait(self, start: _Position) -> tuple[_Position, int]:
        """How far it came, and its exit code, negative for a signal."""
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
