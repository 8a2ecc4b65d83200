"""The parent's ends of the pipes to a child, with reads and writes that stop at a deadline.

The kernel ends a child that computes for too long. It does not end one that is stopped, or that waits for a disk that
does not respond; in these cases the parent has to stop waiting.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Deadline", "DeadlineError", "ReadEnd", "WriteEnd", "widen"]

_CHUNK = 1024 * 1024
# Bytes for which a read allocates, whatever it gets.
_READ = 256 * 1024
# The most that the kernel gives to any user. Each switch between the two processes then moves sixteen times as much.
_PIPE = 1024 * 1024


class DeadlineError(Exception):
    """The other end of a pipe did not read or write in time."""


class Deadline:
    """A point in time, `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def extend(self, seconds: float) -> None:
        """Postpone it."""
        self._ends += seconds

    def wait(self, descriptor: int, event: int) -> None:
        """Wait until a descriptor can be used, or its other end is closed.

        Raises:
            DeadlineError: the deadline has passed.
        """
        poll = select.poll()
        poll.register(descriptor, event)
        while not poll.poll(max(0.0, self._ends - time.monotonic()) * 1000):
            if time.monotonic() >= self._ends:
                raise DeadlineError


def widen(descriptor: int) -> None:
    """Make the buffer of a pipe large; it stays as it is if the kernel refuses, as when a user has many."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE)


class WriteEnd:
    """A pipe that is written to."""

    def __init__(self, descriptor: int, deadline: Deadline) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._deadline = deadline

    def write(self, data: bytes | memoryview) -> None:
        """Write all bytes.

        Raises:
            BrokenPipeError: the other end is closed.
            DeadlineError: the deadline has passed.
        """
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._descriptor, left[:_CHUNK]) :]
            except BlockingIOError:
                self._deadline.wait(self._descriptor, select.POLLOUT)

    def writelines(self, lines: Iterable[bytes | memoryview]) -> None:
        """Write all bytes of all parts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Do nothing, because nothing is buffered."""


class ReadEnd:
    """A pipe that is read."""

    def __init__(self, descriptor: int, deadline: Deadline) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._deadline = deadline

    def read(self, size: int) -> bytes:
        """Read a number of bytes; fewer if the pipe ends.

        Raises:
            DeadlineError: the deadline has passed.
        """
        parts = self.parts(size)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def parts(self, size: int) -> list[bytes]:
        """Read a number of bytes, as they arrive; fewer if the pipe ends.

        Raises:
            DeadlineError: the deadline has passed.
        """
        parts: list[bytes] = []
        while size:
            try:
                part = os.read(self._descriptor, min(size, _READ))
            except BlockingIOError:
                self._deadline.wait(self._descriptor, select.POLLIN)
                continue
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return parts
