"""Small inputs with a large meaning give a report or one line of error, within the limits of `docs/limits.md`.

Each kind is made smaller than an attacker would make it, but large enough that its product is far above the limits.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import re
import struct
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from places import FIXTURES
from symbolicate import InputError, Session
from symbolicate.render.bounded import bounded

sys.path.insert(0, str(FIXTURES / "tools"))

import contexts  # type: ignore[import-not-found]
import minidump_writer  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEMORY = 64 << 20
REPORT = 10 << 20
BEYOND = 1 << 20
BASE = 0x7FF0_0000_0000


@dataclass(frozen=True)
class Ran:
    code: int
    memory: int
    out: bytes
    err: str


# The system's figures of a finished child include this process, of which the child was a copy at first.
PROGRAM = """
import atexit, runpy, sys
status = sys.argv.pop(1)
atexit.register(lambda: open(status, "w").write(open("/proc/self/status").read()))
runpy.run_module("symbolicate", run_name="__main__", alter_sys=True)
"""


def limited(folder: Path, *arguments: str) -> Ran:
    """Run the program, and how much memory it had at its peak."""
    status = folder / "status"
    ran = subprocess.run([sys.executable, "-c", PROGRAM, str(status), *arguments], capture_output=True, check=False)
    peak = re.search(r"^VmHWM:\s*(\d+) kB$", status.read_text(), re.MULTILINE)
    assert peak is not None
    return Ran(ran.returncode, int(peak[1]) << 10, ran.stdout, ran.stderr.decode("utf-8", "replace"))


def python(name: int, turns: int) -> bytes:
    repeated = "  [Previous line repeated 1000 more times]\n" * turns
    head = f'Traceback (most recent call last):\n  File "a.py", line 1, in {"f" * name}\n'
    return f"{head}{repeated}ValueError: x\n".encode()


def jvm(frames: int, name: int, causes: int) -> bytes:
    first = "".join(f"\tat a.b.C.{'m' * name}(A.java:{i + 1})\n" for i in range(frames))
    cause = f"Caused by: java.lang.RuntimeException: y\n\t... {frames} more\n"
    return f"java.lang.IllegalStateException: x\n{first}{cause * causes}".encode()


def javascript(frames: int, name: int, causes: int) -> bytes:
    outer = f"    at g (b.js:1:2)\n    ... {frames} lines matching cause stack trace ...\n  [cause]: Error: y\n"
    inner = "    at g (b.js:1:2)\n" + ("    at " + "m" * name + " (a.js:1:2)\n") * frames
    return f"Error: x\n{outer * causes}{inner}".encode()


def inner_exceptions(count: int, name: int) -> bytes:
    """Exceptions in one another, each with a text that repeats itself."""
    text = python(name, 100).decode()
    inner = [{"type": "E", "stackTrace": text} for _ in range(count)]
    exception = {"type": "E", "stackTrace": text, "innerExceptions": inner}
    return json.dumps({"logs": [{"type": "managedError", "exception": exception}]}).encode()


def ips(name: int, frames: int, symbols: Callable[[int], str | None] = lambda _: None) -> bytes:
    def frame(number: int) -> dict[str, Any]:
        symbol = symbols(number)
        return {"imageIndex": 0, "imageOffset": 4 * number} | ({"symbol": symbol} if symbol else {})

    image = {"base": 1 << 32, "size": 1 << 24, "name": "N" * name, "path": "/" + "N" * name}
    thread = {"id": 1, "triggered": True, "frames": [frame(number) for number in range(frames)]}
    body = {"procName": "A", "cpuType": "ARM-64", "faultingThread": 0, "threads": [thread], "usedImages": [image]}
    return b'{"app_name":"A","bug_type":"309"}\n' + json.dumps(body | {"asi": {"L" * name: ["a"] * 1000}}).encode()


def growing(number: int) -> str:
    """A short mangled name of a long text, each another."""
    own = f"f{number}"
    pairs = "".join(f"S_I{seq}{seq}E" for seq in ["S0_", *(f"S{digit}_" for digit in "123456789")])
    return f"_Z{len(own)}{own}St4pairIiiE{pairs}"


def metrickit(images: int, names: int) -> bytes:
    def uuid(number: int) -> str:
        return f"{number:08X}-0000-4000-8000-000000000001"

    stacks = []
    for number in range(images):
        frame = {"binaryUUID": uuid(number), "address": 4096 * (number + 1) + 4, "offsetIntoBinaryTextSegment": 4}
        stacks.append({"threadAttributed": number == 0, "callStackRootFrames": [frame]})
    info = {uuid(0x10000000 + number): f"n{number}" for number in range(names)}
    tree = {"callStacks": stacks, "binaryInfo": info}
    return json.dumps({"crashDiagnostics": [{"callStackTree": tree, "diagnosticMetaData": {"signal": 11}}]}).encode()


def diagnostics(count: int, time: int) -> bytes:
    empty = ",".join(["{}"] * count)
    return f'{{"timeStampEnd":"{"t" * time}","crashDiagnostics":[{empty}]}}'.encode()


def dump(stack_bytes: int, name: int = 10) -> minidump_writer.Dump:
    """A dump with a chain of frames."""
    made = minidump_writer.Dump(os="linux", arch="amd64")
    made.module(0x400000, 0x1000000, "/bin/" + "n" * name, build_id=bytes(range(20)))
    stack = bytearray(stack_bytes + 64)
    for at in range(0, stack_bytes, 16):
        struct.pack_into("<QQ", stack, at, BASE + at + 16, 0x401000 + at % 0xFF0000)
    made.thread(1, contexts.amd64(rip=0x401000, rsp=BASE, rbp=BASE), BASE, bytes(stack))
    made.exception(1, 11, address=0)
    return made


def repeated_entries(bytes_of: bytes, kind: int, entry: int, count: int) -> bytes:
    """A dump whose list of a kind has its first entry so many times; each thread has another id."""
    data = bytearray(bytes_of)
    streams, directory = struct.unpack_from("<II", data, 8)
    for index in range(streams):
        at = directory + 12 * index
        if struct.unpack_from("<I", data, at)[0] != kind:
            continue
        place = struct.unpack_from("<I", data, at + 8)[0]
        first = bytes(data[place + 4 : place + 4 + entry])
        new = len(data)
        data += struct.pack("<I", count)
        for number in range(count):
            data += struct.pack("<I", number + 1) + first[4:] if kind == 3 else first
        struct.pack_into("<II", data, at + 4, len(data) - new, new)
    return bytes(data)


def linux_files() -> bytes:
    """A dump with files of `/proc` of very many short lines and entries."""
    made = dump(1024)
    for kind in range(3, 13):
        made.stream(0x47670000 + kind, (b"A=b\0" if kind in {6, 7} else b"k=v\n") * 500_000)
    return bytes(made.bytes())


def many_pythons(count: int) -> bytes:
    log = {"type": "managedError", "exception": {"type": "E", "stackTrace": python(100, 100).decode()}}
    return json.dumps({"logs": [log] * count}).encode()


LOG = b'{"logs":[{"type":"managedError","exception":{"type":"E","message":"'


INPUTS: dict[str, Callable[[], bytes]] = {
    "python": lambda: python(60_000, 10),
    "python, short": lambda: python(5, 100),
    "jvm": lambda: jvm(10, 20_000, 4000),
    "javascript": lambda: javascript(200, 2000, 200),
    "exceptions": lambda: inner_exceptions(200, 10_000),
    "ips image": lambda: ips(60_000, 10_000),
    "ips frames": lambda: ips(1, 200_000),
    "ips names": lambda: ips(1, 4000, growing),
    "metrickit": lambda: metrickit(3000, 3000),
    "diagnostics": lambda: diagnostics(300_000, 10_000),
    "near-empty logs": lambda: b'{"logs":[' + b'{"type":"managedError"},' * 200_000 + b"{}]}",
    "threads": lambda: repeated_entries(dump(64 << 10).bytes(), 3, 48, 200_000),
    "modules": lambda: repeated_entries(dump(1024, 200).bytes(), 4, 108, 200_000),
    "frames": lambda: dump(4 << 20).bytes(),
    "linux files": linux_files,
    "gzip": lambda: gzip.compress(bytes(300 << 20), 9),
    "gzip, near-empty logs": lambda: gzip.compress(b'{"logs":[' + b'{"type":"managedError"},' * 1_000_000 + b"{}]}"),
    "gzip, linux files": lambda: gzip.compress(linux_files()),
    "gzip, a text": lambda: gzip.compress(LOG + b" " * (15 << 20), 9),
    "controls": lambda: LOG + b"\\u001b" * 1_000_000 + b'"}}]}',
    "lines": lambda: LOG + b"a\\n" * 3_000_000 + b'"}}]}',
    "trace": lambda: b"Error: x\n" + b"".join(b"    at f%d (a.js:%d:5)\n" % (n, n + 1) for n in range(200_000)),
}


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("form", ["ndjson", "human", "md"])
def test_what_says_much_in_few_bytes_is_kept_within_limits(tmp_path: Path, kind: str, form: str) -> None:
    data = INPUTS[kind]()
    path = tmp_path / "input"
    path.write_bytes(data)
    ran = limited(tmp_path, "report", "--format", form, "--store", str(tmp_path / "store"), str(path))
    assert ran.code in {0, 1}, ran.err
    assert len(ran.err) < 10_000
    # A text is rendered from a decoded report, and the module that tests build is larger than a released one.
    allowed = MEMORY + 4 * len(data) + (4 << 20) * (form != "ndjson")
    assert ran.memory <= allowed, f"{ran.memory >> 20} MiB for {len(data)} bytes"
    # Those that are made together with the last one are written, too.
    assert len(ran.out) <= max(REPORT + len(data), 4 * len(data), 32 << 20) + 12 * BEYOND
    for line in ran.out.splitlines() if form == "ndjson" else []:
        report = json.loads(line)
        assert len(line) <= REPORT + len(data) + BEYOND
        thread = report.get("crashing_thread")
        assert thread is None or thread["frames"]


# What is not UTF-8 cannot be shared with the symbol file.
@pytest.mark.parametrize("name", [b"i" * 200_000, b"\xe9" * 100_000, b"i" * 100], ids=["long", "copied", "short"])
@pytest.mark.parametrize("frames", [10, 2000])
@pytest.mark.parametrize("form", ["json", "human"])
def test_symbols_with_one_name_for_much(tmp_path: Path, name: bytes, frames: int, form: str) -> None:
    path, symbols = tmp_path / "d.dmp", tmp_path / "app.sym"
    path.write_bytes(dump(16 * frames).bytes())
    inlines = b"".join(b"INLINE %d 1 0 0 1000 fff000\n" % depth for depth in range(1000))
    symbols.write_bytes(
        b"MODULE Linux x86_64 030201000504070608090A0B0C0D0E0F0 app\nFILE 0 %s.c\n"
        b"INLINE_ORIGIN 0 %s\nFUNC 1000 fff000 0 %s\n%s1000 fff000 7 0\n"
        b"STACK CFI INIT 1000 fff000 .cfa: $rsp 16 + .ra: .cfa 8 - ^\n" % (name, name, name, inlines)
    )
    arguments = ("--symbols", str(symbols), "--format", form, "--store", str(tmp_path / "store"))
    ran = limited(tmp_path, "report", *arguments, str(path))
    size = path.stat().st_size + symbols.stat().st_size
    assert ran.code == 0, ran.err
    assert ran.memory <= MEMORY + 4 * size, f"{ran.memory >> 20} MiB for {size} bytes"
    assert len(ran.out) <= REPORT + size + BEYOND
    if form == "json":
        report = json.loads(ran.out)
        assert frames == 10 or report["truncated"]["omitted"]["inlines"] > 0
        assert report["crashing_thread"]["frames"][0]["inlines"]


def test_the_crashed_thread_is_read_however_many_there_are() -> None:
    data = bytearray(repeated_entries(dump(1024).bytes(), 3, 48, 10_000))
    # The exception is of one that is beyond the limit.
    streams, directory = struct.unpack_from("<II", data, 8)
    for index in range(streams):
        kind, _, place = struct.unpack_from("<III", data, directory + 12 * index)
        if kind == 6:
            struct.pack_into("<I", data, place, 9_000)
    report = Session().report(bytes(data))
    assert report.thread_count == 4097
    assert report.crashing_thread is not None
    assert report.crashing_thread.thread_id == 9_000
    assert any("5903 are left out" in (fault.message or "") for fault in report.faults or ())


def test_a_container_of_too_many_empty_crashes_ends_with_an_error() -> None:
    data = b'{"logs":[' + b'{"type":"managedError"},' * 40_000 + b"{}]}"
    results = list(Session(jobs=1).reports_json([data]))
    (error,) = [result for result in results if isinstance(result, InputError)]
    assert results[-1] is error
    assert "of its 40000 crashes are left out" in str(error)
    assert sum(len(result) for result in results if isinstance(result, bytes)) < (33 << 20)


@pytest.mark.parametrize("form", ["json", "human"])
def test_large_reports_of_one_input_are_made_a_few_at_a_time(tmp_path: Path, form: str) -> None:
    path = tmp_path / "input"
    path.write_bytes(many_pythons(100))
    ran = limited(tmp_path, "report", "-j", "2", "--format", form, "--store", str(tmp_path / "store"), str(path))
    assert ran.code == 1
    assert ran.err.count("of its 100 crashes are left out") == 1
    # Of the reports that both workers are at.
    assert ran.memory <= MEMORY + 2 * REPORT + 4 * path.stat().st_size, f"{ran.memory >> 20} MiB"
    assert len(ran.out) <= (32 << 20) + 3 * REPORT


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("kind", ["ips", "dump"])
def test_compressed_inputs_take_memory_for_what_they_unpack_to(
    tmp_path: Path, kind: str, pack: Callable[[bytes], bytes]
) -> None:
    data = ips(1, 300_000) if kind == "ips" else dump(1 << 20).bytes() + bytes(14 << 20)
    path = tmp_path / "input"
    path.write_bytes(pack(data))
    ran = limited(tmp_path, "report", "--format", "ndjson", "--store", str(tmp_path / "store"), str(path))
    assert ran.code == 0, ran.err
    # The module that tests build is larger than a released one.
    assert ran.memory <= MEMORY + (4 << 20) + len(data) + 4 * path.stat().st_size, f"{ran.memory >> 20} MiB"
    assert len(ran.out) <= REPORT + path.stat().st_size + BEYOND


def test_results_come_in_order_however_large_they_are() -> None:
    large, small = many_pythons(1), python(5, 0)
    inputs = [small, large, b"nothing", large, small, large, large, small, b"nothing"]
    sizes = [0 if isinstance(one, InputError) else len(one) for one in Session(jobs=2).reports_json(inputs)]
    assert [0 if size == 0 else 1 if size < 100_000 else 2 for size in sizes] == [1, 2, 0, 2, 1, 2, 2, 1, 0]


@pytest.mark.parametrize(
    ("begin", "code"), [(b'{"logs":[{"type":"managedError"},"', "JSON"), (b"Error: x\n", "not JSON")]
)
def test_a_long_text_is_refused_by_its_first_bytes(tmp_path: Path, begin: bytes, code: str) -> None:
    path = tmp_path / "input"
    path.write_bytes(begin + b"a" * 10_000)
    os.truncate(path, 1 << 30)
    ran = limited(tmp_path, "report", "--store", str(tmp_path / "store"), str(path))
    assert ran.code == 1
    assert re.search(f"a text .*{code} has 1073741824 bytes; the limit is", ran.err)
    assert ran.memory <= MEMORY


def test_a_text_ends_at_its_limit() -> None:
    lines = [f"{number:>99}" for number in range(10_000)]
    text = b"".join(bounded(lines, 500_050)).decode()
    assert text.startswith("\n".join(lines[:5000]) + "\n")
    assert len(text) < 500_050 + 200
    assert "Shortened  the text ends here, after 500,050 bytes" in text
    assert b"".join(bounded(lines, 1_000_001)).decode() == "\n".join((*lines, ""))


def test_the_limit_of_a_report_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(INPUTS["ips frames"]())
    arguments = ("--store", str(tmp_path / "store"), "--format", "json", str(path))
    ran = limited(tmp_path, "report", "--report-bytes", "100000", *arguments)
    assert ran.code == 0
    assert len(ran.out) <= 110_000
    assert json.loads(ran.out)["truncated"]["limit"] == 100_000
    assert limited(tmp_path, "report", "--report-bytes", "1000", *arguments).code == 2
