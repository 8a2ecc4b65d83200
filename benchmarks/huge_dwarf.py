"""Write an ELF file with DWARF of any size, up to the 4 GB of a section, and say how long an answer takes.

usage: huge_dwarf.py FILE [--gb N] [--aranges]

Units of 64 KB follow each other, each with some functions of its own, their lines, and entries that no answer needs. The file
needs no compiler, and is written as quickly as the disk takes it.
"""

from __future__ import annotations

import argparse
import os
import resource
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS = 16
"""Functions of a unit."""
CODE = 0x40
"""Bytes of code of a function."""
FIRST_LINE = 100
"""The line of the first function of a unit; each other one is a line further."""
_BASE = 0x1000
_UNIT = 64 << 10
_HEAD = 11
_ABBREVIATIONS = bytes.fromhex(
    "01 11 01 03 08 10 17 11 01 12 07 00 00"  # compile_unit: name, statements, low_pc, high_pc
    "02 2e 00 03 08 11 01 12 06 00 00"  # subprogram: name, low_pc, high_pc
    "03 34 00 03 08 1c 07 00 00 00"  # variable: name, value
)
_FILLER = b"\x03a_variable_of_a_type\0" + bytes(8)


def start_of(unit: int, function: int = 0) -> int:
    """Where a function begins."""
    return _BASE + (unit * FUNCTIONS + function) * CODE


def name_of(unit: int, function: int) -> str:
    """What a function is called."""
    return f"f{unit:08d}_{function:02d}"


def _info(unit: int, line: int) -> bytes:
    root = b"\x01" + f"unit{unit:08d}.c".encode() + struct.pack("<BIQQ", 0, line, start_of(unit), FUNCTIONS * CODE)
    functions = [
        b"\x02" + name_of(unit, function).encode() + struct.pack("<BQI", 0, start_of(unit, function), CODE)
        for function in range(FUNCTIONS)
    ]
    entries = root + b"".join(functions)
    entries += _FILLER * ((_UNIT - _HEAD - 1 - len(entries)) // len(_FILLER)) + b"\0"
    return struct.pack("<IHIB", len(entries) + _HEAD - 4, 4, 0, 8) + entries


def _lines(unit: int) -> bytes:
    lengths = bytes((0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1))
    head = struct.pack("<BBBbBB", 1, 1, 1, -5, 14, 13) + lengths + b"\0" + f"unit{unit:08d}.c".encode() + b"\0\0\0\0\0"
    program = b"\0\x09\x02" + struct.pack("<Q", start_of(unit)) + b"\x03" + _signed(FIRST_LINE - 1) + b"\x01"
    # A line further, a function further.
    program += (b"\x03\x01\x02" + bytes((CODE,)) + b"\x01") * (FUNCTIONS - 1)
    program += b"\x02" + bytes((CODE,)) + b"\0\x01\x01"
    body = struct.pack("<HI", 4, len(head)) + head + program
    return struct.pack("<I", len(body)) + body


def _aranges(unit: int, info: int) -> bytes:
    """Where the code of a unit is, as GCC writes it: a header, padding, one range, and the end."""
    return struct.pack("<IHIBB4xQQQQ", 44, 2, info, 8, 0, start_of(unit), FUNCTIONS * CODE, 0, 0)


def _signed(number: int) -> bytes:
    assert 64 <= number < 1 << 13
    return bytes((number & 0x7F | 0x80, number >> 7))


def write(path: Path, size: int, *, aranges: bool = False) -> int:
    """Write a file of about so many bytes. How many units it has."""
    units = max(1, size // _UNIT)
    one, info = len(_lines(0)), len(_info(0, 0))
    with path.open("wb") as file:
        file.write(bytes(64))
        sections = [(b"", 0, 0, 0, 0, 0), (b".text", 8, 6, _BASE, 64, units * FUNCTIONS * CODE)]
        makers: list[tuple[bytes, Callable[[int], bytes]]] = [
            (b".debug_info", lambda unit: _info(unit, unit * one)),
            (b".debug_line", _lines),
        ]
        if aranges:
            makers.append((b".debug_aranges", lambda unit: _aranges(unit, unit * info)))
        for name, make in makers:
            begin = file.tell()
            for unit in range(units):
                file.write(make(unit))
            sections.append((name, 1, 0, 0, begin, file.tell() - begin))
        for name, kind, flags, data in (
            (b".debug_abbrev", 1, 0, _ABBREVIATIONS),
            (b".note.gnu.build-id", 7, 2, struct.pack("<III4s20s", 4, 20, 3, b"GNU\0", bytes(range(20)))),
        ):
            sections.append((name, kind, flags, 0, file.tell(), len(data)))
            file.write(data)
        _finish(file, sections)
    return units


def _finish(file: BinaryIO, sections: list[tuple[bytes, int, int, int, int, int]]) -> None:
    """Write the names and headers of the sections, and the header of the file."""
    names, begin = b"\0", file.tell()
    headers = b""
    for name, kind, flags, address, offset, size in (*sections, (b".shstrtab", 3, 0, 0, begin, 0)):
        at = len(names) if name else 0
        names += name + b"\0" if name else b""
        headers += struct.pack("<IIQQQQIIQQ", at, kind, flags, address, offset, size, 0, 0, 1, 0)
    # The last one is the names themselves.
    headers = headers[:-32] + struct.pack("<QIIQQ", len(names), 0, 0, 1, 0)
    file.write(names)
    table = file.tell()
    file.write(headers)
    file.seek(0)
    count = len(sections) + 1
    file.write(b"\x7fELF\x02\x01\x01" + bytes(9))
    file.write(struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, table, 0, 64, 56, 0, 64, count, count - 1))


def main() -> None:
    """Write one, and measure an answer."""
    import numpy as np

    from symbolicate._native import debug_files

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--gb", type=float, default=4.0, help="at most 4, which offsets of 32 bits reach")
    parser.add_argument("--aranges", action="store_true", help="with the section that says where units have code")
    given = parser.parse_args()
    units = write(given.file, int(given.gb * (1 << 30)) - (16 << 20), aranges=given.aranges)
    with given.file.open("rb") as file:
        # The file is read from the disk again.
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    began, started = time.perf_counter(), time.process_time()
    [build] = debug_files(given.file)
    place = start_of(units // 2, 3) + 5
    answer = build.open_for(np.array([place], dtype=np.uint64)).lookup(np.array([place], dtype=np.uint64)).frames(0)
    assert [frame[0] for frame in answer] == [name_of(units // 2, 3)], answer
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{given.file.stat().st_size / 1e9:.1f} GB, {units:,} units: one address in {time.perf_counter() - began:.2f} s, "
        f"{time.process_time() - started:.2f} s CPU, {peak:.0f} MB resident, mapped pages included"
    )


if __name__ == "__main__":
    main()
