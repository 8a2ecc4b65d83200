"""`symbols add`: folders and archives into the store, and Breakpad text for other tools."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from elftools.elf.elffile import ELFFile

from places import CORPORA, FIXTURES
from symbolicate import SymbolFileError, SymbolStore
from symbolicate._native import GENERATOR, SymbolFile, debug_file_formats, debug_files
from symbolicate.cli import main
from symbolicate.symbols.trim import trim
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM
from tiny_mach_o import DEBUG_ID as MACH_O_ID
from tiny_mach_o import mach_o

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run

    Program = Callable[..., Run]

LINUX = CORPORA / "debug-files" / "dump_syms" / "linux"
WINDOWS = CORPORA / "debug-files" / "dump_syms" / "windows"
STRIPPED, DEBUG = LINUX / "basic.stripped", LINUX / "basic.dbg"


def archive(path: Path, **files: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files.items():
            target.writestr(name, data)
    return path


def _functions_with_rules(path: Path) -> set[tuple[bytes, ...]]:
    lines = (line.split() for line in path.read_bytes().splitlines())
    return {tuple(words[3:5]) for words in lines if words[:3] == [b"STACK", b"CFI", b"INIT"]}


def left(store: Path) -> list[str]:
    """What is in a store besides the files that it is for."""
    found = [path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file()]
    return [path for path in found if not path.startswith(("symbols/", "index/", "unwind/"))]


def test_an_archive_is_added_as_a_folder(run: Program, tmp_path: Path) -> None:
    inner = archive(tmp_path / "inner.zip", **{"lib/app": mach_o([b"f"])}).read_bytes()
    files = {f"symbols/{DEBUG_FILE}/app.sym": SYM, "native-debug-symbols.zip": inner, "notes.txt": b"n"}
    path = archive(tmp_path / "all.zip", **files)
    done = run("symbols", "add", path, "--store", tmp_path / "store")
    assert done.code == 0
    assert sorted(line.split()[0] for line in done.text.splitlines()) == sorted([DEBUG_ID, MACH_O_ID])
    assert done.err == "symbolicate: 2 added\n"
    store = SymbolStore(tmp_path / "store")
    assert store.resolve(DEBUG_FILE, DEBUG_ID).status == "loaded"
    assert store.resolve("app", MACH_O_ID).status == "loaded"
    assert left(tmp_path / "store") == []
    again = run("symbols", "add", path, "--store", tmp_path / "store")
    assert (again.code, again.text, again.err) == (0, done.text, "symbolicate: 2 there already\n")


def test_what_is_wrong_in_an_archive_is_refused_by_its_name(run: Program, tmp_path: Path) -> None:
    files = {"a/bad.sym": b"nothing", "good.sym": SYM, "cut.zip": b"PK\3\4", "cut": mach_o([b"f"])[:60]}
    done = run("symbols", "add", archive(tmp_path / "all.zip", **files), "--store", tmp_path / "store")
    assert done.code == 1
    assert done.text.startswith(DEBUG_ID)
    lines = done.err.splitlines()
    assert lines[-1].endswith("1 added") or "1 added" in lines[-1]
    assert f"symbolicate: {tmp_path}/all.zip: a/bad.sym: not a symbol file, a debug file or a binary" in lines
    assert any(line.startswith(f"symbolicate: {tmp_path}/all.zip: cut.zip: the archive is cut") for line in lines)
    assert str(tmp_path / "store") not in done.err


@pytest.mark.parametrize("data", [b"PK\3\4", gzip.compress(b"\0" * 100), b"MSCF\0\0\0\0"])
def test_an_archive_without_symbols_is_refused(run: Program, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    done = run("symbols", "add", tmp_path / "a.zip", "--store", tmp_path / "store")
    assert (done.code, done.text) == (1, "")
    assert done.err.startswith(f"symbolicate: {tmp_path}/a.zip: ")
    assert "Traceback" not in done.err
    assert left(tmp_path / "store") == []


def test_names_in_an_archive_stay_in_the_store(run: Program, tmp_path: Path) -> None:
    path = archive(tmp_path / "in" / "all.zip", **{"../../out.sym": SYM, "/w/out.sym": SYM})
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    assert run("symbols", "add", path, "--store", tmp_path / "in" / "store").code == 0
    after = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    assert [path for path in after if path not in before and path.parts[:2] != ("in", "store")] == []


def test_a_killed_add_leaves_what_gc_removes(tmp_path: Path) -> None:
    big = archive(tmp_path / "big.zip", **{f"{number}.sym": SYM + b"\n" * 100_000 for number in range(3000)})
    program = [sys.executable, "-m", "symbolicate", "symbols", "add", str(big), "--store", str(tmp_path / "store")]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL) as running:
        while not list((tmp_path / "store").rglob("*.sym")):
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    assert all(path.startswith("unpacking/") for path in left(tmp_path / "store"))
    for path in (tmp_path / "store").rglob("*"):
        os.utime(path, (1, 1))
    trim(str(tmp_path / "store"))
    assert left(tmp_path / "store") == []


def test_files_of_one_id_make_one_text(run: Program, tmp_path: Path) -> None:
    if not LINUX.is_dir():
        pytest.skip("no corpora")
    (tmp_path / "in").mkdir()
    shutil.copy(STRIPPED, tmp_path / "in" / "basic")
    [build] = debug_files(DEBUG)
    done = run("symbols", "add", "--format", "sym", "-o", tmp_path / "out", DEBUG, tmp_path / "in")
    assert (done.code, done.err) == (0, "")
    target = tmp_path / "out" / "basic" / str(build.debug_id) / "basic.sym"
    assert done.text == f"{target}\n"
    opened = SymbolFile.open(target)
    assert opened.debug_id == build.debug_id
    assert opened.counts["lines"] > 0
    assert opened.bad_records == 0
    # Only the stripped binary has unwind tables. They are those of the file that both were made from.
    theirs, ours = (_functions_with_rules(path) for path in (LINUX / "basic.full.sym", target))
    assert theirs
    assert theirs <= ours
    # Found by the same tools that find the output of dump_syms.
    found = SymbolStore(tmp_path / "store", sources=[tmp_path / "out"]).resolve("basic", str(build.debug_id))
    assert found.path == str(target)
    out = run("symbols", "add", "--format", "sym", "-o", "-", DEBUG, tmp_path / "in")
    assert (out.code, out.err) == (0, "")
    assert out.out == target.read_bytes()


def test_sym_needs_a_folder_and_one_module(run: Program, tmp_path: Path) -> None:
    (tmp_path / "a.sym").write_bytes(SYM)
    (tmp_path / "app").write_bytes(mach_o([b"f"]))
    assert run("symbols", "add", "--format", "sym", tmp_path / "app").code == 2
    assert run("symbols", "add", "-o", tmp_path / "out", tmp_path / "app").code == 2
    assert run("symbols", "add", "--format", "sym", "-o", "-", tmp_path).code == 2
    assert run("symbols", "add", "--format", "sym", "-o", tmp_path / "out", tmp_path).code == 0
    written = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.sym"))
    assert written == sorted([f"{DEBUG_FILE}/{DEBUG_ID}/app.sym", f"app/{MACH_O_ID}/app.sym"])


def test_many_files_in_parallel_come_in_order(run: Program, tmp_path: Path) -> None:
    ids = [f"{number:08X}{DEBUG_ID[8:]}" for number in range(60)]
    for number, one in enumerate(ids):
        (tmp_path / "in" / f"{number:02}.sym").parent.mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number:02}.sym").write_bytes(SYM.replace(DEBUG_ID.encode(), one.encode()))
    done = run("symbols", "add", tmp_path / "in", "-j", "7", "--store", tmp_path / "store")
    assert [line.split()[0] for line in done.text.splitlines()] == ids
    assert done.err == "symbolicate: 60 added\n"


@pytest.mark.corpora
@pytest.mark.skipif("PDB" not in debug_file_formats(), reason="no reader")
def test_a_program_and_its_pdb_are_two_halves(run: Program, tmp_path: Path) -> None:
    program, pdb = WINDOWS / "dump_syms_regtest64.exe", WINDOWS / "dump_syms_regtest64.pdb"
    [image], [build] = debug_files(program), debug_files(pdb)
    if not image.open_or_build_unwind(tmp_path / "tables").names:
        pytest.skip("no reader of .pdata")
    assert (image.debug_id, build.code_id) == (build.debug_id, None)
    assert image.code_id is not None
    # In either order, and by either id.
    for number, files in enumerate(((program, pdb), (pdb, program))):
        store = tmp_path / f"store-{number}"
        for file in files:
            assert run("symbols", "add", file, "--store", store).code == 0
        found = SymbolStore(store).resolve("renamed.pdb", str(build.debug_id), "renamed.exe", image.code_id)
        assert found.symbols is not None
        assert found.symbols.counts["lines"] > 0
        assert [tables.names for tables in found.unwind] == [[".pdata"]]
    # In place, and in one text.
    found = SymbolStore(tmp_path / "other", sources=[WINDOWS]).resolve("a.pdb", str(build.debug_id))
    assert [tables.location for tables in found.unwind] == [str(program)]
    out = tmp_path / "out"
    assert run("symbols", "add", "--format", "sym", "-o", out, program, pdb).code == 0
    target = out / pdb.name / str(build.debug_id) / "dump_syms_regtest64.sym"
    opened = SymbolFile.open(target)
    assert opened.code_id is not None
    assert opened.code_id.lower() == image.code_id.lower()
    assert opened.bad_records == 0
    assert opened.counts["lines"] > 0
    assert opened.counts["cfi"] > 0
    assert target.read_bytes().splitlines()[1].endswith(b" dump_syms_regtest64.exe")


@pytest.mark.corpora
@pytest.mark.skipif("PDB" not in debug_file_formats(), reason="no reader")
def test_a_compressed_pdb_of_a_symbol_server(run: Program, tmp_path: Path) -> None:
    done = run("symbols", "add", WINDOWS / "basic32.pd_", "--store", tmp_path / "store")
    assert done.code == 0, done.err
    assert "  basic32.pdb  " in done.text
    head = (WINDOWS / "basic32.sym").read_text().split(maxsplit=5)
    assert SymbolStore(tmp_path / "store").resolve("basic32.pdb", head[3]).status == "loaded"


def test_systems_without_affinity_have_cores(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    (tmp_path / "a.sym").write_bytes(SYM)
    with pytest.raises(SystemExit) as left:
        main(["symbols", "add", "--store", str(tmp_path / "store"), str(tmp_path / "a.sym")])
    assert left.value.code == 0, capsys.readouterr()
    assert list((tmp_path / "store").iterdir())


def _without_tables(source: Path, target: Path) -> Path:
    """A copy whose headers name unwind tables that are damaged."""
    data = bytearray(source.read_bytes())
    with source.open("rb") as stream:
        section: Any = ELFFile(stream).get_section_by_name(".eh_frame")
        start, size = section["sh_offset"], section["sh_size"]
    data[start : start + size] = b"\xff" * size
    target.parent.mkdir()
    target.write_bytes(data)
    [build] = debug_files(target)
    assert build.unwind_tables
    return target


def test_damaged_tables_do_not_replace_good_ones(tmp_path: Path) -> None:
    image = FIXTURES / "elf/x86_64-gcc-dwarf5/gauge"
    damaged = _without_tables(image, tmp_path / "damaged" / "gauge")
    store = SymbolStore(tmp_path / "store")
    [good] = store.add_all(image)
    kept = good.unwind_path
    assert good.unwind == (".eh_frame",)
    with open(kept, "rb") as stream:
        stored = stream.read()
    with pytest.raises(SymbolFileError):
        store.add_all(damaged)
    with open(kept, "rb") as stream:
        assert stream.read() == stored
    assert [path for path in left(tmp_path / "store") if "converted" not in path] == []
    assert os.listdir(os.path.dirname(kept)) == [os.path.basename(kept)]


def test_what_is_there_already_is_not_new(tmp_path: Path) -> None:
    folder = FIXTURES / "elf/x86_64-gcc-dwarf5"
    store = SymbolStore(tmp_path / "store")
    for file in (folder / "gauge", folder / "gauge.debug"):
        assert [[one.is_new for one in store.add_all(file)] for _ in range(2)] == [[True], [False]]
    # A text of this id stays, of whatever time, if the file has only a symbol table.
    other = SymbolStore(tmp_path / "other")
    binary = FIXTURES / "apple/images/macos-arm64-dwarf5/gauge"
    [first] = other.add_all(binary)
    os.utime(first.path, (1, 1))
    [again] = other.add_all(binary)
    assert (first.is_new, again.is_new) == (True, False)


def of_earlier_version(text: Path, *, without: bytes = b"\0") -> bytes:
    """Make a text of a store one that an earlier version made, which did not read some records; returns what it was."""
    about, now = text.stat(), text.read_bytes()
    lines = [line for line in now.splitlines(keepends=True) if not line.startswith(without)]
    head = f"INFO GENERATOR {GENERATOR}\n".encode()
    assert head in lines
    text.write_bytes(b"".join(lines).replace(head, b"INFO GENERATOR symbolicate 0.0.1\n"))
    os.utime(text, ns=(about.st_atime_ns, about.st_mtime_ns))
    return now


@pytest.mark.parametrize(
    ("file", "without"),
    [
        ("elf/x86_64-gcc-dwarf5/gauge.debug", b"INLINE"),
        ("windows/x64/gauge.pdb", b"INLINE"),
        ("windows/x64-publics/gauge.pdb", b"\0"),  # a symbol table alone
        ("apple/images/macos-arm64-dwarf5/gauge", b"\0"),
    ],
)
def test_a_text_of_an_earlier_version_is_made_again(tmp_path: Path, file: str, without: bytes) -> None:
    store = SymbolStore(tmp_path)
    [first] = store.add_all(FIXTURES / file)
    text = Path(first.path)
    whole = of_earlier_version(text, without=without)
    [again] = SymbolStore(tmp_path).add_all(FIXTURES / file)
    assert (again.path, again.is_new, text.read_bytes()) == (first.path, True, whole)
    assert again.symbols.counts == first.symbols.counts
    assert [one.is_new for one in SymbolStore(tmp_path).add_all(FIXTURES / file)] == [False]


def test_a_text_of_an_earlier_version_does_not_give_way_to_less(tmp_path: Path) -> None:
    folder = FIXTURES / "elf/x86_64-gcc-dwarf5"
    store = SymbolStore(tmp_path)
    [first] = store.add_all(folder / "gauge.debug")
    text = Path(first.path)
    of_earlier_version(text)
    before = text.read_bytes()
    stripped = tmp_path / "stripped"
    subprocess.run(["strip", "-o", stripped, folder / "gauge"], check=True)
    for one in SymbolStore(tmp_path).add_all(stripped):
        assert one.path != first.path or not one.is_new or one.unwind
    assert text.read_bytes() == before


def test_unwind_tables_of_an_earlier_version_that_read_fewer_are_made_again(tmp_path: Path) -> None:
    binary = FIXTURES / "elf/x86_64-gcc-dwarf5/gauge"
    store = SymbolStore(tmp_path)
    [first] = store.add_all(binary)
    tables = Path(first.unwind_path)
    whole = tables.read_bytes()
    # A file without any table in its place, of the same state of the binary.
    tables.write_bytes(b"")
    [again] = SymbolStore(tmp_path).add_all(binary)
    assert again.unwind == first.unwind
    assert tables.read_bytes() == whole


@pytest.mark.parametrize("command", [("add",), ("check",)])
def test_a_damaged_file_in_a_folder_is_named(run: Program, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "d").mkdir()
    shutil.copy(FIXTURES / "windows" / "x64" / "gauge.exe", tmp_path / "d")
    pdb = (FIXTURES / "windows" / "x64" / "gauge.pdb").read_bytes()
    (tmp_path / "d" / "gauge.pdb").write_bytes(pdb[: len(pdb) // 2])
    (tmp_path / "d" / "notes.txt").write_text("text beside them is not of interest")
    store = ("--store", str(tmp_path / "store")) if command == ("add",) else ()
    done = run("symbols", *command, tmp_path / "d", *store)
    assert done.code == 1
    assert "gauge.pdb" in done.text + done.err
    assert "outside the file" in done.text + done.err
    assert "notes.txt" not in done.text + done.err
