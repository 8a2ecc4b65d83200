"""A small Mach-O file, written byte by byte: an image for arm64 with a symbol table and nothing else."""

from __future__ import annotations

import struct

__all__ = ["DEBUG_ID", "fat", "mach_o"]

DEBUG_ID = "000102030405060708090A0B0C0D0E0F0"

_BASE = 0x1_0000_0000
_SIZE = 0x10_0000


def mach_o(names: list[bytes]) -> bytes:
    """An image with a function of four bytes for each name. Names that are equal stand in the file once."""
    strings = b"\0"
    places: dict[bytes, int] = {}
    for name in names:
        if name not in places:
            places[name] = len(strings)
            strings += b"_" + name + b"\0"
    code = _BASE + 0x1000
    table = b"".join(struct.pack("<IBBHQ", places[name], 0x0F, 1, 0, code + 4 * at) for at, name in enumerate(names))
    where = (code, _SIZE - 0x1000, 0x1000, 0, 0, 0, 0x8000_0400, 0, 0, 0)
    section = struct.pack("<16s16sQQIIIIIIII", b"__text", b"__TEXT", *where)
    commands = struct.pack("<II16sQQQQiiII", 0x19, 152, b"__TEXT", _BASE, _SIZE, 0, 0, 7, 5, 1, 0) + section
    commands += struct.pack("<II16s", 0x1B, 24, bytes(range(16)))
    first = 32 + len(commands) + 24
    commands += struct.pack("<IIIIII", 2, 24, first, len(names), first + len(table), len(strings))
    header = struct.pack("<IiiIIIII", 0xFEEDFACF, 0x0100000C, 0, 10, 3, len(commands), 0, 0)
    return header + commands + table + strings


def fat(image: bytes, times: int) -> bytes:
    """A fat file that lists the same bytes as so many slices."""
    arches = (struct.pack(">IIIII", 0x0100000C, at, 4096, len(image), 12) for at in range(times))
    return (struct.pack(">II", 0xCAFEBABE, times) + b"".join(arches)).ljust(4096, b"\0") + image
