"""How many files the directory of a zip lists, without holding them: Python's reader makes an object of each at once.

Source of the format: APPNOTE.TXT of PKWARE, 4.3.12 to 4.3.16.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["count_files"]

_END = struct.Struct("<4s4H2LH")
_LOCATOR_64 = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_FILE = struct.Struct("<4s24x3H12x")
_COMMENT = 1 << 16


def count_files(path: str, limit: int) -> int:
    """The number of files and folders in the directory, counted until it exceeds a limit.

    The numbers that the archive states are not used: its reader goes by the size of the directory alone. From damage on
    nothing is counted; the reader refuses it.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb") as archive:
        end = _place_of_end(archive)
        if end is None:
            return 0
        start, size = _directory(archive, end)
        if not 0 <= start <= end:
            return 0
        archive.seek(start)
        count = read = 0
        while read < size and count <= limit and len(record := archive.read(_FILE.size)) == _FILE.size:
            magic, *lengths = _FILE.unpack(record)
            if magic != b"PK\1\2":
                break
            count += 1
            read += _FILE.size + sum(lengths)
            archive.seek(sum(lengths), os.SEEK_CUR)
        return count


def _place_of_end(archive: BinaryIO) -> int | None:
    """Where the record is that ends the archive: after it is a comment at most. The reader takes the same."""
    size = archive.seek(0, os.SEEK_END)
    if size < _END.size:
        return None
    archive.seek(size - _END.size)
    last = archive.read()
    if last.startswith(b"PK\5\6") and last.endswith(b"\0\0"):
        return size - _END.size
    begin = archive.seek(max(size - _COMMENT - _END.size, 0))
    tail = archive.read()
    place = tail.rfind(b"PK\5\6")
    return begin + place if 0 <= place <= len(tail) - _END.size else None


def _directory(archive: BinaryIO, end: int) -> tuple[int, int]:
    """Where the directory begins, and its size. It is before the records that end the archive."""
    archive.seek(end)
    size = _END.unpack(archive.read(_END.size))[5]
    place = end - _LOCATOR_64.size - _END_64.size
    if place >= 0:
        archive.seek(place)
        record, locator = archive.read(_END_64.size), archive.read(_LOCATOR_64.size)
        if locator.startswith(b"PK\6\7") and record.startswith(b"PK\6\6"):
            size = _END_64.unpack(record)[8]
            return place - size, size
    return end - size, size
