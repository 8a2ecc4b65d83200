"""Inputs of any size, made in seconds and the same each time: a Breakpad file, and dumps whose stacks lead through it.

The dumps are of Linux on x86-64 with one module and one thread. Each frame takes one word of the stack, as the unwind rules of
the file say, so that a dump has as many frames as asked for. Memory beyond the stack is a hole in the file, which takes no
disk space: readers see zeros.
"""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = "made-up.so"
DEBUG_ID = "000102030405060708090A0B0C0D0E0F0"
BASE = 0x40_0000
FIRST = 0x1000
"""Where the first function begins, relative to the base."""
SIZE = 0x100
"""Bytes of a function."""
LINES = 16
_BLOCK = 395
"""About how many bytes of text a function takes."""
_STACK = 0x7FFF_0000_0000
_MEMORY = 0x5555_0000_0000
_AMD64, _LINUX, _SEGV = 9, 0x8201, 11
_SYSTEM, _THREADS, _MODULES, _EXCEPTION, _MEMORY64 = 7, 3, 4, 6, 9


def functions_of(size: int) -> int:
    """How many functions a file of about so many bytes has."""
    return max(size // _BLOCK, 16)


def symbols(store: Path, size: int) -> Path:
    """A symbol file of about so many bytes, in Breakpad's layout in a folder."""
    path = store / NAME / DEBUG_ID / f"{NAME}.sym"
    path.parent.mkdir(parents=True, exist_ok=True)
    count = functions_of(size)
    # One text for a thousand functions; addresses and numbers are put in.
    lines = "".join(f"%x 10 {10 + line} {line % 7}\n" for line in range(LINES))
    block = f"FUNC %x {SIZE:x} 0 game::World<%d>::step(std::vector<float> const&, int)\nINLINE 0 12 3 %d %x 40\n{lines}"
    rule = f"STACK CFI INIT %x {SIZE:x} .cfa: $rsp 8 + .ra: .cfa -8 + ^\n"
    with path.open("w", encoding="ascii") as file:
        file.write(f"MODULE Linux x86_64 {DEBUG_ID} {NAME}\n")
        file.writelines(f"FILE {number} /src/game/part{number}.cpp\n" for number in range(40))
        file.writelines(
            f"INLINE_ORIGIN {number} std::vector<Item{number}>::push_back(Item&&)\n" for number in range(100)
        )
        for number in range(count):
            start = FIRST + number * SIZE
            places = range(start, start + SIZE, SIZE // LINES)
            file.write(block % (start, number, number % 100, start + 0x20, *places))
        for number in range(count):
            file.write(rule % (FIRST + number * SIZE))
    return path


def dump(path: Path, functions: int, frames: int, memory: int = 0) -> Path:
    """A dump.

    Args:
        path: where it is written.
        functions: how many functions the module has: those of `functions_of`.
        frames: of the thread, the first among them.
        memory: bytes of other memory.
    """
    chance = random.Random(1)  # noqa: S311 - the same each time
    places = [BASE + FIRST + chance.randrange(functions) * SIZE + 0x24 for _ in range(frames)]
    stack = struct.pack(f"<{frames + 4}Q", *places[1:], 0, 0, 0, 0, 0)
    data = bytearray(32 + 12 * 5)
    streams = []

    def put(content: bytes) -> int:
        data.extend(b"\0" * (-len(data) % 8))
        data.extend(content)
        return len(data) - len(content)

    def stream(kind: int, content: bytes) -> None:
        streams.append((kind, len(content), put(content)))

    context = bytearray(1232)
    struct.pack_into("<I", context, 0x30, 0x10_001F)
    struct.pack_into("<Q", context, 0x98, _STACK)
    struct.pack_into("<Q", context, 0xF8, places[0])
    at_context, at_stack = put(bytes(context)), put(stack)
    guid = struct.pack("<IHH", *(int(DEBUG_ID[a:b], 16) for a, b in ((0, 8), (8, 12), (12, 16))))
    record = b"RSDS" + guid + bytes.fromhex(DEBUG_ID[16:32]) + bytes(4) + NAME.encode() + b"\0"
    at_record = put(record)
    text = NAME.encode("utf-16-le")
    at_name = put(struct.pack("<I", len(text)) + text + b"\0\0")
    at_version = put(struct.pack("<I", 0))
    stream(_SYSTEM, struct.pack("<HHHBBIIIIIHH", _AMD64, 6, 0, 4, 0, 6, 1, 0, _LINUX, at_version, 0, 0) + bytes(24))
    thread = struct.pack("<IIIIQQIIII", 1, 0, 0, 0, 0, _STACK, len(stack), at_stack, len(context), at_context)
    stream(_THREADS, struct.pack("<I", 1) + thread)
    module = struct.pack("<QIIII", BASE, FIRST + functions * SIZE, 0, 0, at_name) + bytes(52)
    module += struct.pack("<IIIIQQ", len(record), at_record, 0, 0, 0, 0)
    stream(_MODULES, struct.pack("<I", 1) + module)
    crash = struct.pack("<IIIIQQII", 1, 0, _SEGV, 1, 0, 8, 0, 0) + bytes(15 * 8)
    stream(_EXCEPTION, crash + struct.pack("<II", len(context), at_context))
    held = struct.pack("<QQQQ", 1, 0, _MEMORY, memory)
    stream(_MEMORY64, held)
    struct.pack_into("<Q", data, streams[-1][2] + 8, len(data))
    struct.pack_into("<IIIIIIQ", data, 0, 0x504D_444D, 0xA793, len(streams), 32, 0, 0, 0)
    for number, (kind, size, at) in enumerate(streams):
        struct.pack_into("<III", data, 32 + 12 * number, kind, size, at)
    with path.open("wb") as file:
        file.write(data)
        file.truncate(len(data) + memory)
    return path
