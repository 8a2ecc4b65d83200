"""`symbolicate symbols`: add, check, find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run, Samples

    Program = Callable[..., Run]


def test_add_says_what_it_added(run: Program, samples: Samples, tmp_path: Path) -> None:
    (samples.symbols / "bad.sym").write_bytes(SYM.replace(DEBUG_FILE.encode(), b"other.pdb") + b"FUNC zz\nnonsense\n")
    done = run("symbols", "add", samples.symbols, "--store", tmp_path / "store")
    assert (done.code, done.err) == (0, "")
    good, bad = sorted(done.text.splitlines())
    assert good.startswith(f"{DEBUG_ID}  {DEBUG_FILE}  2 functions, 1 publics")
    assert bad.startswith(f"{DEBUG_ID}  other.pdb")
    assert "2 bad records" in bad
    assert (tmp_path / "store" / "symbols" / DEBUG_FILE / DEBUG_ID / "app.sym").is_file()


def test_add_goes_on_behind_a_bad_file(run: Program, samples: Samples, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "no.sym").write_text("nothing")
    places = [tmp_path / "no.sym", tmp_path / "missing", tmp_path / "empty", samples.symbols]
    done = run("symbols", "add", *places, "--store", tmp_path / "store")
    assert done.code == 1
    assert done.text.count("\n") == 1
    assert done.err.count("\n") == 3
    assert "no.sym: no MODULE line" in done.err
    assert "missing: no such file" in done.err
    assert "empty: no .sym files" in done.err


def test_add_to_an_unwritable_store(run: Program, samples: Samples, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the folder would be")
    done = run("symbols", "add", samples.symbols, "--store", tmp_path / "store")
    assert done.code in {1, 2}
    assert done.out == b""
    assert "Traceback" not in done.err


def test_check_says_what_is_in_a_file(run: Program, tmp_path: Path) -> None:
    (tmp_path / "a.sym").write_bytes(SYM + b"FUNC zz 1 0 f\nnonsense here\nnonsense there\n")
    done = run("symbols", "check", tmp_path / "a.sym")
    assert (done.code, done.err) == (0, "")
    for part in (
        DEBUG_ID,
        DEBUG_FILE,
        "Linux x86_64",
        "2 functions",
        "3 bad records",
        "bad number: line 16",
        "lines 17, 18",
    ):
        assert part in done.text


@pytest.mark.parametrize("text", [b"", b"\x7fELF" + b"\0" * 64, b"hello\n"])
def test_check_refuses_what_is_no_symbol_file(run: Program, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a.sym").write_bytes(text)
    done = run("symbols", "check", tmp_path / "a.sym", tmp_path / "missing", tmp_path)
    assert (done.code, done.out) == (1, b"")
    assert done.err.count("\n") == 3


def test_find(run: Program, samples: Samples, tmp_path: Path) -> None:
    place = str(samples.symbols / DEBUG_FILE / DEBUG_ID / "app.sym")
    done = run("symbols", "find", DEBUG_ID.lower(), DEBUG_FILE, "--symbols", samples.symbols)
    assert (done.code, done.text, done.err) == (0, f"{place}\n" * 2, "")
    done = run("symbols", "find", "other.pdb", DEBUG_FILE, "--symbols", samples.symbols, "--store", tmp_path / "s")
    assert (done.code, done.text) == (1, f"{place}\n")
    assert done.err.startswith("symbolicate: other.pdb: no symbols in ")
