"""Bad crashes without a dump, through the whole way: one line of error or a report with notes, never a traceback."""

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

    Program = Callable[..., Run]

JUNK: list[object] = [
    "",
    "0x",
    "-1",
    "zz",
    "0x" + "f" * 40,
    "18446744073709551616",
    "1e99",
    7,
    -7,
    1.5,
    None,
    [],
    {},
    True,
]
INNER = b'{"type":"E","innerExceptions":['
FRAME = {"address": "0x0000000104463884", "code": "0x10445c000 + 30852"}

EVENT = (
    b"Faulting application name: a.exe, version: 1.0, time stamp: 0x62cf0990\n"
    b"Faulting module name: b.dll, version: 1.0, time stamp: 0x62cf0045\n"
    b"Exception code: 0xc0000005\nFault offset: 0x1d\n"
)
DART = b"#1 abs ffffffffffffffff virt ffffffffffffffff _kDart\n#2      a.<anonymous closure> (package:a/b.dart:1:2)\n"
SIGNATURE = ["a.exe", "1.0", "1", "b.dll", "1.0", "1", "c0000005", "1d"]
WER = b"EventType=APPCRASH\n" + b"".join(b"Sig[%d].Value=%s\n" % (i, v.encode()) for i, v in enumerate(SIGNATURE))


def log(**more: object) -> bytes:
    return json.dumps({"logs": [{"type": "appleError", "threads": [{"id": 0, "frames": [FRAME]}]} | more]}).encode()


def many_threads() -> bytes:
    return log(threads=[{"id": i, "frames": [FRAME]} for i in range(100_000)])


# Whether there is a report, and how the bytes are made.
INPUTS: dict[str, tuple[bool, Callable[[], bytes]]] = {
    "100,000 threads": (True, many_threads),
    "junk addresses": (True, lambda: log(threads=[{"id": "x", "frames": [{"address": a} for a in JUNK]}])),
    "junk binaries": (True, lambda: log(binaries=[{"startAddress": a, "endAddress": b} for a in JUNK for b in JUNK])),
    "half a log": (True, lambda: log(osExceptionType="SIGSEGV", osExceptionAddress="0x8")[:-40]),
    "lone surrogates": (True, lambda: log(processName="A").replace(b'"A"', b'"\\ud800\\udc00\\udfff"')),
    "not utf-8": (True, lambda: log(processName="A").replace(b'"A"', b'"\xff\xfe\x80"')),
    "thrown nested 10,000": (True, lambda: b'{"type":"managedError","exception":' + INNER * 10_000),
    "brackets nested 100,000": (False, lambda: b"[" * 100_000),
    "an ips without its body": (True, lambda: b'{"bug_type":"309","os_version":"macOS 14.0"}\n{'),
    "half an ips": (True, lambda: b'{"bug_type":"309"}\n{"threads":[{"triggered":true,"frames":[{"imageInd'),
    "half a crash text": (True, lambda: b"Incident Identifier: 1\nProcess: a [1]\nThread 0 Crashed:\n0   a 0x1"),
    "zeros in gzip": (False, lambda: gzip.compress(bytes(400 << 20), 1)),
    "cut gzip": (True, lambda: gzip.compress(log() + b" " * 1000)[:-8]),
    "not gzip": (False, lambda: b"\x1f\x8b\x08" + b"\xff" * 100),
    "json of something else": (False, lambda: b'{"hello": [1, 2, 3]}'),
    "an event with endless values": (True, lambda: EVENT + b"x: " + b"y, " * 300_000),
    "100,000 beginnings of an event": (False, lambda: EVENT.splitlines()[0] + b"\n" + EVENT[:40] * 100_000),
    "100,000 names of events": (False, lambda: b"Event Name: APPCRASH\n" * 100_000),
    "100,000 events as XML": (False, lambda: b"<Event><EventData><Data>a&" * 100_000),
    "a Report.wer with 200,000 modules": (True, lambda: WER + b"LoadedModule[1]=C:\\a.dll\n" * 200_000),
    "200,000 frames of Dart": (True, lambda: b"#0      f (package:a/b.dart:1:2)\n" + DART * 200_000),
    "a line of Dart without an end": (False, lambda: b"#0      " + b"f (" * 1_000_000),
    "100,000 heads of Dart": (False, lambda: b"Unhandled exception:\nThe following x was thrown\n" * 100_000),
    "numbers of Dart at their limits": (True, lambda: DART + b"#9999999 abs " + b"f" * 16 + b" virt " + b"f" * 16),
    "blanks": (False, lambda: b" \n\t" * 1000),
}


@pytest.mark.parametrize("name", INPUTS)
def test_a_bad_crash_is_told_or_shown(run: Program, tmp_path: Path, name: str) -> None:
    shown, make = INPUTS[name]
    path = tmp_path / "crash"
    path.write_bytes(make())
    for form in ("ndjson", "human"):
        done = run("report", path, "--format", form)
        assert "Traceback" not in done.err
        if shown:
            assert (done.code, done.err) == (0, "")
        else:
            assert (done.code, done.out) == (1, b"")
            assert done.err.count("\n") == 1
            assert done.err.startswith(f"symbolicate: {path}: ")
        if shown and form == "ndjson":
            document = json.loads(done.out)
            # What is cut off before its stacks and its exception has no failure.
            assert ("failure" in document) == (name != "an ips without its body")


def test_a_bad_log_among_good_ones(run: Program, tmp_path: Path) -> None:
    good = json.loads(log())["logs"][0]
    path = tmp_path / "logs.json"
    path.write_text(json.dumps({"logs": [good, 7, {"type": "appleError", "threads": 3}, {"type": "page"}, good]}))
    done = run("report", path, path, "--format", "ndjson")
    reports = [json.loads(line) for line in done.out.splitlines()]
    assert len(reports) == 6
    assert (done.code, done.err) == (0, "")


def test_the_memory_for_a_bomb_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(1 << 30), 1))
    limited = subprocess.run(
        [sys.executable, "-m", "symbolicate", "report", str(path)],
        capture_output=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30)),
    )
    assert limited.returncode == 1
    assert limited.stderr.count(b"\n") == 1


def test_several_crashes_of_one_file_in_every_form(run: Program, tmp_path: Path) -> None:
    good = json.loads(log())["logs"][0]
    path = tmp_path / "logs.json"
    path.write_text(json.dumps({"logs": [good] * 3}))
    assert len(json.loads(run("report", path, "--format", "json").out)) == 3
    assert len(run("report", path, "--format", "ndjson").out.splitlines()) == 3
    assert run("report", path).text.count("Failure") == 3
    assert run("report", path, "--format", "md").text.count("\n---\n") == 2
    path.write_text(json.dumps({"logs": [good]}))
    assert isinstance(json.loads(run("report", path, "--format", "json").out), dict)
