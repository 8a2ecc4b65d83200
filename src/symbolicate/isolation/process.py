"""The parent's side: a child process that is started when it is first needed, and again after it ended."""

from __future__ import annotations

import atexit
import contextlib
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, cast

import msgspec

from symbolicate.isolation.frames import read_frame_in_parts, write_frame
from symbolicate.isolation.messages import (
    Added,
    Answer,
    Checked,
    Failed,
    FetchedFile,
    FetchedFiles,
    FetchFiles,
    FindSymbols,
    Found,
    LookedUp,
    Reported,
)
from symbolicate.isolation.pipes import Deadline, DeadlineError, ReadEnd, WriteEnd, widen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from symbolicate.isolation.messages import Question, Request, Response

__all__ = ["IsolatedProcess", "ProcessEndedError", "longest_seconds"]

# The kernel ends a child at its deadline; how much longer it may take, and how long a new one may take to start.
_GRACE_SECONDS = 10.0
_START_SECONDS = 20.0
_END_SECONDS = 5.0
_HUNG = 1000  # instead of an exit code: it did not end by itself
_TOO_LATE = (-signal.SIGALRM, _HUNG)

_decoder = msgspec.msgpack.Decoder(Reported | Added | Checked | LookedUp | Failed | FindSymbols | FetchFiles)


# Children of all threads that have not been ended. Nothing else ends a child that is stopped: it does not see that its
# input is closed. A new one that is started while this process ends would be left over.
_children: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()
_ended = False


def _end_all() -> None:
    global _ended  # noqa: PLW0603 - of this process
    with _lock:
        _ended = True
        for child in _children:
            child.kill()


atexit.register(_end_all)


def _go_on() -> None:
    """End the thread if this process is ending: its child was killed for that reason, not because of its input."""
    if _ended:
        raise SystemExit


def longest_seconds(seconds: float) -> float:
    """How long a request with this deadline may take, with a second child if it ends the first.

    The time for the child's own requests is not included.
    """
    return 2 * (seconds + _GRACE_SECONDS + _END_SECONDS) + _START_SECONDS


def _none(question: Question) -> Response:
    return (
        Found()
        if isinstance(question, FindSymbols)
        else FetchedFiles([FetchedFile(outcome="missing") for _ in question.files])
    )


class ProcessEndedError(Exception):
    """A request ended its child process.

    Attributes:
        timed_out: it exceeded its deadline.
    """

    def __init__(self, message: str, *, timed_out: bool) -> None:
        super().__init__(message)
        self.timed_out = timed_out


class IsolatedProcess:
    """A child process that works on one request at a time. For one thread.

    Args:
        memory_bytes: how much it may allocate.
        quiet: whether what it writes to standard error, such as the last words of a process without memory, is dropped.
    """

    def __init__(self, memory_bytes: int, *, quiet: bool = False) -> None:
        self._stderr = subprocess.DEVNULL if quiet else None
        self._memory_bytes = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._answered = 0
        self._abandoned = False

    def ask(self, request: Request, data: Sequence[bytes] = (), find: Callable[[Question], Response] = _none) -> Answer:
        """Run a request in the child, with its data.

        A child that has worked before may still hold memory of earlier requests, so a request that ends it is tried
        once more in a new child.

        Args:
            request: the request.
            data: its data.
            find: answers the child's requests for symbols; an exception ends the child and is raised here. Its time
                does not count towards the deadline.

        Raises:
            ProcessEndedError: it ended a new child, or `abandon` was called.
        """
        reused = self._answered > 0
        answer = self._ask(request, data, find)
        if isinstance(answer, int) and reused:
            answer = self._ask(request, data, find)
        if isinstance(answer, int):
            _go_on()
            raise ProcessEndedError(self._why(answer, request.seconds), timed_out=answer in _TOO_LATE)
        return answer

    def close(self) -> None:
        """End the process."""
        with _lock:
            process, self._process, self._answered = self._process, None, 0
            if process is None:
                return
            process.kill()
            _children.discard(process)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        # A child that waits for a disk ends when the disk responds.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)

    def abandon(self) -> None:
        """Kill the child from another thread, and start no other, because its own thread makes no progress."""
        with _lock:
            self._abandoned = True
            if self._process is not None:
                self._process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        with _lock:
            _go_on()
            if self._abandoned:
                raise ProcessEndedError("processing was abandoned: its thread made no progress", timed_out=True)
            self._process = subprocess.Popen(  # noqa: S603 - this very program
                [sys.executable, "-P", "-m", "symbolicate.isolation.child", str(self._memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                bufsize=0,
            )
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    widen(pipe.fileno())
            _children.add(self._process)
            return self._process

    def _ask(self, request: Request, data: Sequence[bytes], find: Callable[[Question], Response]) -> Answer | int:
        """The response, or the exit code of a child that ended without one."""
        process = self._process
        if process is None or process.poll() is not None:
            self.close()
            process = self._start()
        try:
            answer = self._converse(process, request, data, find)
        except DeadlineError:
            self.close()
            return _HUNG
        except BaseException:
            # It waits for a response that will not be sent.
            self.close()
            raise
        if answer is None:
            # Its output ends only when it ends.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)
            self.close()
            return _HUNG if process.returncode is None else process.returncode
        self._answered += 1
        return answer

    def _converse(
        self,
        process: subprocess.Popen[bytes],
        request: Request,
        data: Sequence[bytes],
        find: Callable[[Question], Response],
    ) -> Answer | None:
        """The response to a request, after the child's own requests; None if the child ends."""
        questions, answers = cast("BinaryIO", process.stdin).fileno(), cast("BinaryIO", process.stdout).fileno()
        seconds = request.seconds + _GRACE_SECONDS + (0 if self._answered else _START_SECONDS)
        with contextlib.suppress(BrokenPipeError):
            deadline = Deadline(seconds)
            write_frame(WriteEnd(questions, deadline), request, data)
            while (frame := read_frame_in_parts(ReadEnd(answers, deadline))) is not None:
                answer: Answer | Question = _decoder.decode(frame[0])
                if isinstance(answer, LookedUp):
                    return LookedUp(tuple(frame[1]))
                if not isinstance(answer, (FindSymbols, FetchFiles)):
                    return answer
                asked = time.monotonic()
                found = find(answer)
                # That time does not count towards the child's deadline.
                deadline.extend(time.monotonic() - asked)
                write_frame(WriteEnd(questions, deadline), found)
        return None

    def _why(self, code: int, seconds: float) -> str:
        if code in _TOO_LATE:
            return f"processing took longer than {seconds:g} seconds"
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        memory = self._memory_bytes >> 20
        return f"processing ended its process ({name}); it may have needed more than {memory} MiB of memory"
