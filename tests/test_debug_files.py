"""Mach-O files and dSYM bundles as symbols: found by UUID wherever they lie, converted once, then as any other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from places import CORPORA, FIXTURES
from symbolicate import SymbolStore
from symbolicate._native import DebugFile, SymbolFile, debug_files, find_debug_files
from symbolicate.errors import SymbolFileError, SymbolSourceError
from tiny_mach_o import DEBUG_ID as MACH_O_ID
from tiny_mach_o import fat, mach_o

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run

    Program = Callable[..., Run]

APPLE = FIXTURES / "apple"
INSIDE = Path("gauge.dSYM/Contents/Resources/DWARF/gauge")
ARM64 = "macos-arm64-dwarf5"
X86_64 = "macos-x86_64-dwarf4"
CRASHPROBE = CORPORA / "crashprobe"


def truth_of(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((APPLE / folder / "truth.json").read_text())
    return found


def id_of(folder: str) -> str:
    return next(iter(truth_of(folder)))


def frames(symbols: SymbolFile, address: int) -> list[tuple[str, str | None, int | None]]:
    return symbols.lookup(np.array([address], dtype=np.uint64)).frames(0)


def a_place(folder: str) -> tuple[int, list[tuple[str, str, int]]]:
    """An address where three calls are inlined, and its frames."""
    rows = truth_of(folder)[id_of(folder)]["frames"]
    address, expected = next(row for row in rows if len(row[1]) == 4)
    return address, [tuple(frame) for frame in expected]


@pytest.fixture
def store_dir(tmp_path: Path) -> Path:
    return tmp_path / "store"


def copy_bundle(folder: str, target: Path) -> Path:
    shutil.copytree(APPLE / folder / "gauge.dSYM", target)
    return target


@pytest.mark.parametrize("where", ["plain", "nested", "archive", "renamed", "bare", "bundle", "file"])
def test_found_by_uuid(where: str, tmp_path: Path, store_dir: Path) -> None:
    place = tmp_path / "symbols"
    inner = Path("Contents/Resources/DWARF")
    given = place
    if where == "plain":
        copy_bundle(ARM64, place / "gauge.dSYM")
    elif where == "nested":
        copy_bundle(ARM64, place / "2026" / "build 7" / "gauge.app.dSYM")
        # What the Finder's archives leave beside every file.
        junk = place / "__MACOSX" / "2026" / "gauge.app.dSYM" / inner
        junk.mkdir(parents=True)
        shutil.copy(APPLE / ARM64 / INSIDE, junk / "gauge")
        (place / "2026" / "build 7" / "gauge.app.dSYM" / inner / "._gauge").write_bytes(b"\x00\x05\x16\x07junk")
        (place / "2026" / "notes.txt").write_text("no Mach-O file")
    elif where == "archive":
        copy_bundle(ARM64, place / "Gauge.xcarchive" / "dSYMs" / "gauge.app.dSYM")
        app = place / "Gauge.xcarchive" / "Products" / "Applications" / "Gauge.app"
        app.mkdir(parents=True)
        shutil.copy(APPLE / "images" / ARM64 / "gauge", app / "gauge")
    elif where == "renamed":
        copy_bundle(ARM64, place / f"{id_of(ARM64)}.dSYM")
    elif where == "bare":
        place.mkdir()
        shutil.copy(APPLE / ARM64 / INSIDE, place / "gauge")
    elif where == "bundle":
        given = copy_bundle(ARM64, place / "gauge.dSYM")
    else:
        given = APPLE / ARM64 / INSIDE
    store = SymbolStore(store_dir, sources=[given])
    found = store.resolve("gauge", id_of(ARM64))
    assert found.status == "loaded"
    assert found.symbols is not None
    assert found.path.endswith("/gauge")
    assert "__MACOSX" not in found.path
    assert "Products" not in found.path
    address, expected = a_place(ARM64)
    assert frames(found.symbols, address) == expected
    # The name in the crash may be another, such as of a renamed program; lower case and dashes do no harm.
    assert store.resolve("Gauge Beta", id_of(ARM64).lower()).status == "loaded"


def test_converted_once(tmp_path: Path, store_dir: Path) -> None:
    bundle = copy_bundle(ARM64, tmp_path / "gauge.dSYM")
    for _ in range(2):
        assert SymbolStore(store_dir, sources=[tmp_path]).resolve("gauge", id_of(ARM64)).status == "loaded"
    made = sorted(path for path in store_dir.rglob("*") if path.is_file())
    assert [path.suffix for path in made] == [".syx", ".unwind"]
    before = [path.stat().st_mtime_ns for path in made]
    assert SymbolStore(store_dir, sources=[tmp_path]).resolve("gauge", id_of(ARM64)).status == "loaded"
    assert [path.stat().st_mtime_ns for path in made] == before
    # Another file of the same id: nobody knows what is different in it.
    os.utime(bundle / "Contents/Resources/DWARF/gauge", ns=(1, 1))
    assert SymbolStore(store_dir, sources=[tmp_path]).resolve("gauge", id_of(ARM64)).status == "loaded"
    assert len(list(store_dir.rglob("*.syx"))) == 2


def test_store_that_cannot_be_written(tmp_path: Path) -> None:
    in_the_way = tmp_path / "store"
    in_the_way.write_text("")
    found = SymbolStore(in_the_way, sources=[APPLE / ARM64]).resolve("gauge", id_of(ARM64))
    assert found.status == "loaded"
    assert found.symbols is not None
    address, expected = a_place(ARM64)
    assert frames(found.symbols, address) == expected


def test_dsym_is_better_than_its_image(tmp_path: Path, store_dir: Path) -> None:
    shutil.copytree(APPLE / "images" / ARM64, tmp_path / "a")
    found = SymbolStore(store_dir, sources=[tmp_path]).resolve("gauge", id_of(ARM64))
    assert found.symbols is not None
    assert found.symbols.counts["functions"] > 10
    assert found.symbols.counts["lines"] == 0
    copy_bundle(ARM64, tmp_path / "z.dSYM")
    found = SymbolStore(store_dir, sources=[tmp_path]).resolve("gauge", id_of(ARM64))
    assert found.symbols is not None
    assert found.symbols.counts["lines"] > 10


def test_slice_of_a_fat_file_by_uuid(store_dir: Path) -> None:
    store = SymbolStore(store_dir, sources=[APPLE / "fat"])
    for folder, arch in ((ARM64, "arm64"), (X86_64, "x86_64")):
        found = store.resolve("gauge", id_of(folder))
        assert found.status == "loaded"
        assert found.symbols is not None
        assert found.symbols.arch == arch
        address, expected = a_place(folder)
        assert frames(found.symbols, address) == expected


def test_breakpad_file_of_an_apple_module(tmp_path: Path, store_dir: Path) -> None:
    [build] = debug_files(APPLE / ARM64 / INSIDE)
    build.convert(tmp_path / "somewhere.sym")
    found = SymbolStore(store_dir, sources=[tmp_path]).resolve("gauge", id_of(ARM64))
    assert (found.status, found.path) == ("loaded", str(tmp_path / "somewhere.sym"))


def test_another_build(store_dir: Path) -> None:
    other = id_of(X86_64)
    missing = SymbolStore(store_dir, sources=[APPLE / ARM64]).resolve("gauge", other)
    assert missing.status == "missing"
    in_layout, *inside, own = missing.candidates
    assert (in_layout.outcome, own.outcome) == ("missing", "missing")
    found = [(one.outcome, one.detail, one.source) for one in inside]
    assert found == [("mismatched", id_of(ARM64), str(APPLE / ARM64))] * len(inside) != []
    mismatch = SymbolStore(store_dir, sources=[APPLE / ARM64 / INSIDE]).resolve("gauge", other)
    assert (mismatch.status, mismatch.detail) == ("mismatch", id_of(ARM64))


def test_damaged_file(tmp_path: Path, store_dir: Path) -> None:
    whole = (APPLE / ARM64 / INSIDE).read_bytes()
    (tmp_path / "gauge").write_bytes(whole[:40])
    with pytest.raises(SymbolSourceError, match="cut"):
        SymbolStore(store_dir, sources=[tmp_path / "gauge"])
    damaged = SymbolStore(store_dir, sources=[tmp_path]).resolve("gauge", id_of(ARM64))
    assert (damaged.status, damaged.path) == ("malformed", str(tmp_path / "gauge"))
    assert SymbolStore(store_dir, sources=[tmp_path]).resolve("other", id_of(ARM64)).status == "missing"
    # The headers are whole, the DWARF is not: what is left of it is used.
    (tmp_path / "gauge").write_bytes(whole[: len(whole) // 2])
    assert SymbolStore(store_dir, sources=[tmp_path]).resolve("gauge", id_of(ARM64)).status == "loaded"


def test_file_that_changed(tmp_path: Path) -> None:
    path = tmp_path / "gauge"
    shutil.copy(APPLE / ARM64 / INSIDE, path)
    [build] = debug_files(path)
    path.write_bytes((APPLE / X86_64 / INSIDE).read_bytes())
    with pytest.raises(SymbolFileError, match="changed"):
        build.open()
    path.unlink()
    with pytest.raises(SymbolFileError, match="No such file"):
        build.convert(tmp_path / "made.sym")
    assert list(tmp_path.iterdir()) == []


RESOLVE = """
import sys
from symbolicate import SymbolStore
input()
found = SymbolStore(sys.argv[1], sources=[sys.argv[2]]).resolve("gauge", sys.argv[3])
print(found.symbols.counts["functions"] if found.symbols is not None else 0)
"""


def test_several_processes_at_once(store_dir: Path) -> None:
    command = [sys.executable, "-c", RESOLVE, str(store_dir), str(APPLE), id_of(ARM64)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(4)]
    for process in processes:  # all have begun before the first may go on
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    counts = [int(process.communicate()[0]) for process in processes]
    assert len(set(counts)) == 1
    assert counts[0] > 10
    # The tables of the image, of its dSYM, of the one in the fat file, and of the one with lines alone.
    assert sorted(path.suffix for path in store_dir.rglob("*") if path.is_file()) == [".syx", *[".unwind"] * 4]


def test_folders_that_lead_in_circles(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "a" / "pipe")
    copy_bundle(ARM64, tmp_path / "a" / "b" / "gauge.dSYM")
    files, refused, cut, has_only_texts = find_debug_files(tmp_path)
    assert (refused, has_only_texts) == ([], False)
    assert [(file.name, file.arch, cut) for file in files] == [("gauge", "arm64", False)]


def put_text(folder: Path) -> None:
    folder.joinpath("app.pdb", "1" * 33).mkdir(parents=True)
    folder.joinpath("app.pdb", "1" * 33, "app.sym").write_bytes(b"MODULE")


def test_a_folder_with_symbol_files_in_text_alone(tmp_path: Path) -> None:
    put_text(tmp_path)
    assert find_debug_files(tmp_path) == ([], [], False, True)


@pytest.mark.parametrize("name", ["app.pd_", "breakpad", "index2.txt", ".hidden.pdb", "__MACOSX", "app.syx", "APP.SYM"])
def test_a_folder_with_anything_else(tmp_path: Path, name: str) -> None:
    put_text(tmp_path)
    (tmp_path / "app.pdb" / name).write_bytes(b"?")
    assert find_debug_files(tmp_path) == ([], [], False, False)


@pytest.mark.parametrize(
    "kind", ["link to a folder", "link to a file", "folder called a text", "folder that is denied"]
)
def test_a_folder_where_anything_else_may_be(tmp_path: Path, kind: str) -> None:
    put_text(tmp_path / "symbols")
    put_text(tmp_path / "elsewhere")
    place = tmp_path / "symbols" / "app.sym"
    if kind.startswith("link"):
        place.symlink_to(
            tmp_path / "elsewhere" if "folder" in kind else tmp_path / "elsewhere/app.pdb" / ("1" * 33) / "app.sym"
        )
    elif "called" in kind:
        place.mkdir()
    else:
        place = tmp_path / "symbols" / "denied"
        place.mkdir(mode=0o111)
        if os.access(place, os.R_OK):
            pytest.skip("this user may read everything")
    assert find_debug_files(tmp_path / "symbols") == ([], [], False, False)


def test_java_class_is_no_fat_file(tmp_path: Path) -> None:
    (tmp_path / "A.class").write_bytes(bytes.fromhex("cafebabe 0000 0034") + bytes(64))
    assert debug_files(tmp_path / "A.class") == []


def test_add(run: Program, tmp_path: Path, store_dir: Path) -> None:
    copy_bundle(ARM64, tmp_path / "in" / "gauge.dSYM")
    shutil.copytree(APPLE / "images", tmp_path / "in" / "images")
    result = run("symbols", "add", tmp_path / "in", "--store", store_dir)
    assert result.code == 0, result.err
    assert {line.split()[0] for line in result.text.splitlines()} == {id_of(ARM64), id_of(X86_64)}
    assert "lines" in result.text
    assert " functions, " in result.text
    shutil.rmtree(tmp_path / "in")
    found = SymbolStore(store_dir).resolve("gauge", id_of(ARM64))
    assert found.path == str(store_dir / "symbols" / "gauge" / id_of(ARM64) / "gauge.sym")
    assert found.symbols is not None
    address, expected = a_place(ARM64)
    assert frames(found.symbols, address) == expected
    # An image that comes later knows less and does not replace it.
    again = run("symbols", "add", APPLE / "images" / ARM64 / "gauge", "--store", store_dir)
    assert again.code == 0
    assert "lines" in again.text


def test_add_fat(run: Program, store_dir: Path) -> None:
    result = run("symbols", "add", APPLE / "fat" / INSIDE, "--store", store_dir)
    assert result.code == 0, result.err
    assert {line.split()[0] for line in result.text.splitlines()} == {id_of(ARM64), id_of(X86_64)}


@pytest.mark.parametrize("command", ["add", "check"])
def test_what_a_limit_leaves_out_is_said(run: Program, tmp_path: Path, command: str) -> None:
    # A text of 200 MB would come of it.
    (tmp_path / "many").write_bytes(mach_o([b"n" * 100_000] * 2000))
    (tmp_path / "cut").write_bytes(mach_o([b"n" * 300_000]))
    (tmp_path / "fat").write_bytes(fat(mach_o([b"f"]), 43))
    store = ["--store", tmp_path / "store"] if command == "add" else []
    many, cut, several = (run("symbols", command, tmp_path / name, *store) for name in ("many", "cut", "fat"))
    assert (many.code, cut.code, several.code) == (0, 0, 0)
    left_out = re.search(r"([0-9,]+) functions; ([0-9,]+) parts left out or shortened: beyond a limit", many.text)
    assert left_out is not None
    assert sum(int(number.replace(",", "")) for number in left_out.groups()) == 2000
    assert "1 function; 1 part left out or shortened: beyond a limit\n" in cut.text
    assert "1 function; 42 slices not read: damaged, or overlapping others\n" in several.text


def test_damage_is_said(run: Program, tmp_path: Path, store_dir: Path) -> None:
    file = tmp_path / "gauge"
    whole = (APPLE / ARM64 / INSIDE).read_bytes()
    # A line program whose version nobody knows.
    head = bytes.fromhex("9d010000 0500 0800")
    assert whole.count(head) == 1
    file.write_bytes(whole.replace(head, head[:4] + b"\xff\xff" + head[6:]))
    result = run("symbols", "add", file, "--store", store_dir)
    assert result.code == 0
    assert re.search(r"; [0-9]+ parts? damaged; unwind tables .debug_frame$", result.text.strip())


def test_debug_files_in_a_deep_folder_are_found(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["d"] * 100)
    folder.mkdir(parents=True)
    (folder / "app").write_bytes(mach_o([b"f"]))
    files, _, is_cut, _ = find_debug_files(tmp_path)
    assert [(file.debug_id, is_cut) for file in files] == [(MACH_O_ID, False)]


def test_check(run: Program, tmp_path: Path) -> None:
    result = run("symbols", "check", APPLE / "fat" / "gauge.dSYM", APPLE / "images" / ARM64 / "gauge")
    assert result.code == 0, result.err
    text = result.text
    assert f"{id_of(X86_64)}  gauge  x86_64 dSYM, DWARF" in text
    assert f"{id_of(ARM64)}  gauge  arm64 image, no debug information" in text
    assert "functions" in text
    (tmp_path / "cut").write_bytes((APPLE / ARM64 / INSIDE).read_bytes()[:40])
    failed = run("symbols", "check", tmp_path / "cut", tmp_path)
    assert failed.code == 1
    assert "cut" in failed.err
    assert "Traceback" not in failed.err


def test_find(run: Program, store_dir: Path) -> None:
    dashed = str(uuid.UUID(id_of(ARM64)[:32]))
    for text in (id_of(ARM64), dashed):
        result = run("symbols", "find", text, "--symbols", APPLE / ARM64, "--store", store_dir)
        assert result.text.splitlines() == [str(APPLE / ARM64 / INSIDE)]


@pytest.mark.skipif(not CRASHPROBE.is_dir(), reason="needs the corpora")
def test_crashprobe(store_dir: Path) -> None:
    """Function, inlined calls, line, path and start of every frame, as Sentry's tool saw them."""
    store = SymbolStore(store_dir, sources=[CRASHPROBE])
    seen = 0
    for path in sorted(CRASHPROBE.rglob("*.truth.json")):
        for frame in json.loads(path.read_text())["frames"]:
            if "frames" not in frame:
                continue
            found = store.resolve(frame["package"], uuid.UUID(frame["debug_id"]).hex + "0")
            assert found.symbols is not None, frame
            result = found.symbols.lookup(np.array([int(frame["lookup_addr"], 16)], dtype=np.uint64))
            expected = [(inner["function"], inner["path"], inner["line"]) for inner in frame["frames"]]
            assert result.frames(0) == expected, path
            assert int(result.function_start[0]) == int(frame["frames"][-1]["sym_addr"], 16)
            seen += 1
    assert seen == 616


