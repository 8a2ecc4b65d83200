"""The first report with a large debug file does not wait for its index, and is the report that the index gives."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from places import CORPORA, FIXTURES
from stack_dump import STACK, stack_dump
from symbolicate import SymbolStore
from symbolicate._native import DebugFile, debug_files
from symbolicate.engine import Session
from symbolicate.symbols.store import debug_file_in_part
from symbolicate.symbols.trim import trim

if TYPE_CHECKING:
    from pathlib import Path

BASE = 0x40_0000
SIZE = 0x8000
FILES = tuple(
    FIXTURES / path
    for path in (
        "windows/x64/gauge.pdb",
        "windows/x64-publics/gauge.pdb",
        "windows/x86/gauge.pdb",
        "windows/x64-mingw/gauge.exe",
        "elf/x86_64-gcc-dwarf5/gauge.debug",
        "elf/x86_64-gcc-lto/gauge.debug",
        "elf/x86-clang-dwarf3/gauge.debug",
        "apple/macos-x86_64-dwarf4/gauge.dSYM/Contents/Resources/DWARF/gauge",
    )
)
READ_IN_PART = {path for path in FILES if "publics" not in path.parts[-2] and "lto" not in path.parts[-2]}
"""The others have no lines, or their sections are compressed."""


class _Whole(SymbolStore):
    """A store that makes an index of each file."""

    resolve_in_part = SymbolStore.resolve


@pytest.fixture(autouse=True)
def _small_files_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debug_file_in_part, "LARGE", 0)
    monkeypatch.setattr(debug_file_in_part, "_MOST", float("inf"))


@cache
def build(path: Path) -> DebugFile:
    return next(one for one in debug_files(path) if one.debug_id is not None)


def crash(path: Path, rva: int, words: list[int]) -> bytes:
    one = build(path)
    assert one.debug_id is not None
    return stack_dump(one.name, one.debug_id, BASE, SIZE, rva, words, is_x86=one.arch == "x86")


def report(store: SymbolStore, dump: bytes) -> bytes:
    return Session(store, jobs=1).report_json(dump).replace(store.dir.encode(), b"/store")


def made(store: Path, suffix: str) -> list[str]:
    return [path.name for path in store.rglob(f"*{suffix}")]


_WORD = st.one_of(
    st.integers(BASE + 0x1000, BASE + 0x3000),
    st.integers(0, 64).map(lambda at: STACK + 8 * at),
    st.integers(0, 64),
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_a_report_from_parts_is_that_from_the_index(tmp_path_factory: pytest.TempPathFactory, path: Path) -> None:
    folder = tmp_path_factory.mktemp("stores")
    part, whole = SymbolStore(folder / "part", sources=[path]), _Whole(folder / "whole", sources=[path])

    @settings(max_examples=60, deadline=None)
    @given(rva=st.integers(0xFF0, 0x3000), words=st.lists(_WORD, min_size=1, max_size=64))
    def compare(rva: int, words: list[int]) -> None:
        dump = crash(path, rva, words)
        assert report(part, dump) == report(whole, dump)

    compare()
    assert bool(made(folder / "part", ".syx")) == (path not in READ_IN_PART)
    assert made(folder / "whole", ".syx")


@pytest.mark.corpora
def test_reports_of_real_crashes(tmp_path: Path) -> None:
    sources = [CORPORA / "live" / "binaries", CORPORA / "debug-files" / "linux"]
    part, whole = SymbolStore(tmp_path / "part", sources=sources), _Whole(tmp_path / "whole", sources=sources)
    dumps = sorted((CORPORA / "live").glob("*.dmp"))
    assert len(dumps) > 10
    for dump in dumps:
        data = dump.read_bytes()
        assert report(part, data) == report(whole, data), dump.name
    assert len(made(tmp_path / "part", ".first")) > 3
    assert len(made(tmp_path / "part", ".syx")) < len(made(tmp_path / "whole", ".syx"))


@pytest.fixture
def path() -> Path:
    return FILES[0]


def test_the_next_process_makes_the_index(tmp_path: Path, path: Path) -> None:
    dump = crash(path, 0x1200, [BASE + 0x1100] * 8)
    first = report(SymbolStore(tmp_path, sources=[path]), dump)
    assert (len(made(tmp_path, ".first")), made(tmp_path, ".syx")) == (1, [])
    assert report(SymbolStore(tmp_path, sources=[path]), dump) == first
    assert len(made(tmp_path, ".syx")) == 1
    # With the index there is nothing to read in part.
    assert report(SymbolStore(tmp_path, sources=[path]), dump) == first
    # What is not needed any more goes with the rest.
    assert trim(os.fspath(tmp_path), unused_for=0.0, now=4e9).left == 0


def test_a_process_with_many_crashes_makes_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    monkeypatch.setattr(debug_file_in_part, "_MOST", 1.0)
    monkeypatch.setattr(debug_file_in_part, "_BYTES_PER_ADDRESS", path.stat().st_size // 100)
    store, whole = SymbolStore(tmp_path / "a", sources=[path]), _Whole(tmp_path / "b", sources=[path])
    session = Session(store, jobs=1)
    for number in range(40):
        dump = crash(path, 0x1200, [BASE + 0x1100 + 8 * number + at for at in range(0, 0x400, 0x40)])
        assert session.report_json(dump).replace(store.dir.encode(), b"/store") == report(whole, dump)
        assert bool(made(tmp_path / "a", ".syx")) <= (number > 0)
    assert made(tmp_path / "a", ".syx")


def test_without_a_place_for_the_index_no_report_waits(tmp_path: Path, path: Path) -> None:
    # A file in the place of the folder.
    store = tmp_path / "store"
    store.write_bytes(b"")
    dump = crash(path, 0x1200, [BASE + 0x1100])
    expected = report(_Whole(tmp_path / "whole", sources=[path]), dump)
    for _ in range(2):
        opened = SymbolStore(store, sources=[path])
        assert report(opened, dump) == expected
        assert opened.resolve_in_part("gauge.pdb", build(path).debug_id or "").in_part is not None


def test_a_file_that_changes_while_it_is_used(tmp_path: Path, path: Path) -> None:
    copy = tmp_path / "gauge.pdb"
    copy.write_bytes(path.read_bytes())
    store = SymbolStore(tmp_path / "store", sources=[copy])
    session = Session(store, jobs=1)
    session.report_json(crash(path, 0x1200, [BASE + 0x1100]))
    copy.write_bytes(b"other")
    document = session.report(crash(path, 0x1300, [BASE + 0x1180]))
    [module] = document.modules
    assert module.symbols is not None
    assert module.symbols.status == "malformed"


def test_other_entrances_use_the_index(tmp_path: Path, path: Path) -> None:
    store = SymbolStore(tmp_path, sources=[path])
    found = store.resolve("gauge.pdb", build(path).debug_id or "")
    assert found.in_part is None
    assert made(tmp_path, ".syx")
    assert not made(tmp_path, ".first")


def test_the_size_from_which_on_files_are_read_in_part(tmp_path: Path, path: Path) -> None:
    large = tmp_path / "gauge.pdb"
    # Bytes after the last page belong to no stream.
    large.write_bytes(path.read_bytes().ljust((16 << 20) + 1, b"\xa5"))
    dump = tmp_path / "crash.dmp"
    dump.write_bytes(crash(path, 0x1200, [BASE + 0x1100]))
    for file, in_part in ((path, False), (large, True)):
        store = tmp_path / f"store-{in_part}"
        command = [
            sys.executable,
            "-m",
            "symbolicate",
            "report",
            "--store",
            *map(str, (store, "--symbols", file, dump)),
        ]
        subprocess.run(command, check=True, capture_output=True)
        assert bool(made(store, ".first")) == in_part
        assert bool(made(store, ".syx")) != in_part
