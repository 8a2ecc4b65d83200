"""Lists with entries that are wrong, doubled, overlapping or missing: each costs itself, not the dump."""

import struct

from donor import Donor  # first: it puts tools on the path

import contexts


def case_exception_tid_unlisted():
    """The exception names a thread that the list lacks: its context and the memory list still give the stack."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump(threads="none")
    for tid, context, base, stack in d.threads:
        if tid != d.crashed[0]:
            dump.thread(tid, context, base, stack)
    dump.memory(d.crashed[2], d.crashed[3])
    return dump, d.truth["crashed_thread"], dict(crashed_tid=d.crashed[0], listed_threads=len(d.threads) - 1)


def case_duplicate_thread_ids():
    """Two threads of one id: both stay; the crash is the first."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump(threads="crashed")
    _, context, base, stack = d.threads[1]
    dump.thread(d.crashed[0], context, base, stack)
    return dump, d.truth["crashed_thread"], dict(threads=2)


def case_zero_sized_module():
    """A module of size 0 among good ones."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump(threads="crashed")
    dump.modules.insert(1, (0x10000, 0, "/lib/empty.so", b"", 0, 0, None))
    return dump, d.truth["crashed_thread"], dict(modules=len(d.modules) + 1, usable_modules=len(d.modules))


def case_wrapping_module():
    """A module whose end wraps around the address space, and one whose name's offset lies outside the file."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump(threads="crashed")
    dump.modules.insert(0, (0xFFFFFFFFFFFFF000, 0x2000, "/lib/wraps.so", b"", 0, 0, None))
    data = bytearray(dump.bytes())
    count, at = struct.unpack_from("<II", data, 8)
    for i in range(count):
        kind, _, rva = struct.unpack_from("<III", data, at + 12 * i)
        if kind == 4:
            struct.pack_into("<I", data, rva + 4 + 108 * (len(d.modules)) + 20, 0xFFFFFFF0)
    return bytes(data), d.truth["crashed_thread"], dict(modules=len(d.modules) + 1)


def case_long_module_name():
    """A module name of 3000 characters, and one that is empty."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump(threads="crashed")
    dump.modules.insert(0, (0x10000, 0x1000, "/lib/" + "x" * 2995, b"", 0, 0, None))
    dump.modules.insert(0, (0x20000, 0x1000, "", b"", 0, 0, None))
    return dump, d.truth["crashed_thread"], dict(modules=len(d.modules) + 2)


def case_overlapping_modules():
    """A file mapping listed as a module covers the upper half of the real library and starts below it."""
    d = Donor("linux-gdb/arm64-nofp-null")
    dump = d.dump(threads="crashed")
    scene = next(m for m in d.modules if m[2].endswith("libscene.so"))
    dump.modules.append((scene[0] - 0x3000, 0x2000 + 0x3000 - 0x1800, "/dev/ashmem/dalvik-jit", b"", 0, 0, None))
    return dump, d.truth["crashed_thread"], dict(modules=len(d.modules) + 1)


def case_duplicate_module():
    """The same library twice, the second entry being its data segment: Breakpad's armhf client writes this."""
    d = Donor("linux-gdb/armhf-nofp-null")
    dump = d.dump(threads="crashed")
    base, size, name, cv = next(m for m in d.modules if m[2].endswith("libscene.so"))
    dump.modules.append((base + size, 0x1000, name, cv, 0, 0, None))
    return dump, d.truth["crashed_thread"], dict(modules=len(d.modules) + 1)


def case_bad_memory_regions():
    """Regions that are empty, that overlap, and one whose bytes lie outside the file."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump()
    _, _, base, stack = d.crashed
    dump.memory(0x7000, b"")
    dump.memory(base + 64, stack[64:256])
    dump.memory(0x9000, bytes(64))
    data = bytearray(dump.bytes())
    count, at = struct.unpack_from("<II", data, 8)
    for i in range(count):
        kind, size, rva = struct.unpack_from("<III", data, at + 12 * i)
        if kind == 5:
            struct.pack_into("<I", data, rva + size - 4, 0xFFFFFF00)
    return bytes(data), d.truth["crashed_thread"], {}


def case_duplicate_streams():
    """A second, empty thread list: the first counts."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump()
    dump.stream(3, struct.pack("<I", 0))
    return dump, d.truth["crashed_thread"], dict(threads=len(d.threads))


