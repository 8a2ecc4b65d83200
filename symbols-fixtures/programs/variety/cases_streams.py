"""Streams beyond the usual ones."""

import struct

from donor import Donor  # first: it puts tools on the path

import minidump_writer as md


def case_memory64():
    """A full-memory dump: everything is in Memory64List, the thread only says where its stack would be."""
    d = Donor("images/windows-x64-null")
    dump = d.dump(threads="none")
    tid, context, base, stack = d.crashed
    dump.thread(tid, context, base, stack, in_list=False)
    dump.memory64(0x10000, bytes(range(256)))
    dump.memory64(base & -4096, bytes(base & 4095) + stack)
    return dump, d.truth["crashed_thread"], dict(regions=2)


def case_unloaded_modules():
    """A call into a library that has been unloaded; two unloaded ones overlap at that address."""
    d = Donor("images/windows-x64-callbad")
    dump = d.dump()
    dump.unloaded_module(0xDEAD0000, 0x20000, "C:\\fixture\\plugin.dll", timestamp=0x5F000000, checksum=0x1234)
    dump.unloaded_module(0xDEAD8000, 0x8000, "C:\\fixture\\older.dll", timestamp=0x5E000000)
    dump.unloaded_module(0x11000000, 0x1000, "unrelated.dll")
    return dump, d.truth["crashed_thread"], dict(unloaded=3, unloaded_at_pc=["plugin.dll", "older.dll"])


def case_thread_names():
    """Names: beyond ASCII and beyond the BMP, empty, of a thread that is not there, twice for one thread."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump()
    ids = [t[0] for t in d.threads]
    dump.names = [(ids[0], "главный"), (ids[1], "рендер 🎮"), (ids[2], ""), (424242, "ghost"), (ids[3], "first"), (ids[3], "second")]
    return dump, d.truth["crashed_thread"], dict(names={str(ids[0]): "главный", str(ids[1]): "рендер 🎮", str(ids[2]): "", str(ids[3]): "first"})


def case_handles():
    """Handles, some without a name or a type."""
    d = Donor("images/windows-x64-null")
    dump = d.dump()
    dump.handle(0x4, "Event", None, access=0x1F0003)
    dump.handle(0x8C, "File", "\\Device\\HarddiskVolume3\\fixture\\log.txt", access=0x12019F)
    dump.handle(0x90, "Mutant", "\\Sessions\\1\\BaseNamedObjects\\single-instance")
    dump.handle(0x94, None, None)
    return dump, d.truth["crashed_thread"], dict(handles=4)


def case_assertion():
    """A pure virtual call as Breakpad's Windows client tells it, with the requesting thread and the writer's own."""
    d = Donor("images/windows-x64-null")
    dump = d.dump(exception=False)
    tid = d.crashed[0]
    dump.thread(5001, d.crashed[1], d.crashed[2], d.crashed[3])
    dump.stream(md.ASSERTION, md.assertion("entity != nullptr", "World::update", "C:\\src\\world.cpp", 214, 2))
    dump.stream(md.BREAKPAD_INFO, struct.pack("<III", 3, 5001, tid))
    return dump, d.truth["crashed_thread"], dict(assertion=dict(expression="entity != nullptr", function="World::update", file="C:\\src\\world.cpp", line=214, type=2), requesting_tid=tid, dump_tid=5001)


def case_crashpad_annotations():
    """Crashpad's annotations at both levels: lists, text, types of the program's own, one name twice, an address mask."""
    d = Donor("images/macos-arm64-null")
    dump = d.dump()
    pad = md.Crashpad(
        report_id=bytes.fromhex("0123456789abcdef0123456789abcdef"), client_id=bytes.fromhex("112233445566778899aabbccddeeff00"),
        annotations={"prod": "Fixture", "ver": "1.2.3", "empty": "", "юникод": "значение"}, address_mask=0xFFFF_FF80_0000_0000,
    )
    objects = [("level", 1, "overworld".encode()), ("ring", 0x8001, bytes([0, 1, 254, 255])), ("odd", 32810, b"\xff\xfe"), ("level", 1, b"second"), ("bad-utf8", 1, b"ok\xff\x00!"), ("none", 0, b"")]
    pad.module(0, ["dyld: library not loaded", "abort() called"], {"channel": "beta", "prod": "module's own"}, objects)
    pad.module(77, (), {"index": "out of range"})
    dump.crashpad = pad
    return dump, d.truth["crashed_thread"], dict(
        report_id="67452301-ab89-efcd-0123-456789abcdef", client_id="44332211-6655-8877-99aa-bbccddeeff00",
        annotations={"prod": "Fixture", "ver": "1.2.3", "empty": "", "юникод": "значение"}, objects=len(objects), address_mask="0xffffff8000000000",
    )


def case_crashpad_old():
    """Crashpad's stream in its first, shorter form (52 bytes), with nothing in it."""
    d = Donor("images/macos-arm64-null")
    dump = d.dump()
    dump.crashpad = md.Crashpad()
    return dump, d.truth["crashed_thread"], {}


