"""How far a file should reach by its own headers: one that ends earlier was cut, in a copy or a download.

Only the headers are read. They are those of the ELF specification, of PE/COFF and of Mach-O (`mach-o/loader.h`).
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from symbolicate.symbols.access import open_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

__all__ = ["bytes_missing"]

# Of sections, segments and load commands, so many are looked at.
_MANY = 100_000
_SHT_NOBITS = 8
_LC_SEGMENT, _LC_SYMTAB, _LC_SEGMENT_64 = 0x1, 0x2, 0x19
# The size of the header by the magic number. Both are little-endian.
_MACH_O = {b"\xce\xfa\xed\xfe": 28, b"\xcf\xfa\xed\xfe": 32}
_OPTIONAL_HEADER, _SECTION, _SYMBOL = 24, 40, 18


def bytes_missing(path: str, known: str) -> int:
    """How many bytes are missing at the end of a file; 0 if it is whole, or its headers do not say how long it is.

    Args:
        path: the file.
        known: the name of its format.
    """
    read = _READERS.get(known)
    if read is None:
        return 0
    try:
        with open_file(path) as file:
            return max(0, read(file) - os.fstat(file.fileno()).st_size)
    except (OSError, ValueError, OverflowError, struct.error):
        return 0


def _elf(file: BinaryIO) -> int:
    head = file.read(64)
    order = ">" if head[5:6] == b"\2" else "<"
    is_64 = head[4:5] == b"\2"
    start, size, count = struct.unpack_from(f"{order}Q10xHH" if is_64 else f"{order}I10xHH", head, 40 if is_64 else 32)
    if start == 0:
        return 0
    end: int = start + size * count
    for at in range(start, start + size * min(count, _MANY), max(size, 1)):
        file.seek(at)
        section = file.read(size)
        form, skipped = (f"{order}QQ", 24) if is_64 else (f"{order}II", 16)
        if len(section) < skipped + struct.calcsize(form):
            break
        (kind,) = struct.unpack_from(f"{order}I", section, 4)
        offset, length = struct.unpack_from(form, section, skipped)
        if kind != _SHT_NOBITS:
            end = max(end, offset + length)
    return end


def _pe(file: BinaryIO) -> int:
    (start,) = struct.unpack_from("<I", file.read(64), 60)
    file.seek(start)
    head = file.read(_OPTIONAL_HEADER)
    count, symbols, symbol_count, optional = struct.unpack_from("<H4xIIH", head, 6)
    file.seek(start + _OPTIONAL_HEADER + optional)
    sections = file.read(count * _SECTION)
    raw = (struct.unpack_from("<II", sections, at + 16) for at in range(0, len(sections), _SECTION))
    end: int = max((offset + size for size, offset in raw if offset), default=0)
    return max(end, symbols + symbol_count * _SYMBOL if symbols else 0)


def _mach_o(file: BinaryIO) -> int:
    head = file.read(32)
    if head[:4] not in _MACH_O:
        return 0
    at = _MACH_O[head[:4]]
    count, size = struct.unpack_from("<II", head, 16)
    file.seek(at)
    commands = file.read(size)
    end: int = at + size
    here = 0
    for _ in range(min(count, _MANY)):
        kind, length = struct.unpack_from("<II", commands, here)
        if kind == _LC_SEGMENT_64:
            end = max(end, sum(struct.unpack_from("<QQ", commands, here + 40)))
        elif kind == _LC_SEGMENT:
            end = max(end, sum(struct.unpack_from("<II", commands, here + 32)))
        elif kind == _LC_SYMTAB:
            _, _, texts, bytes_ = struct.unpack_from("<IIII", commands, here + 8)
            end = max(end, texts + bytes_)
        if length == 0:
            break
        here += length
    return end


_READERS: dict[str, Callable[[BinaryIO], int]] = {"ELF": _elf, "PE": _pe, "Mach-O": _mach_o}
