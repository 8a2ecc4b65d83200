"""What native code writes to a path, read while it is written: no more is decompressed than is asked for."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from typing import TYPE_CHECKING

from symbolicate.symbols.archives.limits import TOO_LONG, LimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["NativeOutput", "native_output"]

_LOOK_MILLISECONDS = 100


class NativeOutput:
    """The bytes that are written, by another thread, into a pipe.

    Args:
        reading: the end of the pipe that is read.
        ends: until when its bytes are waited for, see `time.monotonic`.
    """

    def __init__(self, reading: int, ends: float) -> None:
        self._reading = reading
        self._ends = ends
        self._poll = select.poll()
        self._poll.register(reading, select.POLLIN)
        self._is_written = threading.Event()
        self._failure: Exception | None = None

    def write(self, write: Callable[[str], object], writing: int) -> None:
        """Let it be written; closes the end of the pipe that is written to."""
        try:
            write(f"/dev/fd/{writing}")
        except Exception as error:  # noqa: BLE001 - it is raised where the bytes are read
            self._failure = error
        finally:
            self._is_written.set()
            os.close(writing)

    def read(self, size: int, /) -> bytes:
        """The next bytes, at least one and at most so many; none at the end.

        Raises:
            LimitError: the time is over.
            OSError: what the writer raised.
        """
        while True:
            # A process that was forked meanwhile may have the pipe open, so its end is not the only sign.
            is_written = self._is_written.is_set()
            if self._poll.poll(0 if is_written else _LOOK_MILLISECONDS) and (data := os.read(self._reading, size)):
                return data
            if is_written:
                if self._failure is not None:
                    raise self._failure
                return b""
            if time.monotonic() >= self._ends:
                raise LimitError(TOO_LONG)


@contextlib.contextmanager
def native_output(write: Callable[[str], object], ends: float = float("inf")) -> Iterator[NativeOutput]:
    """The output of a function, which stops with an error when the block is left.

    Args:
        write: writes to the path that it is given, one byte after the other, with the interpreter's lock released.
        ends: until when its bytes are waited for, see `time.monotonic`.
    """
    reading, writing = os.pipe()
    try:
        output = NativeOutput(reading, ends)
        try:
            threading.Thread(target=output.write, args=(write, writing), name="unpacking", daemon=True).start()
        except RuntimeError:  # no more threads
            os.close(writing)
            raise
        yield output
    finally:
        os.close(reading)
