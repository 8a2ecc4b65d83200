"""What a shard is doing, for whoever limits the time of an input."""

from __future__ import annotations

import mmap
import os
import struct
from typing import Protocol

__all__ = ["NO_WATCH", "SharedWatch", "Watch"]


class Watch(Protocol):
    """Observes a shard. A step is one thing that may take too long or end the process: an input, a file in an archive.

    The number of a step depends on the shard alone, so the same step can be left out when the shard is done again.
    """

    def begin(self, step: int) -> None:
        """A step begins."""

    def answered(self, inputs: int) -> None:
        """So many inputs of the shard are done."""

    def waits(self, yes: bool) -> None:
        """Symbols are waited for, which has a time limit of its own; or not any more."""


class _NoWatch:
    def begin(self, step: int) -> None:
        pass

    def answered(self, inputs: int) -> None:
        pass

    def waits(self, yes: bool) -> None:
        pass


NO_WATCH: Watch = _NoWatch()
"""Observes nothing."""


class SharedWatch:
    """In memory that two processes share, so that it needs no system call and survives the end of either.

    Args:
        descriptor: a file of at least `SIZE` bytes, which both have open.
    """

    _FIELDS = struct.Struct("<QQQQ")
    SIZE = _FIELDS.size

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, self.SIZE)
        self._beats = self._step = self._answered = self._waits = 0

    def begin(self, step: int) -> None:
        """A step begins."""
        self._step = step
        self._write()

    def answered(self, inputs: int) -> None:
        """So many inputs of the shard are done."""
        self._answered = inputs
        self._write()

    def waits(self, yes: bool) -> None:
        """Symbols are waited for, or not any more."""
        self._waits = int(yes)
        self._write()

    def reset(self) -> None:
        """A shard begins."""
        self._step = self._answered = self._waits = 0
        self._write()

    def read(self) -> tuple[int, int, int, bool]:
        """A number that changes with every call of another method, the step, the inputs done, whether it waits."""
        beats, step, answered, waits = self._FIELDS.unpack(self._memory[: self.SIZE])
        return beats, step, answered, bool(waits)

    def close(self) -> None:
        """Unmap the memory."""
        self._memory.close()

    def _write(self) -> None:
        self._beats += 1
        self._memory[: self.SIZE] = self._FIELDS.pack(self._beats, self._step, self._answered, self._waits)

    @staticmethod
    def file() -> int:
        """A descriptor of a new file without a name, for two processes."""
        import tempfile

        descriptor, path = tempfile.mkstemp()
        os.unlink(path)
        os.truncate(descriptor, SharedWatch.SIZE)
        return descriptor
