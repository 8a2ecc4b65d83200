"""A minidump of a few hundred bytes, written here by hand so that the tests need no file: Linux on x86-64, one thread
that read address 0 in `app`, and the symbols that say where."""

from __future__ import annotations

import struct

DEBUG_ID = "5A9832E5287241C1838ED98914E9B7FF1"
DEBUG_FILE = "app.pdb"
BASE = 0x400000
STACK = 0x7FFF0000

SYM = f"""\
MODULE Linux x86_64 {DEBUG_ID} {DEBUG_FILE}
INFO CODE_ID E532985A7228C141838ED98914E9B7FF
FILE 0 /src/app/crash.cc
FILE 1 /src/app/poke.h
INLINE_ORIGIN 0 poke(int*)
FUNC 1000 100 0 crash_here(int)
INLINE 0 12 0 0 1010 20
1000 10 11 0
1010 20 3 1
1030 d0 14 0
FUNC 1100 100 0 main
1100 100 20 0
PUBLIC 1200 0 _start
STACK CFI INIT 1000 200 .cfa: $rsp 16 + .ra: .cfa -8 + ^
STACK CFI INIT 1200 100 .cfa: $rsp 8 + .ra: .undef
""".encode()

_SYSTEM_INFO, _THREADS, _MODULES, _EXCEPTION = 7, 3, 4, 6
_CONTEXT_AMD64 = 0x0010_001F


def _context(rip: int, rsp: int) -> bytes:
    context = bytearray(1232)
    struct.pack_into("<I", context, 0x30, _CONTEXT_AMD64)
    struct.pack_into("<Q", context, 0x98, rsp)
    struct.pack_into("<Q", context, 0xA0, 0)  # rbp
    struct.pack_into("<Q", context, 0xF8, rip)
    return bytes(context)


def _string(text: str) -> bytes:
    data = text.encode("utf-16-le")
    return struct.pack("<I", len(data)) + data + b"\0\0"


class _Writer:
    """Blobs behind the header and the directory, at the offsets they got."""

    def __init__(self, streams: int) -> None:
        self.data = bytearray(32 + 12 * streams)

    def put(self, blob: bytes) -> int:
        self.data += b"\0" * (-len(self.data) % 8)
        offset = len(self.data)
        self.data += blob
        return offset


def tiny_dump(
    debug_id: str = DEBUG_ID,
    debug_file: str = DEBUG_FILE,
    code_file: str = "/opt/app/app",
    thread_id: int = 77,
    rva: int = 0x1018,
) -> bytes:
    """The dump; the arguments name and identify its one module, and say where in it the thread was."""
    writer = _Writer(streams=4)
    guid = struct.pack("<IHH", *(int(debug_id[a:b], 16) for a, b in ((0, 8), (8, 12), (12, 16))))
    guid += bytes.fromhex(debug_id[16:32])
    record = b"RSDS" + guid + struct.pack("<I", int(debug_id[32:], 16)) + debug_file.encode() + b"\0"
    codeview = writer.put(record)
    name = writer.put(_string(code_file))
    # crash_here returns into main, main into _start, and _start into nothing.
    stack_bytes = struct.pack("<6Q", 0, BASE + 0x1120, 0, BASE + 0x1210, 0, 0)
    stack = writer.put(stack_bytes)
    context = _context(BASE + rva, STACK)
    place = writer.put(context)

    module = struct.pack("<QIIII", BASE, 0x3000, 0, 0, name) + b"\0" * 52
    module += struct.pack("<II", len(record), codeview) + b"\0" * 24
    thread = struct.pack("<IIIIQQIIII", thread_id, 0, 0, 0, 0, STACK, len(stack_bytes), stack, len(context), place)
    exception = struct.pack("<II", thread_id, 0) + struct.pack("<IIQQII", 11, 1, 0, 0, 0, 0) + b"\0" * 120
    exception += struct.pack("<II", len(context), place)
    system = struct.pack("<HHHBBIIIIIHH", 9, 6, 0, 4, 0, 5, 10, 0, 0x8201, 0, 0, 0) + b"\0" * 24
    streams = [
        (_SYSTEM_INFO, system),
        (_THREADS, struct.pack("<I", 1) + thread),
        (_MODULES, struct.pack("<I", 1) + module),
        (_EXCEPTION, exception),
    ]
    for i, (kind, blob) in enumerate(streams):
        struct.pack_into("<III", writer.data, 32 + 12 * i, kind, len(blob), writer.put(blob))
    struct.pack_into("<4sIIIIIQ", writer.data, 0, b"MDMP", 0xA793, len(streams), 32, 0, 1_700_000_000, 0)
    return bytes(writer.data)


def with_streams(dump: bytes, streams: dict[int, bytes]) -> bytes:
    """The dump with further streams behind it, and a new directory behind those."""
    count, directory = struct.unpack_from("<II", dump, 8)
    entries = dump[directory : directory + 12 * count]
    data = bytearray(dump)
    for kind, blob in streams.items():
        entries += struct.pack("<III", kind, len(blob), len(data))
        data += blob
    struct.pack_into("<II", data, 8, count + len(streams), len(data))
    return bytes(data + entries)
