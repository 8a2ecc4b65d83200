"""Debug files that are not converted in the time of a report: an outcome of their module, and nothing that stays."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from large_pdb import BASE, pdb
from long_debug_file import CODE, long_debug_file
from places import FIXTURES
from stack_dump import stack_dump
from symbolicate import SymbolStore
from symbolicate._native import PartialPdb, debug_files
from symbolicate.symbols import deadline
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.store import debug_file_in_part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from symbolicate._native import DebugFile

FILES = (
    "windows/x64/gauge.pdb",
    "windows/x64-mingw/gauge.exe",
    "elf/x86_64-gcc-dwarf5/gauge.debug",
    "elf/x86_64-gcc-lto/gauge.debug",
    "apple/macos-x86_64-dwarf4/gauge.dSYM/Contents/Resources/DWARF/gauge",
    "apple/objects/macos-arm64-dwarf5/gauge",
)
SPLIT = FIXTURES / "elf" / "x86_64-gcc-split" / "gauge.debug"
TOO_SHORT = 0.1
"""Seconds; the conversion takes several times as long."""


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(params=FILES)
def build(request: pytest.FixtureRequest) -> DebugFile:
    return next(one for one in debug_files(FIXTURES / request.param) if one.debug_id is not None)


CALLS: dict[str, Callable[[DebugFile, str, float], object]] = {
    "index": lambda build, path, seconds: build.open_or_build(path, seconds),
    "unwind": lambda build, path, seconds: build.open_or_build_unwind(path, seconds),
    "part": lambda build, _, seconds: build.open_part([CODE], True, seconds),
}


@pytest.mark.parametrize("call", CALLS)
def test_nothing_is_made_when_the_time_is_over(build: DebugFile, call: str, tmp_path: Path) -> None:
    path = tmp_path / "made"
    with pytest.raises(TimeoutError, match="the time for it is over"):
        CALLS[call](build, str(path), 0.0)
    with pytest.raises(TimeoutError):  # also where nothing can be written
        CALLS[call](build, str(tmp_path / "none" / "made"), 0.0)
    assert everything(tmp_path) == []
    CALLS[call](build, str(path), 3600.0)
    if call != "part":
        # What is there is used at any time.
        assert path.exists()
        CALLS[call](build, str(path), 0.0)


def test_a_pdb_in_part_when_the_time_is_over() -> None:
    one = pdb("x64")
    part = PartialPdb(len(one.data), "gauge.pdb")
    part.provided(0, one.data)
    assert part.needed(None, 3600.0) == []
    addresses = np.array([CODE], dtype=np.uint64)
    with pytest.raises(TimeoutError):
        part.needed(addresses, 0.0)
    with pytest.raises(TimeoutError):
        part.open_for(addresses, 0.0)
    assert part.open_for(addresses).lookup(addresses).function[0] >= 0


def dump_of(debug_id: str, rva: int = CODE) -> bytes:
    return stack_dump("long.debug", debug_id, BASE, 0x8000, rva, [BASE + CODE + 0x10] * 4)


def of_module(report: dict[str, Any]) -> dict[str, Any]:
    [module] = [one for one in report["modules"] if one.get("symbols", {}).get("outcome")]
    found: dict[str, Any] = module["symbols"]
    return found


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a debug file that takes seconds, and its id."""
    folder = tmp_path_factory.mktemp("long")
    return folder, long_debug_file(folder / "long.debug")


def test_a_report_does_not_wait_for_a_debug_file(tmp_path: Path, long: tuple[Path, str]) -> None:
    folder, debug_id = long
    dump, store = tmp_path / "crash.dmp", tmp_path / "store"
    dump.write_bytes(dump_of(debug_id))
    command = [sys.executable, "-m", "symbolicate", "report", str(dump), "--format", "json", "--store", str(store)]
    command += ["--symbols", str(folder)]

    def symbols(*more: str) -> dict[str, Any]:
        done = subprocess.run([*command, *more], capture_output=True, check=True, text=True)
        return of_module(json.loads(done.stdout))

    # The first report reads the file in part, and the second makes the index.
    assert symbols()["outcome"] == "found"
    for _ in range(2):
        found = symbols("--symbols-seconds", str(TOO_SHORT))
        assert (found["status"], found["outcome"]) == ("missing", "timed out")
        [candidate] = [one for one in found["candidates"] if one["location"].endswith("long.debug")]
        assert (candidate["outcome"], candidate["detail"]) == ("timed out", deadline.OVER)
        assert [path.suffix for path in everything(store)] == [".first"]
    assert symbols()["outcome"] == "found"
    assert sorted(path.suffix for path in everything(store)) == [".first", ".syx"]
    assert symbols("--symbols-seconds", str(TOO_SHORT))["outcome"] == "found"


