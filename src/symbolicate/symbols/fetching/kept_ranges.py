"""Ranges of a large file that were fetched, on disk until the whole file is there, so that the next process has them.

    a line of JSON        `size` and `tag` of the file
    records               offset, length and CRC-32 of a range (little-endian: 8, 4 and 4 bytes), and its bytes

Processes append records under a lock. What follows a damaged record is removed. Ranges of another version of the file
are never mixed: a file whose server does not name its version is not kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import threading
import zlib
from typing import TYPE_CHECKING

from symbolicate.symbols.fetching import ranges
from symbolicate.symbols.fetching.ranges import Range

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RANGES", "KeptRanges"]

RANGES = ".ranges"
"""The suffix of a file of ranges."""

_BLOCK = 4096
"""Bytes that a reader of files in part asks for at a time: ranges begin and end at multiples of it."""
_RECORD = struct.Struct("<QII")
_LONGEST_HEADER = 1024
_LONGEST = 64 << 20
"""Bytes of a record, at most: a longer one is damaged."""


class KeptRanges:
    """The ranges of one file. May be used by many threads, and at the same time by other processes.

    Attributes:
        size: the size of the whole file.
        tag: its version.
    """

    def __init__(self, descriptor: int, size: int, tag: str) -> None:
        self.size = size
        self.tag = tag
        self._descriptor = descriptor
        self._lock = threading.Lock()
        # Where the bytes of each block of the file are.
        self._places: dict[int, int] = {}

    def __del__(self) -> None:
        os.close(self._descriptor)

    @classmethod
    def opened(cls, path: str) -> KeptRanges | None:
        """Those at a path; None if there are none."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            header, newline, _ = os.pread(descriptor, _LONGEST_HEADER, 0).partition(b"\n")
            about = json.loads(header)
            found = cls(descriptor, int(about["size"]), str(about["tag"]))
        except (OSError, ValueError, TypeError, KeyError):
            os.close(descriptor)
            return None
        try:
            found._scan(len(header) + len(newline))
            os.utime(path)  # its last use
        except OSError:
            return None
        return found

    @classmethod
    def created(cls, path: str, size: int, tag: str) -> KeptRanges | None:
        """None yet, of a file of a size and a version; None if nothing can be written."""
        header = json.dumps({"size": size, "tag": tag}).encode() + b"\n"
        if len(header) > _LONGEST_HEADER:
            return None
        temporary = f"{path}.{os.getpid()}-{threading.get_ident()}"
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except OSError:
            return None
        found = cls(descriptor, size, tag)
        try:
            os.write(descriptor, header)
            os.replace(temporary, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            return None
        return found

    def head(self) -> Range | None:
        """The first bytes of the file; None if they are not there."""
        return self.get(0, ranges.HEAD)

    def get(self, offset: int, length: int) -> Range | None:
        """A range; None if not all of it is there."""
        end = min(offset + length, self.size)
        if offset >= end:
            return None
        parts: list[tuple[int, int]] = []
        with self._lock:
            for block in range(offset // _BLOCK, -(-end // _BLOCK)):
                place = self._places.get(block)
                if place is None:
                    return None
                skipped = max(0, offset - block * _BLOCK)
                size = min(end - block * _BLOCK, _BLOCK) - skipped
                if parts and sum(parts[-1]) == place + skipped:
                    parts[-1] = parts[-1][0], parts[-1][1] + size
                else:
                    parts.append((place + skipped, size))
        try:
            data = b"".join(os.pread(self._descriptor, size, place) for place, size in parts)
        except OSError:
            return None
        return Range(data, self.size, self.tag) if len(data) == end - offset else None

    def add(self, found: Iterable[tuple[int, Range]]) -> int:
        """Keep ranges with their offsets, those of this version; returns the bytes that were written."""
        import fcntl

        count = 0
        with self._lock, contextlib.suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                end = os.lseek(self._descriptor, 0, os.SEEK_END)
                for offset, one in found:
                    if one.size != self.size or one.tag != self.tag or not 0 < len(one.data) <= _LONGEST:
                        continue
                    record = _RECORD.pack(offset, len(one.data), zlib.crc32(one.data)) + one.data
                    if os.pwrite(self._descriptor, record, end) != len(record):
                        break
                    self._note(offset, len(one.data), end + _RECORD.size)
                    end += len(record)
                    count += len(record)
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        return count

    def _scan(self, at: int) -> None:
        """Read all records; what follows a damaged one is removed."""
        import fcntl

        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            end = os.fstat(self._descriptor).st_size
            while at + _RECORD.size <= end:
                offset, length, checksum = _RECORD.unpack(os.pread(self._descriptor, _RECORD.size, at))
                place = at + _RECORD.size
                if not 0 < length <= min(_LONGEST, end - place) or offset + length > self.size:
                    break
                if zlib.crc32(os.pread(self._descriptor, length, place)) != checksum:
                    break
                self._note(offset, length, place)
                at = place + length
            if at < end:
                os.ftruncate(self._descriptor, at)
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _note(self, offset: int, length: int, place: int) -> None:
        """Note where whole blocks are; the last block of the file is whole where the file ends."""
        end = offset + length
        last = -(-end // _BLOCK) if end == self.size else end // _BLOCK
        for block in range(-(-offset // _BLOCK), last):
            self._places[block] = place + block * _BLOCK - offset
