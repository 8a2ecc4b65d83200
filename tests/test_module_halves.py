"""The two halves of a module, symbols and unwind tables, by id from whatever files have them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from places import CORPORA
from symbolicate import SymbolStore, process
from symbolicate._native import debug_files
from symbolicate.symbols.module_line import ModuleLine
from symbolicate.symbols.resolution import Wanted
from symbolicate.symbols.sources import DirectorySource

pytestmark = pytest.mark.corpora

LINUX = CORPORA / "debug-files" / "dump_syms" / "linux"
STRIPPED, DEBUG, FULL = LINUX / "basic.stripped", LINUX / "basic.dbg", LINUX / "basic.full"
LIVE = CORPORA / "live"
DUMP = LIVE / "android_crash.aarch64_abort.dmp"
BINARY = LIVE / "binaries" / "crash.aarch64-linux-gnu"


def id_of(path: Path) -> str:
    [build] = debug_files(path)
    assert build.debug_id is not None
    return build.debug_id


def code_id_of(path: Path) -> str:
    [build] = debug_files(path)
    assert build.code_id is not None
    return build.code_id


def copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    return target


def layouts(name: str, path: Path) -> dict[str, str]:
    build_id, debug_id = code_id_of(path), id_of(path)
    return {
        "flat": name,
        "renamed": "a b.bin",
        "deep": f"x/y/z/{name}",
        "build-id folders": f".build-id/{build_id[:2]}/{build_id[2:]}.debug",
        "symbol server": f"{name}/{debug_id}/{name}",
        "symbol server for build ids": f"{name}/elf-buildid-{build_id}/{name}",
    }


@pytest.mark.parametrize("layout", layouts("basic", FULL))
def test_a_binary_is_found_in_any_layout(tmp_path: Path, layout: str) -> None:
    copy(FULL, tmp_path / "symbols" / layouts("basic", FULL)[layout])
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "symbols"])
    for wanted in (("basic", id_of(FULL)), ("other", id_of(FULL).lower()), ("", "", "basic", code_id_of(FULL))):
        found = store.resolve(*wanted)
        assert found.status == "loaded", wanted
        assert [tables.names for tables in found.unwind] == [[".eh_frame"]]
        assert found.unwind[0].location == found.path
    other = store.resolve("basic", id_of(BINARY))
    assert (other.symbols, other.unwind) == (None, ())
    assert {one.outcome for one in other.candidates} <= {"missing", "mismatched"}


def test_the_halves_come_from_two_files(tmp_path: Path) -> None:
    assert id_of(STRIPPED) == id_of(DEBUG)
    binary, debug = copy(STRIPPED, tmp_path / "symbols" / "a"), copy(DEBUG, tmp_path / "symbols" / "z")
    found = SymbolStore(tmp_path / "store", sources=[tmp_path / "symbols"]).resolve("basic", id_of(DEBUG))
    assert found.path == str(debug)
    assert found.symbols is not None
    assert found.symbols.counts["lines"] > 0
    assert [(tables.location, tables.names) for tables in found.unwind] == [(str(binary), [".eh_frame"])]
    assert [(one.location, one.outcome) for one in found.unwind_candidates] == [(str(binary), "found")]
    # In another source, and beside a text that gives the names.
    binary = Path(shutil.move(binary, tmp_path / "elsewhere"))
    copy(LINUX / "basic.full.sym", tmp_path / "texts" / "basic" / id_of(DEBUG) / "basic.sym")
    for first in ("symbols", "texts"):
        found = SymbolStore(tmp_path / "store", sources=[tmp_path / first, binary]).resolve("basic", id_of(DEBUG))
        assert found.path.startswith(str(tmp_path / first))
        assert [tables.location for tables in found.unwind] == [str(binary)]


def test_tables_are_stored_once_and_again_for_a_changed_file(tmp_path: Path) -> None:
    binary = copy(FULL, tmp_path / "symbols" / "basic")

    def stored() -> dict[str, int]:
        assert SymbolStore(tmp_path / "store", sources=[tmp_path / "symbols"]).resolve("basic", id_of(FULL)).unwind
        found = (tmp_path / "store").rglob("*.unwind")
        return {path.name: path.stat().st_mtime_ns for path in found}

    before = stored()
    assert len(before) == 1
    assert stored() == before
    os.utime(binary, ns=(1, 1))
    assert len(stored()) == 2


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    found = SymbolStore(tmp_path / "store", sources=[LINUX]).resolve("basic", id_of(FULL))
    assert found.status == "loaded"
    assert found.unwind


def test_a_damaged_binary_does_not_hide_the_other_half(tmp_path: Path) -> None:
    data = bytearray(FULL.read_bytes())
    copy(DEBUG, tmp_path / "symbols" / "z")
    for cut in (70, 1000, len(data) // 2, len(data) - 100):
        (tmp_path / "symbols" / "a").write_bytes(data[:cut])
        found = SymbolStore(tmp_path / "store", sources=[tmp_path / "symbols"]).resolve("basic", id_of(DEBUG))
        assert found.symbols is not None
        assert found.symbols.counts["lines"] > 0


def test_the_report_names_the_file_of_each_half(tmp_path: Path) -> None:
    report = process(DUMP, symbols=SymbolStore(tmp_path / "store", sources=[LIVE / "binaries"]))
    [module] = [one for one in report.modules or () if one.debug_id == id_of(BINARY)]
    assert module.symbols is not None
    assert module.symbols.status == "loaded"
    [unwind] = module.symbols.unwind or ()
    assert (unwind.location, unwind.tables) == (str(BINARY), (".eh_frame",))
    trusts = [frame.trust for frame in (report.crashing_thread.frames if report.crashing_thread else None) or ()]
    assert trusts[0] == "context"
    assert trusts[1] == "cfi"
    assert "scan" not in trusts


def test_a_time_stamp_of_zero_is_no_id() -> None:
    """A PE file of a linker that writes no time has an id that files of many builds have; its name has to be right."""
    wanted = Wanted("", "", "app.exe", "000000001a000")
    assert wanted.is_of(ModuleLine("", "App.exe", "000000001a000"))
    assert not wanted.is_of(ModuleLine("", "other.exe", "000000001a000"))
    assert Wanted("", "", "app.exe", "5a1b2c3d1a000").is_of(ModuleLine("", "other.exe", "5a1b2c3d1a000"))


def test_a_folder_is_listed_once(tmp_path: Path) -> None:
    copy(FULL, tmp_path / "basic")
    source = DirectorySource(tmp_path)
    first = list(source.candidates(Wanted("basic", id_of(FULL))))
    copy(DEBUG, tmp_path / "more")
    assert list(source.candidates(Wanted("basic", id_of(FULL)))) == first
    source.refresh()
    assert len(list(source.candidates(Wanted("basic", id_of(FULL))))) == len(first) + 1


def test_both_halves_are_kept_by_add(tmp_path: Path) -> None:
    store = SymbolStore(tmp_path / "store")
    # In either order: what has more is used.
    for number, files in enumerate(((STRIPPED, DEBUG), (DEBUG, STRIPPED))):
        store = SymbolStore(tmp_path / f"store-{number}")
        added = [one for file in files for one in store.add_all(file)]
        assert [one.unwind for one in added if one.source == str(STRIPPED)] == [(".eh_frame",)]
        found = SymbolStore(store.dir).resolve("basic.stripped", id_of(DEBUG))
        assert found.symbols is not None
        assert found.symbols.counts["lines"] > 0
        # The text that was made of the stripped file has the rules, too.
        assert [tables.names for tables in found.unwind] == [[".eh_frame"], ["STACK CFI"]]
        assert all(tables.location.startswith(store.dir) for tables in found.unwind)
        listed = list(SymbolStore(store.dir).find(id_of(DEBUG).lower()))
        assert sorted({Path(path).suffix for path in listed}) == [".sym", ".unwind"]
