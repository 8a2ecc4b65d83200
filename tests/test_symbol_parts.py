"""Files that are parts of others: `.dwo` and `.dwp` files, object files, what dwz moved out of several debug files."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from places import CORPORA, FIXTURES
from symbolicate import SymbolStore
from symbolicate._native import DebugFile, debug_files, find_debug_files
from symbolicate.symbols.checking import check_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

    Program = Callable[..., Run]

SPLIT = FIXTURES / "elf/x86_64-gcc-split"
PACKAGE = FIXTURES / "elf/arm64-clang-package"
OBJECTS = FIXTURES / "apple/objects"
DWZ = CORPORA / "debug-files/samply/other/ls-linux"
UNITS = sorted(SPLIT.glob("*.dwo"))
NOT_FOUND = "in other files, which were not found"
OF_A_PROGRAM = "a part of a program's debug information (split DWARF): it is read together with the program"


def copied(folder: Path, *files: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy(file, folder)
    return folder


def counts(run: Run) -> str:
    """The counts of the first build that was added."""
    return run.text.splitlines()[0].split("  ", 2)[2]


def test_lines_are_there_without_the_units(run: Program, tmp_path: Path) -> None:
    added = run("symbols", "add", "--store", tmp_path / "store", copied(tmp_path / "bin", SPLIT / "gauge.debug"))
    assert added.code == 0
    assert f"4 parts of the debug information are {NOT_FOUND}" in added.text
    assert " lines" in added.text
    assert " inlines" not in added.text


@pytest.mark.parametrize("spelling", ["beside", "files", "folders", "inside"])
def test_units_are_used_wherever_they_were_named(spelling: str, run: Program, tmp_path: Path) -> None:
    inside = run("symbols", "add", "--store", tmp_path / "other", SPLIT)
    program = copied(tmp_path / "bin", SPLIT / "gauge.debug") / "gauge.debug"
    units = copied(tmp_path / ("bin" if spelling in {"beside", "inside"} else "obj"), *UNITS)
    named: dict[str, list[Path]] = {
        "beside": [program],
        "files": [program, *sorted(units.iterdir())],
        "folders": [program.parent, units],
        "inside": [tmp_path / "bin"],
    }
    added = run("symbols", "add", "--store", tmp_path / "store", *named[spelling])
    assert (added.code, counts(added)) == (0, counts(inside)), added
    assert " inlines" in added.text
    assert NOT_FOUND not in added.text


def test_units_that_come_later_are_added(run: Program, tmp_path: Path) -> None:
    program = copied(tmp_path / "bin", SPLIT / "gauge.debug") / "gauge.debug"
    store = tmp_path / "store"
    assert " inlines" not in run("symbols", "add", "--store", store, program).text
    both = [program, *UNITS]
    later = run("symbols", "add", "--store", store, *both)
    assert " inlines" in later.text
    assert run("symbols", "add", "--store", store, *both) == later
    # What is complete stays, though only the program was named.
    assert " inlines" in run("symbols", "add", "--store", store, program).text


def test_a_part_alone_is_named_and_beside_others_is_no_error(run: Program, tmp_path: Path) -> None:
    store = tmp_path / "store"
    alone = run("symbols", "add", "--store", store, UNITS[0])
    assert alone.code == 1
    assert alone.err == f"symbolicate: {UNITS[0]}: {OF_A_PROGRAM}\n"
    other = run("symbols", "add", "--store", store, FIXTURES / "elf/x86_64-gcc-dwarf5/gauge.debug", UNITS[0])
    assert other.code == 0
    assert OF_A_PROGRAM in other.err
    folder = copied(tmp_path / "obj", *UNITS)
    nothing = run("symbols", "add", "--store", store, folder)
    assert (nothing.code, "only object files and parts of other debug files in it" in nothing.err) == (1, True)
    text = run("symbols", "add", "--format", "sym", "-o", tmp_path / "sym", SPLIT / "gauge.debug", *UNITS)
    assert text.code == 0
    assert "INLINE " in next((tmp_path / "sym").rglob("*.sym")).read_text()


def test_a_build_folder_is_added(run: Program, tmp_path: Path) -> None:
    build = copied(tmp_path / "build", SPLIT / "gauge", SPLIT / "gauge.debug", *UNITS)
    shutil.copy(OBJECTS / "macos-arm64-dwarf5/plain.o", build)
    shutil.copy(OBJECTS / "macos-x86_64-library/libmost.a", build)
    done = run("symbols", "add", "--store", tmp_path / "store", build)
    assert done.code == 0, done.err
    assert run("symbols", "check", build).code == 0


def test_parts_are_no_modules(tmp_path: Path) -> None:
    folder = copied(tmp_path, *SPLIT.iterdir(), *PACKAGE.glob("*.dwp"), *OBJECTS.rglob("*.o"))
    builds, refused, is_cut, _ = find_debug_files(folder)
    assert ({build.name for build in builds}, refused, is_cut) == ({"gauge", "gauge.debug"}, [], False)


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        (SPLIT / "shapes.dwo", "dwo", f"{OF_A_PROGRAM}; it belongs to gauge.debug"),
        (PACKAGE / "gauge.dwp", "dwp", "it is read together with the program; it belongs to gauge.debug"),
        (OBJECTS / "macos-arm64-dwarf5/plain.o", "object file", "it belongs to gauge"),
        (
            DWZ / "coreutils.debug",
            "dwz common file",
            "these; it belongs to 260a3e6e46db57abf718f6a3562c6eedccf269.debug",
        ),
    ],
)
def test_check_says_what_a_part_is_and_what_it_belongs_to(path: Path, kind: str, said: str) -> None:
    if not path.exists():
        pytest.skip("needs the corpora")
    checked = check_file(str(path))
    assert (checked.usable, checked.problem) == (True, "")
    (build,) = checked.builds
    assert build.kind == kind
    assert said in build.part_of
    assert not build.usable_for


def test_check_names_missing_parts_and_no_others(run: Program, tmp_path: Path) -> None:
    where = "debug information of 4 units is in .dwo files or in a .dwp file"
    assert where not in run("symbols", "check", SPLIT / "gauge.debug").text
    assert where in run("symbols", "check", copied(tmp_path, SPLIT / "gauge.debug") / "gauge.debug").text
    objects = "debug information is in 5 object files, unless dsymutil made a dSYM of them"
    assert objects not in run("symbols", "check", OBJECTS / "macos-arm64-dwarf5/gauge").text
    assert objects in run("symbols", "check", FIXTURES / "apple/images/macos-arm64-dwarf5/gauge").text


@pytest.mark.skipif(not DWZ.is_dir(), reason="needs the corpora")
def test_an_address_has_one_module_beside_parts(run: Program) -> None:
    answer = run("addr", "--symbols", DWZ, "0x3bf8")
    assert (answer.code, "set_program_name" in answer.text) == (0, True), answer


def frames(build: DebugFile, address: int) -> list[Any]:
    return build.open()[0].lookup(np.array([address], dtype=np.uint64)).frames(0)


def test_object_files_are_used_like_a_bundle(run: Program, tmp_path: Path) -> None:
    truth = json.loads((FIXTURES / "apple/macos-arm64-dwarf5/truth.json").read_text())
    ((identifier, known),) = truth.items()
    address, expected = next(row for row in known["frames"] if len(row[1]) == 4)
    store = SymbolStore(tmp_path / "store", sources=[OBJECTS / "macos-arm64-dwarf5"])
    found = store.resolve("gauge", identifier)
    assert found.symbols is not None
    assert found.symbols.lookup(np.array([address], dtype=np.uint64)).frames(0) == [tuple(one) for one in expected]
    # The image alone, and later with the files, which are in another folder.
    image = copied(tmp_path / "bin", OBJECTS / "macos-arm64-dwarf5/gauge") / "gauge"
    missing = run("symbols", "add", "--store", tmp_path / "other", image)
    assert f"5 parts of the debug information are {NOT_FOUND}" in missing.text
    added = run("symbols", "add", "--store", tmp_path / "other", image, OBJECTS / "macos-arm64-dwarf5")
    assert (added.code, NOT_FOUND in added.text, " inlines" in added.text) == (0, False, True)


def test_only_files_in_the_named_folders_are_opened(tmp_path: Path) -> None:
    """A debug map may name any path: that of the file itself is not used, only its end."""
    image = copied(tmp_path / "a/b", OBJECTS / "macos-arm64-dwarf5/gauge") / "gauge"
    copied(tmp_path / "a", *(OBJECTS / "macos-arm64-dwarf5").glob("*.o"))
    (build,) = debug_files(image)
    assert build.parts() == []
    assert len(build.with_parts([tmp_path / "a"]).parts()) == 5
    one = tmp_path / "a/plain.o"
    assert build.with_parts([one]).parts() == [os.fspath(one)]
    text = (tmp_path / "a/b/gauge").read_bytes().replace(b"/plain.o", b"/../a.o/")
    image.write_bytes(text)
    assert debug_files(image)[0].parts() == []
