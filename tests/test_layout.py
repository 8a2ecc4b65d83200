"""No name from a dump leads out of the folder it is looked for in."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbolicate.symbols import ids, names
from symbolicate.symbols.layouts import breakpad, local_store

ROOT = "/store"
# Pieces that have fooled path handling somewhere, and any other text.
PIECES = st.sampled_from(
    ["..", ".", "/", "\\", "\0", "~", "C:", "//server/share", "%2e%2e", "\u2215", "a", ".pdb", ".sym"]
)
HOSTILE = st.one_of(
    st.text(), st.lists(PIECES).map("".join), st.lists(st.one_of(PIECES, st.text(max_size=3))).map("".join)
)
ID = "5A9832E5287241C1838ED98914E9B7FF1"


def inside(*parts: str) -> bool:
    path = os.path.normpath(os.path.join(ROOT, *parts))
    return path.startswith(ROOT + os.sep) and path.count(os.sep) == ROOT.count(os.sep) + len(parts)


@given(HOSTILE, st.one_of(HOSTILE, st.just(ID)))
def test_symbol_paths_stay_inside(debug_file: str, identifier: str) -> None:
    for parts in (*breakpad.sym_paths(debug_file, identifier), *breakpad.code_paths(debug_file, identifier)):
        assert inside(*parts)
        assert "\0" not in "".join(parts)
        assert all(len(os.fsencode(part)) <= 255 for part in parts if part.isprintable())


@given(HOSTILE, HOSTILE)
def test_index_paths_stay_inside(debug_file: str, identifier: str) -> None:
    folder, file = local_store.index_path(debug_file, identifier)
    assert inside(folder, file)
    assert file.isascii()
    assert len(file) <= 255


@given(HOSTILE, HOSTILE)
def test_different_names_have_different_index_files(first: str, second: str) -> None:
    same = names.leaf(first) == names.leaf(second)
    assert (names.safe_name(first) == names.safe_name(second)) == same


@pytest.mark.parametrize(
    ("debug_file", "expected"),
    [
        ("app.pdb", [("app.pdb", ID, "app.sym")]),
        ("APP.PDB", [("APP.PDB", ID, "APP.sym")]),
        ("libc.so.6", [("libc.so.6", ID, "libc.so.6.sym")]),
        ("app.exe", [("app.exe", ID, "app.exe.sym"), ("app.exe", ID, "app.sym")]),
        ("/usr/lib/libc.so", [("libc.so", ID, "libc.so.sym")]),
        (r"c:\build\app.pdb", [("app.pdb", ID, "app.sym")]),
        (".pdb", [(".pdb", ID, ".pdb.sym")]),
        ("crash test", [("crash test", ID, "crash test.sym")]),
        ("", []),
        ("..", []),
        ("a/..", []),
        ("a\0b", []),
        ("x" * 300, []),
    ],
)
def test_paths(debug_file: str, expected: list[tuple[str, str, str]]) -> None:
    assert list(breakpad.sym_paths(debug_file, ID)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ID, ID),
        (ID.lower(), ID),
        (ID[:32] + "0A", ID[:32] + "a"),
        (ID[:32].lower() + "1C", ID[:32] + "1c"),
        (ID[:32] + "00", ID[:32] + "0"),
        (ID[:32], ID[:32] + "0"),
        ("5a9832e5-2872-41c1-838e-d98914e9b7ff", ID[:32] + "0"),
        ("45d35F6C2", "45D35F6C2"),
        ("45d35F6C2C", "45D35F6C2c"),
        ("0" * 33, None),
        ("", None),
        ("../../etc/passwd", None),
        (ID + "\n", None),
        ("A" * 65, None),
    ],
)
def test_debug_ids(text: str, expected: str | None) -> None:
    assert ids.debug_id(text) == expected
