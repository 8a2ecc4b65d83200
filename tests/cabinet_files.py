"""Makes cabinets, as `compress` and SymStore do: one file in MSZIP."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["cabinet", "compressed"]

_BLOCK = 1 << 15


def cabinet(name: str, blocks: Sequence[bytes]) -> bytes:
    """A cabinet with one file, whose bytes are given in blocks of 32 KiB; the last one may be shorter."""
    known: dict[bytes, bytes] = {}
    for block in blocks:
        if block not in known:
            known[block] = b"CK" + zlib.compress(block, 9, wbits=-15)
    data = b"".join(struct.pack("<IHH", 0, len(known[block]), len(block)) + known[block] for block in blocks)
    size = sum(map(len, blocks))
    file = struct.pack("<IIHHHH", size, 0, 0, 0, 0, 0x20) + name.encode() + b"\0"
    folder = struct.pack("<IHH", 36 + 8 + len(file), len(blocks), 1)
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, 44 + len(file + data), 0, 44, 0, 3, 1, 1, 1, 0, 0, 0)
    return head + folder + file + data


def compressed(path: Path) -> bytes:
    """A cabinet with a file."""
    data = path.read_bytes()
    return cabinet(path.name, [data[at : at + _BLOCK] for at in range(0, len(data), _BLOCK)])
