"""Layouts: where the files of a module lie, with the spelling that each layout's own tools use."""

from __future__ import annotations

import ntpath
import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbolicate.symbols import ids
from symbolicate.symbols.layouts.debuginfod import source_path
from symbolicate.symbols.layouts.layout import FILE_KINDS
from symbolicate.symbols.layouts.symstore import compressed, pointer
from symbolicate.symbols.layouts.table import LAYOUTS, parts_of, request_of
from symbolicate.symbols.resolution import Wanted

_WINDOWS = Wanted("Foo.pdb", "497B72F6390A44FC878E5A2D63B6CC4Bc", "Foo.EXE", "542D57AF3200a")
_BUILD_ID = "180a373d6afbabf0eb1f09be1bc45bd796a71085"
_LINUX = Wanted("libFoo.so", "3D370A18FB6AF0ABEB1F09BE1BC45BD70", "libFoo.so", _BUILD_ID)
_SHORT = Wanted("bar.so", "", "bar.so", _BUILD_ID[:32])
_APPLE = Wanted("Foo", "497B72F6390A44FC878E5A2D63B6CC4B0", "Foo", "497B72F6390A44FC878E5A2D63B6CC4B")
_OF_IMAGE = Wanted("", "", "foo.dll", "542D57AF3200a")
_UUID = "497b72f6390a44fc878e5a2d63b6cc4b"


@pytest.mark.parametrize(
    ("layout", "wanted", "kind", "expected"),
    [
        ("breakpad", _WINDOWS, "symbol file", ["Foo.pdb/497B72F6390A44FC878E5A2D63B6CC4Bc/Foo.sym"]),
        ("breakpad", _LINUX, "symbol file", ["libFoo.so/3D370A18FB6AF0ABEB1F09BE1BC45BD70/libFoo.so.sym"]),
        ("breakpad", _LINUX, "binary", []),
        ("symstore", _WINDOWS, "debug file", ["Foo.pdb/497B72F6390A44FC878E5A2D63B6CC4Bc/Foo.pdb"]),
        ("symstore", _WINDOWS, "binary", ["Foo.EXE/542D57AF3200a/Foo.EXE"]),
        ("symstore", _LINUX, "binary", [f"libFoo.so/elf-buildid-{_BUILD_ID}/libFoo.so"]),
        ("symstore", Wanted("a.pdb", "12345678a"), "debug file", ["a.pdb/12345678a/a.pdb"]),  # PDB 2.0
        ("symstore2", _WINDOWS, "debug file", ["Fo/Foo.pdb/497B72F6390A44FC878E5A2D63B6CC4Bc/Foo.pdb"]),
        ("symstore2", Wanted("a.pdb", "12345678a"), "debug file", ["a/a.pdb/12345678a/a.pdb"]),
        (
            "ssqp",
            _WINDOWS,
            "debug file",
            [f"foo.pdb/{_UUID}c/foo.pdb", f"foo.pdb/{_UUID}C/foo.pdb"],
        ),
        ("ssqp", _WINDOWS, "binary", ["foo.exe/542D57AF3200a/foo.exe", "foo.exe/542d57af3200a/foo.exe"]),
        ("ssqp", _LINUX, "binary", [f"libfoo.so/elf-buildid-{_BUILD_ID}/libfoo.so"]),
        ("ssqp", _LINUX, "debug file", [f"_.debug/elf-buildid-sym-{_BUILD_ID}/_.debug"]),
        ("ssqp", _APPLE, "binary", [f"foo/mach-uuid-{_UUID}/foo"]),
        ("ssqp", _APPLE, "debug file", [f"_.dwarf/mach-uuid-sym-{_UUID}/_.dwarf"]),
        ("buildid", _LINUX, "debug file", [f".build-id/18/{_BUILD_ID[2:]}.debug"]),
        ("buildid", _LINUX, "binary", [f".build-id/18/{_BUILD_ID[2:]}"]),
        ("buildid", _APPLE, "binary", []),
        ("lldb", _APPLE, "debug file", ["497B/72F6/390A/44FC/878E/5A2D63B6CC4B"]),
        ("lldb", _APPLE, "binary", ["497B/72F6/390A/44FC/878E/5A2D63B6CC4B.app"]),
        ("lldb", _LINUX, "binary", []),
        ("debuginfod", _LINUX, "debug file", [f"buildid/{_BUILD_ID}/debuginfo"]),
        ("debuginfod", _LINUX, "binary", [f"buildid/{_BUILD_ID}/executable"]),
        ("debuginfod", _WINDOWS, "binary", []),
        ("unified", _WINDOWS, "binary", [f"49/{_UUID[2:]}c/executable"]),
        ("unified", _WINDOWS, "symbol file", [f"49/{_UUID[2:]}c/breakpad"]),
        ("unified", _LINUX, "debug file", [f"18/{_BUILD_ID[2:]}/debuginfo"]),
        ("unified", _APPLE, "debug file", [f"49/{_UUID[2:]}/debuginfo"]),
    ],
)
def test_paths_are_spelled_as_the_layouts_tools_do(layout: str, wanted: Wanted, kind: str, expected: list[str]) -> None:
    paths = LAYOUTS[layout].paths(wanted, kind)  # type: ignore[arg-type]
    assert ["/".join(path) for path in paths] == expected


