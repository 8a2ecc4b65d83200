"""Symbol files in UTF-16, as PowerShell's redirection writes them."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import numpy as np
import pytest

from symbolicate import SymbolFileError, SymbolStore
from symbolicate.symbols.text_encoding import encoding_of
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

    Program = Callable[..., Run]

TEXT = SYM.decode().replace("crash_here", "größe_😀").replace("\n", "\r\n")
ENCODED = {
    "LE": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "BE": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "LE without mark": TEXT.encode("utf-16-le"),
    "BE without mark": TEXT.encode("utf-16-be"),
}
encodings = pytest.mark.parametrize("encoded", ENCODED.values(), ids=ENCODED.keys())


def function_of(store: SymbolStore) -> str:
    found = store.resolve(DEBUG_FILE, DEBUG_ID)
    assert found.symbols is not None, found
    [(function, _, _)] = found.symbols.lookup(np.array([0x1000], dtype=np.uint64)).frames(0)
    return function


@encodings
@pytest.mark.parametrize("given", ["file", "flat", "tree", "added"])
@pytest.mark.parametrize("writable", [True, False])
def test_read_from_everywhere(tmp_path: Path, encoded: bytes, given: str, *, writable: bool) -> None:
    path = tmp_path / "tree" / DEBUG_FILE / DEBUG_ID / "app.sym"
    path.parent.mkdir(parents=True)
    path.write_bytes(encoded)
    folder = tmp_path / "store"
    sources = {"file": [path], "flat": [path.parent], "tree": [tmp_path / "tree"], "added": []}[given]
    if given == "added":
        added = SymbolStore(folder).add(path)
        with open(added.path, "rb") as file:
            assert file.read() == TEXT.encode()
    elif not writable:
        folder.write_text("a file where the folder would be")
    for _ in range(2):
        assert function_of(SymbolStore(folder, sources=sources)) == "größe_😀(int)"
    if given != "added" and writable:
        kept = [file for file in folder.rglob("*") if file.is_file()]
        assert sorted(file.suffix for file in kept) == [".sym", ".syx"]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "app.sym"
    for name in ("one", "another", "third"):
        path.write_bytes(TEXT.replace("größe_😀", name).encode("utf-16"))
        assert function_of(SymbolStore(tmp_path / "store", sources=[path])) == f"{name}(int)"


@pytest.mark.parametrize("length", [1 << 20, (1 << 20) - 1, (1 << 20) + 1])
def test_characters_across_pieces(tmp_path: Path, length: int) -> None:
    path = tmp_path / "app.sym"
    comment = "FILE 9 " + "😀" * (length // 4) + "\n"
    path.write_bytes((TEXT + comment).encode("utf-16"))
    added = SymbolStore(tmp_path / "store").add(path)
    with open(added.path, encoding="utf-8", newline="") as file:
        assert file.read() == TEXT + comment


@encodings
def test_checked(run: Program, tmp_path: Path, encoded: bytes) -> None:
    (tmp_path / "a.sym").write_bytes(encoded)
    done = run("symbols", "check", tmp_path / "a.sym")
    assert (done.code, done.err) == (0, "")
    assert f"{DEBUG_ID}  {DEBUG_FILE}" in done.text
    assert "2 functions" in done.text
    assert "bad record" not in done.text


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"\xff\xfe",
        b"\xfe\xff\0",
        b"\xff\xfeM",
        b"M\0O\0",
        b"\xff\xfe" + bytes(range(1, 255)) * 4,
        codecs.BOM_UTF16_LE + "MODULE Linux x86_64\n".encode("utf-16-le"),
        "MODULE Linux x86_64 {DEBUG_ID} app.pdb\nFILE 0 a.c\n".encode("utf-16-le"),
    ],
)
def test_refused_by_add_and_check_alike(run: Program, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a.sym").write_bytes(text)
    with pytest.raises(SymbolFileError) as refused:
        SymbolStore(tmp_path / "store").add(tmp_path / "a.sym")
    done = run("symbols", "check", tmp_path / "a.sym")
    assert (done.code, done.err) == (1, f"symbolicate: {refused.value}\n")
    assert not [path for path in (tmp_path / "store").rglob("*") if path.is_file()]


@pytest.mark.parametrize("head", [b"", b"M", b"MODULE", b"\0\0\0\0", b"M\0\0\0", b"\xef\xbb\xbfMO", b"\x7fELF"])
def test_what_is_not_utf16(head: bytes) -> None:
    assert encoding_of(head) is None