def case_memory_info():
    """The memory map says what may be executed; the stack holds an address in a module's data that must not be a frame."""
    d = Donor("images/windows-x64-null")
    dump = d.dump(threads="none")
    base = d.modules[0][0]
    tid, context, sp, stack = d.crashed
    dump.thread(tid, context, sp, stack)
    dump.memory_info(base, 0x1000, 0x02, kind=0x1000000)
    dump.memory_info(base + 0x1000, 0x1000, 0x20, kind=0x1000000)
    dump.memory_info(base + 0x2000, 0x4000, 0x04, kind=0x1000000)
    dump.memory_info(sp & -4096, 0x10000, 0x04)
    dump.memory_info(0x7FFE0000, 0x1000, 0, state=0x10000, kind=0)
    return dump, d.truth["crashed_thread"], dict(regions=5)


def case_misc_info():
    """The longest form of the miscellaneous stream: times, integrity, time zone, build strings."""
    d = Donor("images/windows-x64-null")
    dump = d.dump()
    b = bytearray(1364)
    struct.pack_into("<IIIIII", b, 0, 1364, 0x3F7, 4711, 1699990000, 12, 3)
    struct.pack_into("<IIIII", b, 24, 3200, 2400, 3200, 1, 2)
    b[232:752] = "19041.1.amd64fre.vb_release.191206-1406".encode("utf-16-le").ljust(520, b"\0")
    b[752:832] = "dbgcore.amd64,10.0.19041.1".encode("utf-16-le").ljust(80, b"\0")
    dump.stream(md.MISC_INFO, bytes(b))
    return dump, d.truth["crashed_thread"], dict(pid=4711, create_time=1699990000, build_string="19041.1.amd64fre.vb_release.191206-1406")


def case_codeview_kinds():
    """Ways to name a build: NB10, a GUID with age 17, build ids of 8 and 32 bytes, none, an unknown record, an empty one."""
    d = Donor("images/windows-x64-null")
    dump = d.dump()
    dump.module(0x10000, 0x1000, "C:\\old\\nb10.dll", cv=b"NB10" + struct.pack("<III", 0, 0x3B7D8410, 3) + b"D:\\build\\nb10.pdb\0", timestamp=0x3B7D8410)
    dump.module(0x20000, 0x1000, "C:\\a\\aged.dll", guid=bytes(range(16)), age=17, pdb="C:\\пдб\\aged.pdb")
    dump.module(0x30000, 0x1000, "/lib/short.so", build_id=bytes(range(1, 9)))
    dump.module(0x40000, 0x1000, "/lib/long.so", build_id=bytes(range(1, 33)))
    dump.module(0x50000, 0x1000, "C:\\none.dll", timestamp=0x4A5BC9D2)
    dump.module(0x60000, 0x1000, "C:\\unknown.dll", cv=b"XYZW0123")
    dump.module(0x70000, 0x1000, "/lib/empty.so", build_id=b"")
    ids = {"nb10.dll": "3B7D84103", "aged.dll": "0302010005040706080" + "90A0B0C0D0E0F11", "short.so": "0403020106050807" + "0" * 17, "long.so": "0403020106050807090A0B0C0D0E0F100"}
    return dump, d.truth["crashed_thread"], dict(debug_ids=ids, code_ids={"none.dll": "4A5BC9D21000"})


def case_mozilla_streams():
    """Streams of Mozilla's writers: macOS crash info text, boot arguments, Linux limits, soft errors."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump(threads="crashed")
    dump.stream(0x4D7A0003, b"Limit                     Soft Limit           Hard Limit           Units     \nMax stack size            8388608              unlimited            bytes     \n")
    dump.stream(0x4D7A0004, b'[{"InitErrors":[{"StopProcessFailed":{"Stop":"EPERM"}}]}]')
    return dump, d.truth["crashed_thread"], dict(soft_errors=True)


def case_unknown_streams():
    """Streams of unknown kinds, a comment, and unused directory entries."""
    d = Donor("linux-gdb/amd64-nofp-null")
    dump = d.dump(threads="crashed")
    dump.stream(0, b"")
    dump.stream(0xFACECAFA, b"custom data")
    dump.stream(0xFFF0, b"WINE")
    dump.stream(10, b"a comment\0")
    dump.stream(11, "комментарий\0".encode("utf-16-le"))
    return dump, d.truth["crashed_thread"], dict(comments=["a comment", "комментарий"])
