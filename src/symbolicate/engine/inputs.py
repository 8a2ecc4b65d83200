"""An input: a file, or bytes under a name, and what is wrong with it before a byte of it is decoded."""

from __future__ import annotations

import io
import os
import stat

from symbolicate.errors import (
    EmptyInputError,
    InputError,
    InputIsDirectoryError,
    InputNotFoundError,
    InputUnreadableError,
)
from symbolicate.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO, TypeAlias

    from symbolicate.engine.readable import Readable

__all__ = ["AttachedFile", "Crash", "Input", "name_of"]

# A file of this size that a caller has opened is read by the engine.
_LARGE_BYTES = 16 << 20
_CHUNK = 1 << 20

MOST_PIPED = 1 << 30
"""Bytes of an input that can be read only once, such as standard input or a pipe: it is held in memory."""

Crash: TypeAlias = "str | os.PathLike[str] | os.PathLike[bytes] | bytes | bytearray | memoryview | Readable | Input"
"""An input to process: a path, bytes, or a file opened in binary mode. It may contain several crashes."""

AttachedFile: TypeAlias = "tuple[str | None, str | None, str | None, int | None]"
"""A file that belongs to a crash: its id, name, media type, and how many bytes of it are given, None for none."""


class Input(Record):
    """One input to process: a file, or bytes under a name.

    Attributes:
        name: the path, or the name of the bytes in reports and errors.
        data: the bytes; None to read the file.
        files: the attached files, if the data are one App Center log followed by the bytes of its crash's files.
    """

    name: str
    data: bytes | None = None
    files: Sequence[AttachedFile] | None = None

    @classmethod
    def of(cls, crash: Crash) -> Input:
        """The input for any value that a caller may pass."""
        if isinstance(crash, Input):
            return crash
        if isinstance(crash, (bytes, bytearray, memoryview)):
            return cls("<bytes>", bytes(crash))
        if isinstance(crash, (str, os.PathLike)):
            return cls(os.fsdecode(crash))
        read = getattr(crash, "read", None)
        if not callable(read):
            raise TypeError(f"a crash is a path, bytes or a file opened for reading, not {type(crash).__name__}")
        if (path := _large_file(crash)) is not None:
            return cls(path)
        data = read()
        if isinstance(data, str):
            raise TypeError("the file is opened for text: open it with mode 'rb'")
        return cls(name_of(crash), bytes(data))

    def _check_file(self, mode: int, size: int) -> InputError | None:
        if stat.S_ISDIR(mode):
            return InputIsDirectoryError("is a directory, not a file", input=self.name)
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            return InputUnreadableError("is a device, which may have no end", input=self.name)
        # The size of a pipe is always 0.
        if stat.S_ISREG(mode) and size == 0:
            return EmptyInputError("empty file", input=self.name)
        return None

    def opened(self) -> Input | InputError:
        """The input in a form that the engine can open, or the problem that is visible before.

        Inputs that can be read only once, such as pipes, are read here: the engine needs the bytes several times, and
        only a wait in Python can be interrupted.
        """
        if self.data is not None:
            return self if self.data else EmptyInputError("empty input", input=self.name)
        try:
            found = os.stat(self.name)
        except FileNotFoundError:
            return InputNotFoundError("no such file", input=self.name)
        except (OSError, ValueError) as error:
            return InputUnreadableError(getattr(error, "strerror", None) or str(error), input=self.name)
        if (descriptor := _once(self.name, found.st_mode)) is not None:
            try:
                with open(descriptor, "rb") as stream:
                    return Input.read(self.name, stream)
            except OSError as error:
                return InputUnreadableError(error.strerror or str(error), input=self.name)
        return self._check_file(found.st_mode, found.st_size) or self

    @classmethod
    def read(cls, name: str, stream: BinaryIO) -> Input | InputError:
        """The input from a stream that can be read only once, or the error of reading it."""
        try:
            data = _read(stream)
        except OSError as error:
            return InputUnreadableError(error.strerror or str(error), input=name)
        except MemoryError:
            return InputUnreadableError("larger than the memory", input=name)
        if len(data) > MOST_PIPED:
            why = f"has more than {MOST_PIPED >> 20:,} MiB, and can be read only once"
            return InputUnreadableError(
                why, input=name, hint="write it to a file, of which only what is needed is read"
            )
        # Without the hint of a truncated file: the writer of the pipe wrote nothing.
        return cls(name, data) if data else EmptyInputError("empty input", input=name, hint="")


def _read(stream: BinaryIO) -> bytes:
    """All bytes of a stream, or a few more than there may be."""
    first = stream.read(_CHUNK)
    if len(first) < _CHUNK:  # the end, which a terminal says once
        return first
    held = io.BytesIO()
    held.write(first)
    while held.tell() <= MOST_PIPED and (more := stream.read(_CHUNK)):
        held.write(more)
    return held.getvalue()


def called(crash: Crash) -> str:
    """The name of a value that a caller passes, without reading it."""
    if isinstance(crash, Input):
        return crash.name
    if isinstance(crash, (str, os.PathLike)):
        return os.fsdecode(crash)
    return "<bytes>" if isinstance(crash, (bytes, bytearray, memoryview)) else name_of(crash)


def name_of(stream: object) -> str:
    """The name of a file that the caller opened, for reports and errors."""
    name = getattr(stream, "name", None)
    # A file that was opened by its descriptor has the number as its name.
    return os.fsdecode(name) if isinstance(name, (str, bytes, os.PathLike)) else "<stream>"


def _large_file(stream: object) -> str | None:
    """The path of a large file that the caller opened and did not read yet; None for any other stream.

    The engine reads what it needs of such a file.
    """
    if not isinstance(stream, (io.BufferedReader, io.FileIO)) or not isinstance(stream.name, (str, os.PathLike)):
        return None
    try:
        opened, named = os.fstat(stream.fileno()), os.stat(stream.name)
        unread = stream.tell() == 0
    except (OSError, ValueError):
        return None
    is_large = stat.S_ISREG(opened.st_mode) and opened.st_size >= _LARGE_BYTES
    return os.fsdecode(stream.name) if is_large and unread and os.path.samestat(opened, named) else None


def _once(path: str, mode: int) -> str | int | None:
    """The path or descriptor to open, of an input that can be read only once; None for others."""
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    if path == "/dev/stdin":
        return os.dup(0)
    for folder in ("/dev/fd/", "/proc/self/fd/"):
        if path.startswith(folder) and (number := path.removeprefix(folder)).isdecimal():
            return os.dup(int(number))
    return path if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None
