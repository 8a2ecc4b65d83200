"""The stored form of a symbol file: compressed, and so that a range of it can be read without the rest.

    a zlib stream (RFC 1950)     flushed after each block of 1 MiB of the file, so that it can be read from there
    a table                      for each block the end of its bytes in the stream, and the CRC-32 of what it expands to
    the end                      the sizes of file and stream, the number of blocks, the CRC-32 of the table, and a mark

Numbers are little-endian. A reader of the whole stream needs no table and ignores it. A file that was stored by an
earlier version has none, and is read as a whole.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["BLOCK", "Blocks", "DamagedError", "Reader", "pack", "read_blocks", "unpack"]

BLOCK = 1 << 20
"""Bytes of a file that are compressed by themselves."""

# Texts shrink to a sixth at this level, and compression is as fast as a disk writes.
_LEVEL = 1
_ENTRY = struct.Struct("<QI")
_END = struct.Struct("<QQII8s")
_MARK = b"sym-zblk"
_HEADER = 2
"""Bytes of a zlib stream before its first block."""
# Of a file of 4 GiB, whose table has 48 KiB.
_TAIL = 64 << 10


class DamagedError(Exception):
    """A stored file is not what was stored."""


class Reader(Protocol):
    """Reads bytes of a blob."""

    def __call__(self, offset: int, length: int) -> bytes:
        """So many bytes from an offset; fewer if there are no more."""


class Blocks(NamedTuple):
    """The blocks of a stored file.

    Attributes:
        size: bytes of the file.
        ends: the end of each block in the stream.
        checksums: the CRC-32 of what each expands to.
    """

    size: int
    ends: tuple[int, ...]
    checksums: tuple[int, ...]

    def read(self, number: int, blob: Reader) -> bytes:
        """What a block expands to.

        Raises:
            DamagedError: it is damaged.
        """
        begin = self.ends[number - 1] if number else _HEADER
        stored = blob(begin, self.ends[number] - begin)
        length = min(BLOCK, self.size - number * BLOCK)
        try:
            plain = zlib.decompressobj(-zlib.MAX_WBITS).decompress(stored, length)
        except zlib.error as error:
            raise DamagedError(str(error)) from None
        if len(plain) != length or zlib.crc32(plain) != self.checksums[number]:
            raise DamagedError("a block is not what was stored")
        return plain


def pack(stream: BinaryIO) -> Iterator[bytes]:
    """The stored form of a file, in parts."""
    packer = zlib.compressobj(_LEVEL)
    table: list[bytes] = []
    size = written = 0
    while plain := stream.read(BLOCK):
        part = packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH)
        size += len(plain)
        written += len(part)
        table.append(_ENTRY.pack(written, zlib.crc32(plain)))
        yield part
    last = packer.flush()
    written += len(last)
    entries = b"".join(table)
    yield last + entries + _END.pack(size, written, len(table), zlib.crc32(entries), _MARK)


def unpack(unpacker: zlib._Decompress, part: bytes) -> Iterator[bytes]:
    """Decompressed bytes of the next part of a stream.

    They come a block at a time, because a damaged part may expand to a thousand times its size.
    """
    while part and not unpacker.eof:
        yield unpacker.decompress(part, BLOCK)
        part = unpacker.unconsumed_tail


def read_blocks(blob: Reader, stored: int) -> Blocks | None:
    """The blocks of a stored file; None if it was stored without them.

    Args:
        blob: reads it.
        stored: its size as stored.

    Raises:
        DamagedError: the table is damaged.
    """
    tail = blob(max(0, stored - _TAIL), min(stored, _TAIL))
    if len(tail) < _END.size:
        return None
    size, written, count, checksum, mark = _END.unpack(tail[-_END.size :])
    if mark != _MARK:
        return None
    length = count * _ENTRY.size
    if count != -(-size // BLOCK) or written + length + _END.size != stored:
        raise DamagedError("the table of blocks is not of this file")
    entries = tail[-_END.size - length : -_END.size] if length + _END.size <= len(tail) else blob(written, length)
    if len(entries) != length or zlib.crc32(entries) != checksum:
        raise DamagedError("the table of blocks is damaged")
    table = tuple(_ENTRY.iter_unpack(entries))
    ends = tuple(end for end, _ in table)
    if any(end <= before for before, end in zip((_HEADER, *ends), (*ends, written), strict=True)):
        raise DamagedError("the table of blocks is not in order")
    return Blocks(size, ends, tuple(checksum for _, checksum in table))
