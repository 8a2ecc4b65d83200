"""Tar archives, read as a stream.

The standard library's reader holds whatever a header calls a long name or an extended header in memory, and the list of
all files. So only its decoder of a single header is used.
"""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

from symbolicate.symbols.archives.limits import CHUNK, HEAD, BadArchiveError
from symbolicate.symbols.archives.member import reported_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.symbols.archives.limits import Budget
    from symbolicate.symbols.archives.streams import Plain

__all__ = ["is_tar", "members"]

_BLOCK = 512
# A long name, and the extended header of a file, in bytes.
_EXTENDED = 1 << 20
_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
# Digits of a number; more than a size of 64 bits has.
_DIGITS = 20
_DAMAGED_HEADER = "the archive cannot be read: one of its headers is damaged"
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)


def is_tar(head: bytes) -> bool:
    """Whether a file begins with the header of a tar archive."""
    if len(head) < _BLOCK or not head.strip(b"\0"):
        return False
    try:
        tarfile.TarInfo.frombuf(head[:_BLOCK], "utf-8", "replace")
    except tarfile.HeaderError:
        return False
    return True


def members(stream: Plain) -> Iterator[_Tarred]:
    """The files of an archive. Links, folders and sparse files are left out.

    Raises:
        BadArchiveError: it is cut or damaged.
    """
    long_name, size = "", -1
    begin = stream.position
    while block := _block(stream):
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
        except tarfile.HeaderError:
            raise BadArchiveError(_DAMAGED_HEADER) from None
        # A number in base 256 may be negative.
        if info.size < 0:
            raise BadArchiveError(f"{reported_name(long_name or info.name)}: {_DAMAGED_HEADER}")
        if info.type == tarfile.GNUTYPE_LONGNAME:
            long_name = _content(stream, info.size).rstrip(b"\0").decode("utf-8", "replace")
            continue
        if info.type in _PAX:
            facts = _facts(_content(stream, info.size))
            long_name, size = facts.get("path", long_name), _number(facts.get("size", ""))
            if size < 0 and "size" in facts:
                raise BadArchiveError(f"{reported_name(long_name)}: {_DAMAGED_HEADER}")
            continue
        member = _Tarred(stream, long_name or info.name, size if size >= 0 else info.size, info.mtime, begin)
        long_name, size = "", -1
        if info.type in _FILES:
            yield member
        member.skip()
        begin = stream.position


class _Tarred:
    def __init__(self, stream: Plain, name: str, size: int, modified: float, offset: int) -> None:
        self._stream = stream
        self.size = size
        self.offset = offset
        self._left = size
        self._padding = -size % _BLOCK
        self.name = reported_name(name)
        self.modified: float | None = modified

    def head(self) -> bytes:
        return self._stream.peek(min(HEAD, self._left))

    def extract(self, target: str, budget: Budget) -> int:
        size = self._left
        with open(target, "wb") as plain:
            while self._left:
                chunk = self._next()
                budget.take(len(chunk), self.name)
                plain.write(chunk)
        return size

    def skip(self) -> None:
        """Go to the next header."""
        end = self._stream.position + self._left
        self._stream.skip(self._left + self._padding)
        # Nothing but padding may be missing at the end.
        if self._stream.position < end + self._padding:
            raise BadArchiveError(f"{self.name}: the archive cannot be read: it is cut short")
        self._left = self._padding = 0

    def _next(self) -> bytes:
        chunk = self._stream.read(min(self._left, CHUNK))
        if not chunk:
            raise BadArchiveError(f"{self.name}: the archive cannot be read: it is cut short")
        self._left -= len(chunk)
        return chunk


def _block(stream: Plain) -> bytes:
    """The next header; empty at the end, which a block of zero bytes marks."""
    block = _read(stream, _BLOCK)
    if block and len(block) < _BLOCK:
        raise BadArchiveError("the archive cannot be read: it is cut short")
    return block if block.strip(b"\0") else b""


def _content(stream: Plain, size: int) -> bytes:
    if size > _EXTENDED:
        raise BadArchiveError("the archive cannot be read: a header in it is too long")
    content = _read(stream, size + -size % _BLOCK)
    if len(content) < size:
        raise BadArchiveError("the archive cannot be read: it is cut short")
    return content[:size]


def _read(stream: Plain, size: int) -> bytes:
    parts = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _facts(content: bytes) -> dict[str, str]:
    """The records of an extended header: a length, a space, `key=value` and a line feed each."""
    facts: dict[str, str] = {}
    while content:
        length, space, _ = content.partition(b" ")
        end = _number(length[: _DIGITS + 1].decode("ascii", "replace"))
        if not space or end <= len(length):
            break
        key, _, value = content[len(length) + 1 : end].rstrip(b"\n").partition(b"=")
        facts[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
        content = content[end:]
    return facts


def _number(text: str) -> int:
    """A decimal number; -1 for anything else."""
    return int(text) if len(text) <= _DIGITS and text.isascii() and text.isdigit() else -1