@pytest.mark.skipif(not CRASHPROBE.is_dir(), reason="needs the corpora")
def test_units_that_refer_to_modules_of_clang_are_not_damaged() -> None:
    builds = debug_files(next(CRASHPROBE.glob("debug/dSYMs/arm64-CrashLibiOS*/Contents/Resources/DWARF/CrashLibiOS")))
    for build in builds:
        _, losses = build.open()
        assert losses == (0, 0, 0)


def test_lief_sees_the_same_slices() -> None:
    lief = pytest.importorskip("lief")
    for path in sorted(APPLE.rglob("gauge")):
        if not path.is_file():
            continue
        fat = lief.MachO.parse(str(path))
        theirs = {bytes(binary.uuid.uuid).hex().upper() + "0" for binary in fat}
        builds: list[DebugFile] = debug_files(path)
        assert {build.debug_id for build in builds} == theirs
        for build, binary in zip(builds, fat, strict=True):
            assert (build.debug_info == "DWARF") == any(section.name == "__debug_info" for section in binary.sections)


def test_of_a_plain_and_a_compressed_pdb_the_plain_one_is_used(tmp_path: Path) -> None:
    plain, compressed = (FIXTURES / folder / "x64" / "gauge.pdb" for folder in ("windows", "windows-msfz"))
    [file], [packed] = debug_files(plain), debug_files(compressed)
    assert (file.debug_id, file.is_compressed, packed.is_compressed) == (packed.debug_id, False, True)
    # In the order of their names the compressed one is the first.
    shutil.copy(compressed, tmp_path / "a.pdb")
    identifier = file.debug_id or ""
    assert _used(tmp_path, identifier) == "a.pdb"
    shutil.copy(plain, tmp_path / "b.pdb")
    assert _used(tmp_path, identifier) == "b.pdb"


def _used(folder: Path, identifier: str) -> str:
    found = SymbolStore(folder / "store", [folder]).resolve("gauge.pdb", identifier)
    assert found.decisive is not None
    assert found.status == "loaded"
    return Path(found.candidates[found.decisive].location).name
