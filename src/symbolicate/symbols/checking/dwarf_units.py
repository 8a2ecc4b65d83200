"""The versions of the DWARF units in a section, by their headers alone."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from typing import NamedTuple

__all__ = ["Units", "inflated", "units"]

# Of a compressed section, so many bytes are looked at.
_INFLATED = 16 << 20
_MANY = 1_000_000
_DWARF64 = 0xFFFFFFFF
_DW_UT_SKELETON = 4
_FIRST_WITH_TYPE = 5


class Units(NamedTuple):
    """How many units of each version a section has, how many are skeletons of units elsewhere, and if that is all."""

    versions: Counter[int]
    skeletons: int
    is_whole: bool

    def __str__(self) -> str:
        """`DWARF 5 in 12 units`."""
        clauses = []
        for version, count in sorted(self.versions.items(), reverse=True):
            least = "" if self.is_whole else "at least "
            clauses.append(f"DWARF {version} in {least}{count:,} unit{'' if count == 1 else 's'}")
        return ", ".join(clauses)


def units(section: bytes | memoryview, *, little: bool, is_whole: bool = True) -> Units:
    """Read the headers of the units in `.debug_info`.

    Args:
        section: its bytes.
        little: whether numbers are little-endian.
        is_whole: whether the section has no more bytes.
    """
    order = "<" if little else ">"
    versions: Counter[int] = Counter()
    skeletons = at = 0
    while at + 11 <= len(section) and versions.total() < _MANY:
        (length,) = struct.unpack_from(f"{order}I", section, at)
        head = at + 4
        if length == _DWARF64:
            if head + 11 > len(section):
                break
            (length,) = struct.unpack_from(f"{order}Q", section, head)
            head += 8
        (version,) = struct.unpack_from(f"{order}H", section, head)
        if not 2 <= version <= 5:  # noqa: PLR2004 - the versions of DWARF with units of this form
            break
        versions[version] += 1
        skeletons += version >= _FIRST_WITH_TYPE and section[head + 2] == _DW_UT_SKELETON
        at = head + length
    return Units(versions, skeletons, is_whole and at >= len(section))


def inflated(packed: bytes | memoryview) -> tuple[bytes, bool]:
    """The first bytes of a section that is compressed with zlib, and whether these are all."""
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(packed, _INFLATED)
    except zlib.error:
        return b"", False
    return plain, stream.eof