def test_a_build_id_is_padded_where_the_layout_says_so() -> None:
    paths = LAYOUTS["ssqp"].paths(_SHORT, "debug file")
    assert ("_.debug", f"elf-buildid-sym-{_BUILD_ID[:32]}00000000", "_.debug") in paths


def test_compressed_files_and_pointers_lie_beside_the_file() -> None:
    [path] = LAYOUTS["symstore"].paths(_WINDOWS, "debug file")
    assert compressed(path) == (*path[:2], "Foo.pd_")
    assert pointer(path) == (*path[:2], "file.ptr")


def test_source_files_of_debuginfod() -> None:
    assert source_path(_LINUX, "/src/a.c") == ("buildid", _BUILD_ID, "source", "src", "a.c")
    assert source_path(_LINUX, "/src/../../a.c") is None
    assert source_path(_LINUX, "a.c") is None


_NAMES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["..", ".", "", "C:evil.dll", "a\0b", "../../etc/passwd", "..\\x.pdb", "x" * 10_000, "a.", "\ud800"]
    ),
)
_IDS = st.one_of(
    st.text(alphabet="0123456789abcdefABCDEF-", max_size=70),
    st.sampled_from(["", _WINDOWS.debug_id, _BUILD_ID, _UUID, "../..", "/", "\0"]),
)


@given(_NAMES, _IDS, _NAMES, _IDS)
def test_no_path_leaves_its_root(debug_file: str, debug_id: str, code_file: str, code_id: str) -> None:
    wanted = Wanted(debug_file, debug_id, code_file, code_id)
    for layout in LAYOUTS.values():
        for kind in FILE_KINDS:
            for path in layout.paths(wanted, kind):
                assert all(path)
                for flavour, root in ((posixpath, "/srv/root"), (ntpath, r"D:\root")):
                    joined = flavour.normpath(flavour.join(root, *path))
                    assert joined.startswith(root + flavour.sep)
                    assert joined.count(flavour.sep) == root.count(flavour.sep) + len(path)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("wanted", [_WINDOWS, _LINUX, _SHORT, _APPLE, Wanted("a.pdb", "12345678a"), _OF_IMAGE])
def test_a_path_asks_for_what_it_is_the_path_of(layout: str, wanted: Wanted) -> None:
    for kind in FILE_KINDS:
        for path in LAYOUTS[layout].paths(wanted, kind):
            for spelled in (path, tuple(part.swapcase() if is_an_id(part) else part for part in path)):
                request = request_of(spelled)
                assert request is not None
                assert request == LAYOUTS[layout].request(spelled)
                assert request.kind == kind
                found = request.wanted
                assert found.debug_id or found.code_id
                if found.debug_id:
                    assert found.debug_id == ids.debug_id(wanted.debug_id or wanted.code_id)
                if found.code_id:
                    known = wanted.code_id or wanted.debug_id[:-1]
                    assert found.code_id.lower().rstrip("0") == known.lower().rstrip("0")


def is_an_id(part: str) -> bool:
    return len(part) > 8 and all(digit in "0123456789abcdefABCDEF" for digit in part)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//",
        "index2.txt",
        "pingme.txt",
        "../../etc/passwd",
        "a.pdb/../a.pdb",
        "a.pdb//a.pdb",
        "a.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/b.pdb",
        "a.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/b.sym",
        "a.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/a.pd_",
        "a.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/file.ptr",
        "a.pdb/00000000000000000000000000000000/a.pdb",
        "C:a.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/C:a.pdb",
        "a\\b.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/a\\b.pdb",
        "a\0.pdb/497B72F6390A44FC878E5A2D63B6CC4B1/a\0.pdb",
        "x" * 10_000,
        "/".join("x" * 10_000),
        "buildid/../executable",
        "buildid/xyz/executable",
        "buildid/" + "a" * 40,
        "buildid/" + "a" * 41 + "/executable",
        "buildid/" + "a" * 40 + "/source/etc/passwd",
        ".build-id/ab/cd",
        "a/elf-buildid-xyz/a",
        "_.dwarf/mach-uuid-sym-12/_.dwarf",
        "ab/" + "c" * 30 + "/sources",
    ],
)
def test_other_paths_ask_for_nothing(path: str) -> None:
    parts = parts_of(path)
    assert parts is None or request_of(parts) is None


@given(st.one_of(st.text(), st.lists(st.one_of(_NAMES, _IDS, st.sampled_from(["buildid", ".build-id"])), max_size=9)))
def test_any_path_is_a_request_or_asks_for_nothing(path: str | list[str]) -> None:
    parts = parts_of(path if isinstance(path, str) else "/".join(path))
    request = None if parts is None else request_of(parts)
    if parts is not None and request is not None:
        assert sum(layout.request(parts) is not None for name, layout in LAYOUTS.items() if name != "ssqp") == 1
        for name in (request.wanted.debug_file, request.wanted.code_file):
            assert name == "" or name in parts
