"""The child processes of a run over several inputs: one after the other, each from where the last one was ended."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import sys
import threading

from symbolicate.cli.complaints import complain
from symbolicate.cli.run import RECORD, Position, Run
from symbolicate.errors import InputError
from symbolicate.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.cli.run import Work
    from symbolicate.engine import Input

__all__ = ["can_fork", "continued"]

# Signals that the process itself causes; others are sent on purpose.
_FAULTS = frozenset(
    getattr(signal, name)
    for name in ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGKILL", "SIGSEGV", "SIGSYS", "SIGTRAP")
    if hasattr(signal, name)
)
_HINT = "there was too little memory, the file was changed meanwhile, or this is a defect of symbolicate"


def continued(inputs: Sequence[Input], work: Work) -> int:
    """Do the work in one child process after the other, until all inputs are answered; return the exit code."""
    at, alone, spent = Position(), 0, 0
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
            ended = replace(ended, answered=ended.answered + 1, results=0, failed=True)
            alone = max(0, alone - 1)
        elif suspects == 0 and not moved:
            # The child reached no input, so another one would not either.
            sys.stderr.write(f"symbolicate: ended by {signal.Signals(-code).name}\n")
            return 1
        else:
            alone = max(1, suspects)
        at = ended


def _worked(work: Work, run: Run) -> int:
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


def can_fork() -> bool:
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

    def wait(self, start: Position) -> tuple[Position, int]:
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

    def _read(self, at: Position) -> Position:
        record = struct.Struct(RECORD)
        with os.fdopen(self._reports, "rb", buffering=record.size * 1024) as reports:
            while len(found := reports.read(record.size)) == record.size:
                at = Position(*record.unpack(found))
        return at


def _end_with_parent(lives: int) -> None:
    os.read(lives, 1)
    os._exit(1)
