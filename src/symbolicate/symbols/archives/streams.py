"""Compressed streams: gzip, bzip2, xz and zstd."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import time
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol

from symbolicate.symbols.archives.limits import CHUNK, LZMA_MEMORY, TOO_LONG, LimitError, damage, most_of
from symbolicate.symbols.archives.native_output import native_output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["SUFFIXES", "Plain", "format_of", "opened"]

SUFFIXES = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst"}
"""The formats, each with the suffix that its tool appends to a name."""

_MAGIC = ((b"\x1f\x8b\x08", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"))
_DAMAGED = (zlib.error, lzma.LZMAError, EOFError, OSError)


def format_of(head: bytes) -> str | None:
    """The format that a file begins like; None for any other."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Plain:
    """What a stream decompresses to, up to a limit.

    Args:
        stream: decompresses while it is read.
        limit: how many bytes are read of it.
        ends: until when it is read, see `time.monotonic`.
    """

    def __init__(self, stream: _Readable, limit: int, ends: float) -> None:
        self._stream = stream
        self._left = limit
        self._ends = ends
        self._held = b""
        self._taken = 0

    @property
    def position(self) -> int:
        """How many bytes were read or skipped."""
        return self._taken - len(self._held)

    def skip(self, size: int) -> None:
        """Leave out bytes, or all that there are. In a file that is not compressed they are not read.

        Raises:
            BadArchiveError: as `read`.
        """
        while size and self._held:
            size -= len(self.read(min(size, len(self._held))))
        if size and isinstance(self._stream, io.BufferedReader):
            here = self._stream.tell()
            there = min(size, self._stream.seek(0, os.SEEK_END) - here)
            self._stream.seek(here + there)
            self._taken += there
            self._take(there)
            return
        while size and (found := self.read(min(size, CHUNK))):
            size -= len(found)

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay to be read; fewer at the end."""
        while len(self._held) < size and (more := self._more(size - len(self._held))):
            self._held += more
        return self._held[:size]

    def read(self, size: int) -> bytes:
        """The next bytes, at least one and at most so many; none at the end.

        Raises:
            BadArchiveError: the stream is damaged, longer than its limit, or takes too long.
        """
        if not self._held:
            return self._more(size)
        found, self._held = self._held[:size], self._held[size:]
        return found

    def _more(self, size: int) -> bytes:
        # Also what no file gets, such as a link with a size in a tar archive, takes time.
        if time.monotonic() >= self._ends:
            raise LimitError(TOO_LONG)
        try:
            found = self._stream.read(min(size, CHUNK))
        except _DAMAGED as error:
            raise damage(error) from None
        self._taken += len(found)
        self._take(len(found))
        return found

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise LimitError("the archive unpacks to more than it may")


@contextlib.contextmanager
def opened(path: str, name: str | None, limit: int, ends: float) -> Iterator[Plain]:
    """A file, decompressed while it is read.

    Args:
        path: the file.
        name: its format, see `format_of`; None for a file that is not compressed.
        limit: bytes that it may become.
        ends: until when it is read, see `time.monotonic`.

    Raises:
        BadArchiveError: it is damaged, longer than its limit, or takes too long.
        OSError: it cannot be read.
    """
    limit = min(limit, most_of(os.path.getsize(path))) if name else limit
    with contextlib.ExitStack() as stack:
        if name == "zstd":
            stream: _Readable = stack.enter_context(_zstd(path, limit, ends))
        else:
            source = stack.enter_context(open(path, "rb"))
            stream = source if name is None else _DECODERS[name](source)
        yield Plain(stream, limit, ends)


class _Xz:
    """As `lzma.LZMAFile`, which has no limit for the memory that the file asks for."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._decoder = self._new()
        self._rest = b""

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY)

    def read(self, size: int, /) -> bytes:
        while True:
            if self._decoder.eof:
                # Streams may follow each other, with zero bytes between them.
                self._rest = (self._decoder.unused_data or self._source.read(CHUNK)).lstrip(b"\0")
                if not self._rest:
                    return b""
                self._decoder = self._new()
            elif self._decoder.needs_input and not self._rest:
                self._rest = self._source.read(CHUNK)
                if not self._rest:
                    raise EOFError("the stream ends too early")
            found = self._decoder.decompress(self._rest, size)
            self._rest = b""
            if found:
                return found


# The decoders that read from a file; zstd is decoded natively.
_DECODERS: dict[str, Callable[[BinaryIO], _Readable]] = {
    "gzip": lambda source: gzip.GzipFile(fileobj=source),
    "bzip2": bz2.BZ2File,
    "xz": _Xz,
}


def _zstd(path: str, limit: int, ends: float) -> contextlib.AbstractContextManager[_Readable]:
    from symbolicate._native import decompress_zstd

    return native_output(lambda target: decompress_zstd(path, target, limit), ends)
