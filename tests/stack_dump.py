"""A minidump of Windows with one module and one thread, whose stack has any words."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["STACK", "stack_dump"]

STACK = 0x0012_0000
"""The stack pointer of the thread."""

_SYSTEM_INFO, _THREADS, _MODULES, _EXCEPTION = 7, 3, 4, 6
_X86, _AMD64, _WINDOWS = 0, 9, 2
_ACCESS_VIOLATION = 0xC0000005


def _context(processor: int, pc: int, frame_pointer: int) -> bytes:
    if processor == _X86:
        context = bytearray(716)
        struct.pack_into("<I", context, 0, 0x1_003F)
        for at, value in ((0xB4, frame_pointer), (0xB8, pc), (0xC4, STACK)):
            struct.pack_into("<I", context, at, value)
    else:
        context = bytearray(1232)
        struct.pack_into("<I", context, 0x30, 0x10_001F)
        for at, value in ((0x98, STACK), (0xA0, frame_pointer), (0xF8, pc)):
            struct.pack_into("<Q", context, at, value)
    return bytes(context)


def stack_dump(
    debug_file: str, debug_id: str, base: int, size: int, rva: int, words: Sequence[int], *, is_x86: bool = False
) -> bytes:
    """The dump.

    Args:
        debug_file: the name of the module's PDB.
        debug_id: its id.
        base: where the module is.
        size: its bytes.
        rva: where in it the thread was.
        words: the words of the stack.
        is_x86: whether it is a process of 32 bits.
    """
    processor, word = (_X86, "I") if is_x86 else (_AMD64, "Q")
    data = bytearray(32 + 12 * 4)

    def put(blob: bytes) -> int:
        data.extend(b"\0" * (-len(data) % 8))
        data.extend(blob)
        return len(data) - len(blob)

    guid = struct.pack("<IHH", *(int(debug_id[a:b], 16) for a, b in ((0, 8), (8, 12), (12, 16))))
    record = b"RSDS" + guid + bytes.fromhex(debug_id[16:32]) + struct.pack("<I", int(debug_id[32:], 16))
    record += debug_file.encode() + b"\0"
    codeview = put(record)
    name = "C:\\app\\gauge.exe".encode("utf-16-le")
    module_name = put(struct.pack("<I", len(name)) + name + b"\0\0")
    stack_bytes = struct.pack(f"<{len(words)}{word}", *words)
    stack = put(stack_bytes)
    context = _context(processor, base + rva, STACK + 16)
    place = put(context)
    module = struct.pack("<QIIII", base, size, 0, 0x1234, module_name) + b"\0" * 52
    module += struct.pack("<II", len(record), codeview) + b"\0" * 24
    thread = struct.pack("<IIIIQQIIII", 77, 0, 0, 0, 0, STACK, len(stack_bytes), stack, len(context), place)
    exception = struct.pack("<II", 77, 0) + struct.pack("<IIQQII", _ACCESS_VIOLATION, 0, 0, base + rva, 2, 0)
    exception += struct.pack("<QQ", 0, 8) + b"\0" * 104 + struct.pack("<II", len(context), place)
    system = struct.pack("<HHHBBIIIIIHH", processor, 6, 0, 4, 1, 10, 0, 19045, _WINDOWS, 0, 0, 0) + b"\0" * 24
    streams = (
        (_SYSTEM_INFO, system),
        (_THREADS, struct.pack("<I", 1) + thread),
        (_MODULES, struct.pack("<I", 1) + module),
        (_EXCEPTION, exception),
    )
    for i, (kind, blob) in enumerate(streams):
        struct.pack_into("<III", data, 32 + 12 * i, kind, len(blob), put(blob))
    struct.pack_into("<4sIIIIIQ", data, 0, b"MDMP", 0xA793, len(streams), 32, 0, 1_700_000_000, 0)
    return bytes(data)