def test_other_modules_have_their_symbols(tmp_path: Path, long: tuple[Path, str]) -> None:
    folder, debug_id = long
    other = FIXTURES / "windows" / "x64" / "gauge.pdb"
    [build] = debug_files(other)
    store = SymbolStore(tmp_path, sources=[folder, other], network=Network(seconds=TOO_SHORT))
    with deadline.until(deadline.clock() + TOO_SHORT):
        late = store.resolve("long.debug", debug_id)
        assert (late.symbols, late.outcome) == (None, "timed out")
    with deadline.until(deadline.clock() + 3600.0):
        again = SymbolStore(tmp_path, sources=[folder, other])
        assert again.resolve("gauge.pdb", build.debug_id or "").outcome == "found"
    # What was converted in time is used when there is none left.
    with deadline.until(deadline.clock()):
        again = SymbolStore(tmp_path, sources=[folder, other])
        assert again.resolve("gauge.pdb", build.debug_id or "").outcome == "found"
        assert again.resolve("long.debug", debug_id).outcome == "timed out"


def test_parts_of_other_files_are_not_looked_for_beyond_the_time() -> None:
    build = next(one for one in debug_files(SPLIT) if one.debug_id is not None)
    assert build.parts()
    with pytest.raises(TimeoutError):
        build.version(0.0)
    assert build.version(3600.0) == build.version()


def test_a_file_that_is_read_in_part_ends_with_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debug_file_in_part, "LARGE", 0)
    monkeypatch.setattr(debug_file_in_part, "_MOST", float("inf"))
    path = FIXTURES / "windows" / "x64" / "gauge.pdb"
    [build] = debug_files(path)
    store = SymbolStore(tmp_path, sources=[path])
    found = store.resolve_in_part("gauge.pdb", build.debug_id or "")
    assert found.in_part is not None
    with deadline.until(deadline.clock()):
        assert found.in_part.extended([CODE]) is None
    assert found.in_part.extended([CODE]) is not None


def test_time_that_is_left_out_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "_left_out", 0.0)
    with deadline.until(deadline.clock() + 1.0):
        deadline.leave_out(3600.0)
        left = deadline.left()
        assert left is not None
        assert 3600.0 < left < 3601.0


def test_a_service_reports_the_crash_without_the_module(tmp_path: Path, long: tuple[Path, str]) -> None:
    pytest.importorskip("litestar")
    from service_process import multipart, service

    folder, debug_id = long

    def outcome(rva: int, seconds: float) -> str:
        """What became of the module in a crash that a new process of the service reports."""
        body, kind = multipart({"prod": "Demo"}, [("upload_file_minidump", "a.dmp", dump_of(debug_id, rva))])
        settings = {"SYMBOLICATE_SYMBOLS_SOURCES": str(folder), "SYMBOLICATE_WORKERS_REPORT_SECONDS": str(seconds)}
        with service(tmp_path, "--workers", "1", **settings) as running:
            identifier = running.ask("POST", "/submit", body, {"Content-Type": kind}, token=None).body.decode()
            assert running.wait_until_done(identifier)["state"] == "done"
            found: str = of_module(running.get(f"/api/v1/reports/{identifier}/report").json)["outcome"]
            return found

    assert outcome(CODE, 60.0) == "found"  # in part
    # Less than the conversion takes, and more than the rest of the report.
    assert outcome(CODE + 1, 0.6) == "timed out"
    assert outcome(CODE + 2, 60.0) == "found"
