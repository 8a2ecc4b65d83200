"""What becomes of each location where symbols are looked for: one candidate for each, with the right outcome."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from places import FIXTURES
from symbolicate import SymbolStore
from symbolicate._native import SymbolFile, debug_file_format, debug_files, find_debug_files
from symbolicate.errors import SymbolFileError
from symbolicate.symbols.acceptance import open_in_memory
from symbolicate.symbols.deadline import until
from symbolicate.symbols.debug_files import is_debug_file
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.text_encoding import text_encoding, transcoded
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump
from unprivileged import unprivileged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Run, Samples
    from symbolicate.symbols.resolution import Resolution

GAUGE = FIXTURES / "apple/images/macos-arm64-dwarf5/gauge"
MODULE_LINE = SYM.splitlines(keepends=True)[0]


def resolve(store: Path, *sources: Path) -> Resolution:
    return SymbolStore(store, sources=sources).resolve(DEBUG_FILE, DEBUG_ID)


def in_layout(root: Path) -> Path:
    """The path of the symbol file in Breakpad layout; its folder is there."""
    path = root / DEBUG_FILE / DEBUG_ID / "app.sym"
    path.parent.mkdir(parents=True)
    return path


def of(found: Resolution, source: Path) -> list[tuple[str, str, str]]:
    """Location, outcome and detail of the candidates of a source."""
    return [(one.location, one.outcome, one.detail) for one in found.candidates if one.source == str(source)]


def plain(found: Resolution) -> str:
    """The status and the candidates as JSON."""
    return json.dumps([found.status, [(one.location, one.outcome, one.detail) for one in found.candidates]])


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that every user can enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize("where", ["layout", "other name in layout", "flat"])
def test_a_file_without_permission_is_refused(readable: Path, where: str) -> None:
    path = in_layout(readable / "symbols")
    if where == "other name in layout":
        path = path.with_name("b.sym")
    elif where == "flat":
        path = readable / "symbols" / "app.sym"
    path.write_bytes(SYM)
    path.chmod(0)
    found = unprivileged(lambda: plain(resolve(readable / "store", readable / "symbols")))
    status, candidates = json.loads(found)
    assert status == "missing"
    assert [one for one in candidates if one[0] == str(path)] == [[str(path), "refused", "permission denied"]]
    assert not [one for one in candidates if one[1] == "malformed"]


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("dangling link", ""),
        ("link loop", "too many levels of symbolic links"),
        ("folder", "is a directory, not a file"),
        ("pipe", "is a pipe, not a file"),
        ("link to a device", "is a device, not a file"),
    ],
)
def test_what_is_not_a_file_is_one_candidate(tmp_path: Path, kind: str, detail: str) -> None:
    path = in_layout(tmp_path / "symbols")
    make: dict[str, Callable[[], object]] = {
        "dangling link": lambda: path.symlink_to("nowhere"),
        "link loop": lambda: path.symlink_to(path.name),
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "link to a device": lambda: path.symlink_to("/dev/zero"),
    }
    make[kind]()
    found = resolve(tmp_path / "store", tmp_path / "symbols")
    assert of(found, tmp_path / "symbols") == [(str(path), "missing", detail)]
    assert (found.status, found.path) == ("missing", "")


@pytest.mark.parametrize("more", [b"", b"FILE 0 a.cc\n", b"INFO CODE_ID 1234567890\n"])
@pytest.mark.parametrize("where", ["layout", "file"])
def test_a_file_without_records_hides_no_other(tmp_path: Path, more: bytes, where: str) -> None:
    empty = in_layout(tmp_path / "empty")
    empty.write_bytes(MODULE_LINE + more)
    good = in_layout(tmp_path / "good")
    good.write_bytes(SYM)
    source = tmp_path / "empty" if where == "layout" else empty
    found = resolve(tmp_path / "store", source, tmp_path / "good")
    assert of(found, source) == [(str(empty), "malformed", "no symbol records in it")]
    assert (found.status, found.path) == ("loaded", str(good))
    alone = resolve(tmp_path / "store", source)
    assert (alone.status, alone.path, alone.detail) == ("malformed", str(empty), "no symbol records in it")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_text_is_not_read_beyond_the_time_of_the_report(tmp_path: Path, encoding: str) -> None:
    source = in_layout(tmp_path / "symbols")
    source.write_bytes(SYM.decode().encode(encoding))
    with until(time.monotonic()):
        late = resolve(tmp_path / "store", tmp_path / "symbols")
    assert (late.outcome, late.symbols) == ("timed out", None)
    assert of(late, tmp_path / "symbols") == [
        (str(source), "timed out", "the time for the symbols of a report is over")
    ]
    assert resolve(tmp_path / "store", tmp_path / "symbols").status == "loaded"
    with until(time.monotonic()):  # what is indexed takes no time
        assert resolve(tmp_path / "store", tmp_path / "symbols").status == "loaded"


def test_a_text_that_never_ends_is_given_up_by_a_report_and_by_ctrl_c(tmp_path: Path, run: Callable[..., Run]) -> None:
    """A sparse file of a terabyte, whose last line would be read for many minutes."""
    source = in_layout(tmp_path / "symbols")
    source.write_bytes(SYM + b"FUNC ffffff 1 0 ")
    os.truncate(source, 1 << 40)
    dump = tmp_path / "crash.dmp"
    dump.write_bytes(tiny_dump())
    options = ("--symbols", tmp_path / "symbols", "--symbols-seconds", "1", "--format", "json")
    report = json.loads(run("report", dump, *options).text)
    [module] = [one for one in report["modules"] if one["debug_id"] == DEBUG_ID]
    tried = [(one["location"], one["outcome"]) for one in module["symbols"]["candidates"]]
    assert (str(source), "timed out") in tried
    code = (
        "import sys; from symbolicate import _native as n; print(flush=True); n.SymbolFile.open_or_build(*sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, str(source), str(tmp_path / "index")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in process.communicate(timeout=60)[1]


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_not_a_file_is_not_opened(tmp_path: Path, kind: str) -> None:
    path = {"pipe": tmp_path / "a.sym", "device": Path("/dev/zero"), "folder": tmp_path}[kind]
    if kind == "pipe":
        os.mkfifo(path)
    reason = f"is a {'directory' if kind == 'folder' else kind}, not a file"
    for opened in (
        lambda: SymbolFile.open(path),
        lambda: SymbolFile.open_or_build(path, tmp_path / "a.syx"),
        lambda: open_in_memory(str(path)),
        lambda: debug_files(path),
        lambda: transcoded(str(path), "utf-16-le"),
        lambda: SymbolStore(tmp_path / "store").add(path),
    ):
        with pytest.raises(SymbolFileError, match=reason):
            opened()
    assert debug_file_format(path) is None
    assert text_encoding(str(path)) is None
    assert module_line(str(path)) is None
    assert not is_debug_file(str(path))


def test_a_folder_with_pipes_does_not_delay_a_report(run: Callable[..., Run], samples: Samples) -> None:
    for name in ("a.sym", "a", f"{DEBUG_FILE}/{DEBUG_ID}/other.sym", "x/app.dSYM"):
        (samples.symbols / name).parent.mkdir(exist_ok=True, parents=True)
        os.mkfifo(samples.symbols / name)
    done = run("report", samples.dump, "--symbols", samples.symbols)
    assert (done.code, done.err) == (0, "")
    assert "crash_here" in done.text
    (samples.symbols / DEBUG_FILE / DEBUG_ID / "app.sym").unlink()
    done = run("report", samples.dump, "--symbols", samples.symbols)
    assert (done.code, done.err) == (0, "")


def test_the_search_of_a_folder_can_be_interrupted(tmp_path: Path) -> None:
    first = tmp_path / "0"
    shutil.copy(GAUGE, first)
    for number in range(1, 20_000):  # opening so many files takes longer than the alarm
        os.link(first, tmp_path / str(number))

    alarms = 0

    def interrupt(*_: object) -> None:
        nonlocal alarms
        alarms += 1  # alarms during a call that does not handle them are one
        if alarms == 2:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    try:
        with pytest.raises(KeyboardInterrupt):
            find_debug_files(tmp_path)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
