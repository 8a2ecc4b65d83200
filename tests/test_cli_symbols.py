"""`symbolicate symbols`: add, check, find."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from symbolicate.symbols.access import is_denied
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.resolution import Wanted
from symbolicate.symbols.sources import DirectorySource, FileSource
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Run, Samples

    Program = Callable[..., Run]


def test_add_says_what_it_added(run: Program, samples: Samples, tmp_path: Path) -> None:
    (samples.symbols / "bad.sym").write_bytes(SYM.replace(DEBUG_FILE.encode(), b"other.pdb") + b"FUNC zz\nnonsense\n")
    done = run("symbols", "add", samples.symbols, "--store", tmp_path / "store")
    assert (done.code, done.err) == (0, "symbolicate: 2 added\n")
    good, bad = sorted(done.text.splitlines())
    assert good.startswith(f"{DEBUG_ID}  {DEBUG_FILE}  2 functions, 1 public")
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
    assert done.err.count("\n") == 4
    assert done.err.splitlines()[-1] == "symbolicate: 3 refused, 1 added"
    assert "no.sym: not a symbol file, a debug file or a binary" in done.err
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
    assert done.err.startswith("symbolicate: other.pdb: no symbols found in ")


def test_only_files_are_read(run: Program, samples: Samples, tmp_path: Path) -> None:
    os.mkfifo(samples.symbols / "pipe.sym")
    done = run("symbols", "check", samples.symbols / "pipe.sym", "/dev/null")
    assert (done.code, done.out) == (1, b"")
    assert done.err.splitlines() == [
        f"symbolicate: {samples.symbols / 'pipe.sym'}: is a pipe, not a file",
        "symbolicate: /dev/null: is a device, not a file",
    ]
    done = run("symbols", "add", samples.symbols, "/dev/null", "--store", tmp_path / "store")
    assert done.code == 1
    assert done.text.count("\n") == 1
    assert "pipe.sym: is a pipe" in done.err
    assert "/dev/null: is a device" in done.err


def test_a_file_without_symbols_is_told_and_not_stored(run: Program, tmp_path: Path) -> None:
    (tmp_path / "a.sym").write_bytes(SYM.splitlines(keepends=True)[0] + b"FILE 0 a.cc\n")
    done = run("symbols", "check", tmp_path / "a.sym")
    assert (done.code, done.err) == (1, f"symbolicate: {tmp_path / 'a.sym'}: no symbol records\n")
    assert "1 file, no symbol records" in done.text
    done = run("symbols", "add", tmp_path / "a.sym", "--store", tmp_path / "store")
    assert (done.code, done.out) == (1, b"")
    assert "a.sym: no symbol records" in done.err
    assert not [path for path in (tmp_path / "store").rglob("*") if path.is_file()]


@pytest.fixture
def nested(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Folders in folders with a symbol file in the last, made step by step since the path may be too long at once.

    They are removed by `rm`, because pytest's own removal recurses.
    """
    top = tmp_path / "deep"

    def make(depth: int) -> Path:
        top.mkdir()
        here = os.open(top, os.O_RDONLY)
        for _ in range(depth):
            os.mkdir("d", dir_fd=here)
            deeper = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = deeper
        file = os.open("x.sym", os.O_CREAT | os.O_WRONLY, dir_fd=here)
        os.write(file, SYM)
        os.close(file)
        os.close(here)
        return top

    yield make
    subprocess.run(["rm", "-rf", str(top)], check=True)


def test_symbols_in_a_deep_folder_are_added(run: Program, nested: Callable[[int], Path]) -> None:
    done = run("symbols", "add", nested(1200))
    assert (done.code, done.err) == (0, "")
    assert DEBUG_ID in done.text


def test_a_folder_too_deep_for_the_system_is_reported(run: Program, nested: Callable[[int], Path]) -> None:
    done = run("symbols", "add", nested(2500))
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "file name too long" in done.err.lower()


def test_a_place_without_permission_is_told(samples: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert is_denied(str(samples.symbols))
    first = next(DirectorySource(samples.symbols).candidates(Wanted("other.pdb", DEBUG_ID)))
    assert isinstance(first, Candidate)
    assert (first.outcome, first.detail) == ("missing", "")  # nothing there at all
    file = samples.symbols / DEBUG_FILE / DEBUG_ID / "app.sym"
    [refused] = FileSource(file).candidates(Wanted("other.pdb", "1" * 33))
    assert refused == Candidate(str(file), str(file), "refused", "permission denied")


def test_check_looks_at_every_file_of_a_folder(run: Program, samples: Samples) -> None:
    done = run("symbols", "check", samples.symbols)
    assert (done.code, done.err) == (0, "")
    assert DEBUG_ID in done.text
    (samples.symbols / "bad.sym").write_text("nothing")
    done = run("symbols", "check", samples.symbols)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert DEBUG_ID in done.text