def case_count_beyond_stream():
    """The thread list says more threads than its stream has room for."""
    d = Donor("linux-gdb/amd64-nofp-null")
    data = bytearray(d.dump().bytes())
    count, at = struct.unpack_from("<II", data, 8)
    for i in range(count):
        kind, _, rva = struct.unpack_from("<III", data, at + 12 * i)
        if kind == 3:
            struct.pack_into("<I", data, rva, 1_000_000)
    return bytes(data), d.truth["crashed_thread"], dict(threads_at_least=len(d.threads))


def case_padded_lists():
    """Four bytes between count and entries, as some writers align their lists."""
    d = Donor("linux-gdb/arm64-nofp-null")
    dump = d.dump()
    data = bytearray(dump.bytes())
    count, at = struct.unpack_from("<II", data, 8)
    for i in range(count):
        kind, size, rva = struct.unpack_from("<III", data, at + 12 * i)
        if kind in (3, 4, 5):
            data += bytes(-len(data) % 8)
            body = bytes(data[rva : rva + size])
            struct.pack_into("<III", data, at + 12 * i, kind, size + 4, len(data))
            data += body[:4] + bytes(4) + body[4:]
    return bytes(data), d.truth["crashed_thread"], dict(threads=len(d.threads), modules=len(d.modules))


def case_no_system_info():
    """No system information: the processor follows from the context."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump()
    dump.system_info = False
    return dump, d.truth["crashed_thread"], dict(threads=len(d.threads))


def case_no_exception():
    """No exception at all: a snapshot of a living process."""
    d = Donor("linux-gdb/amd64-nofp-null")
    return d.dump(exception=False), [], dict(crashing_thread=None)


def case_short_context():
    """The second thread's context is cut to 64 bytes, the third has none."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump(threads="crashed")
    _, context, base, stack = d.threads[1]
    dump.thread(501, context[:64], base, stack)
    dump.thread(502, b"", base, stack)
    return dump, d.truth["crashed_thread"], dict(threads=3)


def case_old_arm64_context():
    """The 796-byte arm64 context and the processor number of older Breakpad clients."""
    d = Donor("linux-gdb/arm64-nofp-null")
    dump = d.dump(threads="none", exception=False)
    dump.arch = "arm64_old"
    for tid, context, base, stack in d.threads:
        values = struct.unpack_from("<33Q", context, 8)
        old = contexts.arm64(old=True, **{f"x{i}": v for i, v in enumerate(values[:29])}, fp=values[29], lr=values[30], sp=values[31], pc=values[32])
        dump.thread(tid, old, base, stack)
        if tid == d.crashed[0]:
            dump.exception(tid, *d.exception[1:4], (), old)
    return dump, d.truth["crashed_thread"], dict(threads=len(d.threads))


def case_xsave_amd64():
    """x64 contexts with an XSAVE area behind the 1232 bytes (CONTEXT_XSTATE set), longer than 16 KiB in one thread."""
    d = Donor("images/windows-x64-null")
    dump = d.dump(threads="none", exception=False)
    tid, context, base, stack = d.crashed
    long = bytearray(context) + bytes(range(256)) * 11
    struct.pack_into("<I", long, 48, 0x10005F)
    dump.thread(tid, bytes(long), base, stack)
    dump.thread(99, bytes(long) + bytes(17000), base, stack)
    dump.exception(*d.exception, bytes(long))
    return dump, d.truth["crashed_thread"], dict(threads=2)


def case_xsave_x86():
    """An x86 context with an XSAVE area behind the 716 bytes."""
    d = Donor("images/windows-x86-params")
    dump = d.dump(threads="none", exception=False)
    tid, context, base, stack = d.crashed
    long = bytearray(context) + bytes(576)
    struct.pack_into("<I", long, 0, 0x1005F)
    dump.thread(tid, bytes(long), base, stack)
    dump.exception(*d.exception, bytes(long))
    return dump, d.truth["crashed_thread"], dict(threads=1)
