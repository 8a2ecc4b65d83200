"""The contents of a dump's minor streams are in the report, and the most useful ones in the text."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from symbolicate import Report, Session
from symbolicate.render.human import Detail, human
from tiny_dump import BASE, STACK, tiny_dump, with_streams

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

COMMENT, STATUS, CPU, AUXV, ENVIRON, MAPS, COMMAND = (10, *(0x47670000 + n for n in (4, 3, 8, 7, 9, 6)))
SOFT_ERRORS, ABORT_REASON, SYSTEM_INFO = 0x4D7A0004, 0xFACEDEAD, 7
MAPPED = f"0-1000 ---p 0 00:00 0 [low]\n{BASE:x}-{BASE + 0x3000:x} r-xp 00000000 08:01 5 /opt/app/app\n".encode()


def linux() -> bytes:
    return with_streams(
        tiny_dump(),
        {
            COMMENT: b"clicked twice\0",
            STATUS: b"Name:\tapp\nPid:\t77\nVmPeak:\t  4096 kB\nName:\tagain\n",
            CPU: b"processor\t: 0\nmodel name\t: Small\n\nprocessor\t: 1\nmodel name\t: Large\n",
            AUXV: struct.pack("<6Q", 9, BASE + 0x1200, 99, 1, 0, 0),
            ENVIRON: b"TOKEN=secret\0",
            MAPS: MAPPED,
            COMMAND: b"/opt/app/app\0--fast\0",
            SOFT_ERRORS: b'[{"NoSuchFile": "x"',
            ABORT_REASON: b"Check failed\n",
        },
    )


def report(dump: bytes, *, full: bool = False) -> Report:
    return Session(full=full).report(dump)


def test_files_of_proc() -> None:
    said = report(linux()).linux
    assert said is not None
    assert said.status == {"Name": "app", "Pid": "77", "VmPeak": "4096 kB"}
    assert said.cpu == {"processor": "0", "model name": "Small"}
    entries = [(one.type, one.name, one.value) for one in said.auxv or ()]
    assert entries == [(9, "AT_ENTRY", f"0x{BASE + 0x1200:016x}"), (99, None, "0x0000000000000001")]
    assert report(tiny_dump()).linux is None


def test_what_is_at_the_address() -> None:
    info = report(linux()).crash_info
    assert info is not None
    region = info.address_region
    assert region is not None
    assert (region.base_addr, region.protection, region.kind, region.name) == (f"0x{0:016x}", "---", "mapped", "[low]")
    without = report(tiny_dump()).crash_info
    assert without is not None
    assert without.address_region is None


def test_secrets_and_long_lists_are_asked_for(run: Callable[..., Run], tmp_path: Path) -> None:
    usual, full = report(linux()), report(linux(), full=True)
    assert usual.process is not None
    assert full.process is not None
    assert (usual.process.environment, usual.memory_map) == (None, None)
    assert full.process.environment == {"TOKEN": "secret"}
    assert [(one.protection, one.name) for one in full.memory_map or ()] == [("---", "[low]"), ("r-x", "/opt/app/app")]
    (tmp_path / "a.dmp").write_bytes(linux())
    assert b"TOKEN" in run("report", "--format", "json", "--full", tmp_path / "a.dmp").out
    assert b"TOKEN" not in run("report", "--format", "json", tmp_path / "a.dmp").out


def test_threads_and_modules_have_their_particulars() -> None:
    dump = bytearray(tiny_dump())
    # A thread is found by its id and its stack, a module by its base and its size.
    thread = dump.index(struct.pack("<II", 77, 0) + b"\0" * 16 + struct.pack("<Q", STACK))
    struct.pack_into("<IIiQ", dump, thread + 4, 1, 0x20, -2, 0x7FFDE000)
    module = dump.index(struct.pack("<QI", BASE, 0x3000))
    struct.pack_into("<II", dump, module + 12, 0xABC, 0x5FF69A71)
    told = report(bytes(dump))
    one = told.threads[0]
    assert (one.suspend_count, one.priority_class, one.priority) == (1, "0x20", -2)
    assert one.teb == "0x000000007ffde000"
    image = told.modules[0]
    assert (image.path, image.timestamp, image.checksum) == ("/opt/app/app", "0x5ff69a71", "0x00000abc")


def test_a_processor_without_name_is_told_by_its_registers() -> None:
    dump = bytearray(tiny_dump())
    struct.pack_into("<I", dump, 32, 0)  # the first entry of the directory is SystemInfo: now padding
    machine = report(bytes(dump)).system_info
    assert machine is not None
    assert (machine.os, machine.cpu_arch) == (None, "amd64")


def test_a_processor_that_is_not_walked_has_a_name() -> None:
    dump = bytearray(tiny_dump())
    system = struct.unpack_from("<I", dump, 40)[0]
    struct.pack_into("<H", dump, system, 0x8006)
    machine = report(bytes(dump)).system_info
    assert machine is not None
    assert machine.cpu_arch == "riscv64"


def test_the_text_has_what_people_look_for() -> None:
    text = human(report(linux()), Detail())
    for line in ("Command  /opt/app/app --fast", "Comment  clicked twice", "FacebookAbortReason", "Check failed"):
        assert line in text
    # Broken JSON of a writer is still its word.
    assert 'errors of the writer  [{"NoSuchFile": "x"' in text
