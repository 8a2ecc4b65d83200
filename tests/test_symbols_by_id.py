"""A symbol file is found by its debug id or its code id, whatever it is called and however the folder is laid out."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from symbolicate import SymbolStore, process
from symbolicate.symbols.sources.id_folders import IdFolders
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UUID = "4C4C445055553144A10453F91A3BB495"
MAC_ID = UUID + "0"
OTHER_ID = "B88EFD66844D598F2AB8AC49848281B20"
BUILD_ID = "0123456789abcdef0123456789abcdef01234567"
# Its first 16 bytes as a GUID whose first three fields are little-endian.
BUILD_ID_AS_DEBUG_ID = "67452301AB89EFCD0123456789ABCDEF0"
CODE_ID = "5EA8F2F1A000"


def sym(debug_id: str = MAC_ID, name: str = "", *, code_id: str = "", function: str = "f") -> bytes:
    info = f"INFO CODE_ID {code_id}\n" if code_id else ""
    return f"MODULE mac arm64 {debug_id} {name}".strip().encode() + f"\n{info}FUNC 1000 40 0 {function}\n".encode()


def put(root: Path, *parts: str, text: bytes) -> Path:
    path = root.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return path


# What a file is called, what a dump calls the module.
NAMES = [
    ("Electron Helper (Renderer)", "X Helper (Renderer)"),
    ("Electron", "Slack"),
    ("Electron Framework", "Slack Framework"),
    ("electron.exe.pdb", "Slack.exe.pdb"),
    ("electron.exe.pdb", "Slack.exe"),
    ("liba.dylib.dSYM", "liba.dylib"),
    ("liba.dylib", "liba.dylib.dSYM"),
    ("lib.so", "base.apk!lib.so"),
    ("app", "app (deleted)"),
    ("LIB.so", "lib.so"),
    ("", "lib.so"),
    ("lib.so", ""),
    ("", ""),
    ("..", "lib.so"),
    ("a/../b", "lib.so"),
    ("x" * 300, "lib.so"),
    ("größe", "lib.so"),
]


@pytest.mark.parametrize("given", ["file", "flat", "tree", "name's folder", "id's folder", "added"])
@pytest.mark.parametrize(("file_name", "module"), NAMES)
def test_any_name_in_any_layout(tmp_path: Path, file_name: str, module: str, given: str) -> None:
    text = sym(name=file_name)
    path = put(tmp_path, "tree", f"of-{file_name.replace('/', '_')}"[:99], MAC_ID, "s.sym", text=text)
    folder = tmp_path / "store"
    if given == "added":
        SymbolStore(folder).add(path)
        shutil.rmtree(tmp_path / "tree")
        store = SymbolStore(folder)
    else:
        place = {"file": path, "tree": tmp_path / "tree", "name's folder": path.parent.parent}.get(given, path.parent)
        store = SymbolStore(folder, sources=[place])
    found = store.resolve(module, MAC_ID, module, UUID.lower())
    assert (found.status, found.symbols and found.symbols.debug_id) == ("loaded", MAC_ID)
    assert store.resolve(module, OTHER_ID).status in {"missing", "mismatch"}
    assert list(store.find(UUID)) == [found.path]


@pytest.mark.parametrize("spelling", [UUID, UUID.lower(), f"{UUID}0", f"{UUID}00000000", f"{UUID.lower()}00"])
@pytest.mark.parametrize("name", ["same", "other"])
def test_spellings_of_an_id(tmp_path: Path, spelling: str, name: str) -> None:
    path = put(tmp_path / "tree", "same", spelling, "same.sym", text=sym(spelling, "same"))
    for source in (tmp_path / "tree", path):
        for wanted in (MAC_ID, MAC_ID.lower(), f"{UUID}0000"):
            store = SymbolStore(tmp_path / "store", sources=[source])
            assert store.resolve(name, wanted).path == str(path)
    SymbolStore(tmp_path / "added").add(path)
    assert SymbolStore(tmp_path / "added").resolve(name, MAC_ID).status == "loaded"


def test_the_age_is_part_of_the_id(tmp_path: Path) -> None:
    put(tmp_path / "tree", "a.pdb", f"{UUID}1", "a.sym", text=sym(f"{UUID}1", "a.pdb"))
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "tree"])
    assert store.resolve("b.pdb", f"{UUID}0001").status == "loaded"
    assert store.resolve("b.pdb", f"{UUID}10").status == "missing"
    assert store.resolve("a.pdb", f"{UUID}2").status == "missing"


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("added", [False, True])
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("lib.so", "lib.so"), ("LIB.so", "lib.so"), ("base.apk!lib.so", "lib.so"), ("zlib", "zlib"), ("other", "alib")],
)
def test_the_nearest_of_several_names(tmp_path: Path, wanted: str, expected: str, *, added: bool, flat: bool) -> None:
    for name in ("zlib", "lib.so", "alib"):
        parts = (f"{len(name)}-{name}.sym",) if flat else (name, MAC_ID, f"{name}.sym")
        path = put(tmp_path / "in", *parts, text=sym(name=name, function=f"in_{name}"))
        if added:
            SymbolStore(tmp_path / "store").add(path)
    store = SymbolStore(tmp_path / "store", sources=[] if added else [tmp_path / "in"])
    found = store.resolve(wanted, MAC_ID)
    assert found.symbols is not None
    assert found.symbols.name == expected


def test_a_file_in_the_folder_of_another_id_is_not_used(tmp_path: Path) -> None:
    wrong = put(tmp_path / "tree", "other", MAC_ID, "other.sym", text=sym(OTHER_ID, "other"))
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "tree"])
    found = store.resolve("lib.so", MAC_ID)
    assert (found.status, found.path, found.detail, found.symbols) == ("mismatch", str(wrong), OTHER_ID, None)
    right = put(tmp_path / "tree", "z", MAC_ID, "z.sym", text=sym(name="z"))
    assert SymbolStore(tmp_path / "store", sources=[tmp_path / "tree"]).resolve("lib.so", MAC_ID).path == str(right)


@pytest.mark.parametrize("given", ["file", "flat", "tree", "added"])
@pytest.mark.parametrize(
    ("debug_id", "code_id", "wanted"),
    [
        (DEBUG_ID, CODE_ID, CODE_ID),
        (DEBUG_ID, CODE_ID, CODE_ID.lower()),
        ("0" * 33, CODE_ID, CODE_ID),
        (BUILD_ID_AS_DEBUG_ID, "", BUILD_ID),
        (BUILD_ID_AS_DEBUG_ID, BUILD_ID, BUILD_ID),
        (MAC_ID, "", UUID.lower()),
    ],
)
def test_a_code_id_alone(tmp_path: Path, debug_id: str, code_id: str, wanted: str, given: str) -> None:
    text = sym(debug_id, "electron.exe.pdb", code_id=code_id)
    folder = debug_id if debug_id.strip("0") else code_id
    path = put(tmp_path / "tree", "electron.exe.pdb", folder, "electron.exe.sym", text=text)
    sources = {"file": path, "flat": path.parent, "tree": tmp_path / "tree"}
    if given == "added":
        SymbolStore(tmp_path / "store").add(path)
    store = SymbolStore(tmp_path / "store", sources=[sources[given]] if given in sources else [])
    for name in ("Slack.exe", "electron.exe", ""):
        assert store.resolve("", "", name, wanted).status == "loaded"
    assert store.resolve("", "", "electron.exe", "9" + wanted[1:]).status != "loaded"


def test_a_debug_id_goes_before_a_code_id(tmp_path: Path) -> None:
    put(tmp_path / "tree", "a.pdb", DEBUG_ID, "a.sym", text=sym(DEBUG_ID, "a.pdb", code_id=CODE_ID))
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "tree"])
    assert store.resolve("a.pdb", OTHER_ID, "a.exe", CODE_ID).status == "missing"


def test_a_large_tree_is_not_listed_whole(tmp_path: Path) -> None:
    for i in range(20):
        (tmp_path / f"lib{i}" / f"{i:032X}0").mkdir(parents=True)
    wanted = tmp_path / "lib7" / f"{7:032X}0"
    for limit in (0, 1, 5, 39, 40, 41, 1000):
        folders = IdFolders(str(tmp_path), limit)
        assert list(folders.find(f"{7:032x}0")) == [("lib7", str(wanted))], limit
        assert list(folders.find(f"{99:032x}0")) == []
        assert len(list(folders.folders())) <= limit


def test_a_tree_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(20):
        (tmp_path / f"lib{i}" / f"{i:032X}0").mkdir(parents=True)
    opened: list[str] = []

    def counted(real: Callable[[str], object]) -> Callable[[str], object]:
        def call(path: str) -> object:
            opened.append(path)
            return real(path)

        return call

    monkeypatch.setattr(os, "scandir", counted(os.scandir))
    monkeypatch.setattr(os, "listdir", counted(os.listdir))
    folders = IdFolders(str(tmp_path))
    for _ in range(5):
        list(folders.find(DEBUG_ID))
    assert len(opened) == 21


def test_nothing_is_listed_while_names_are_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "tree", DEBUG_FILE, DEBUG_ID, "app.sym", text=SYM)
    monkeypatch.setattr(IdFolders, "find", lambda *_: pytest.fail("listed"))
    assert SymbolStore(tmp_path / "store", sources=[tmp_path / "tree"]).resolve(DEBUG_FILE, DEBUG_ID).symbols


@pytest.mark.parametrize(
    ("module", "image"),
    [("/opt/app/app (deleted)", "app"), ("/data/app/x/base.apk!lib.so", "lib.so"), ("/opt/app/app", "app")],
)
def test_marks_of_a_mapping_are_no_part_of_a_failure_s_name(tmp_path: Path, module: str, image: str) -> None:
    path = put(tmp_path, "app.sym", text=SYM)
    report = process(tiny_dump(code_file=module, debug_file=module), SymbolStore(tmp_path / "store", sources=[path]))
    assert report.failure is not None
    assert report.failure.symbol == f"{image}!poke"
