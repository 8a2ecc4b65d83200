"""A debug file of the fixtures whose units are in it again and again, so that its conversion takes seconds."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from places import FIXTURES
from symbolicate._native import debug_files

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CODE", "long_debug_file"]

CODE = 0x1200
"""An address in its code."""

_FILE = FIXTURES / "elf" / "x86_64-gcc-dwarf5" / "gauge.debug"
_BYTES = 160 << 20
_HEADER = struct.Struct("<IIQQQQ")


def long_debug_file(path: Path) -> str:
    """Write it; returns its debug id."""
    data = bytearray(_FILE.read_bytes())
    headers, size, count, names = struct.unpack_from("<Q10xHHH", data, 0x28)
    places = [headers + number * size for number in range(count)]
    names_at = _HEADER.unpack_from(data, places[names])[4]
    for place in places:
        name, kind, flags, address, offset, length = _HEADER.unpack_from(data, place)
        if data[names_at + name :].startswith(b".debug_info\0"):
            units = bytes(data[offset : offset + length]) * (_BYTES // length)
            _HEADER.pack_into(data, place, name, kind, flags, address, len(data), len(units))
            data += units
            break
    path.write_bytes(data)
    [build] = debug_files(path)
    assert build.debug_id is not None
    return build.debug_id
