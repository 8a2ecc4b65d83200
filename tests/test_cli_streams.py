"""Standard streams that are full or closed: one line, never a traceback."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tiny_dump import SYM

if TYPE_CHECKING:
    from conftest import Samples

COMMANDS = {
    "help": ["--help"],
    "version": ["--version"],
    "report": ["report", "crash.dmp"],
    "check": ["symbols", "check", "a.sym"],
    "demangle": ["demangle", "_Z1fv"],
    "hash": ["bucket", "hash", "a"],
    "name": ["bucket", "name", "facts"],
}


def shell(samples: Samples, arguments: list[str], redirection: str) -> tuple[int, str]:
    (samples.dump.parent / "a.sym").write_bytes(SYM)
    (samples.dump.parent / "facts").write_text("{}\n")
    script = f'"$@" {redirection}'
    program = ["sh", "-c", script, "sh", sys.executable, "-m", "symbolicate", *arguments]
    done = subprocess.run(program, capture_output=True, text=True, cwd=samples.dump.parent, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk(samples: Samples, command: str) -> None:
    said = shell(samples, COMMANDS[command], "> /dev/full")
    assert said == (1, "symbolicate: cannot write: No space left on device\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_closed_output(samples: Samples, command: str) -> None:
    said = shell(samples, COMMANDS[command], ">&-")
    assert said == (1, "symbolicate: cannot write: Bad file descriptor\n")


@pytest.mark.parametrize("arguments", [["report", "-"], ["demangle"], ["bucket", "hash"], ["bucket", "name"]])
def test_closed_input(samples: Samples, arguments: list[str]) -> None:
    code, said = shell(samples, arguments, "<&-")
    assert code == 1
    assert said.startswith("symbolicate: ")
    assert said.count("\n") == 1
    assert "Bad file descriptor" in said
    assert "write" not in said


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_short_write_is_completed_or_fails(samples: Samples, unbuffered: str) -> None:
    """A limit on the size of files makes the system write what fits, as a disk does that fills up."""
    names = ("_Z1fv " * 20_000).split()
    limited = f'export PYTHONUNBUFFERED={unbuffered}; ulimit -f 8; exec "$@" > out'
    program = ["sh", "-c", limited, "sh", sys.executable, "-m", "symbolicate"]
    written = samples.dump.parent / "out"
    for arguments in (["demangle", *names], ["report", *["crash.dmp"] * 40], ["bucket", "hash", *names]):
        done = subprocess.run(
            [*program, *arguments], capture_output=True, text=True, cwd=samples.dump.parent, check=False
        )
        assert (done.returncode, done.stderr) == (1, "symbolicate: cannot write: File too large\n"), arguments[0]
        assert 0 < written.stat().st_size <= 8 * 1024


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_is_whole_and_in_order(samples: Samples, unbuffered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    names = ("_Z1fv " * 20_000).split()
    assert shell(samples, ["demangle", *names], "> out") == (0, "")
    assert (samples.dump.parent / "out").read_text() == "f()\n" * len(names)


def test_a_full_disk_for_a_file(samples: Samples) -> None:
    said = shell(samples, ["report", "crash.dmp", "-o", "/dev/full"], "")
    assert said == (1, "symbolicate: cannot write: No space left on device\n")


def test_the_others_are_processed_when_input_is_closed(samples: Samples) -> None:
    code, said = shell(samples, ["report", "-", "crash.dmp", "-o", "out"], "<&-")
    assert (code, said) == (1, "symbolicate: -: Bad file descriptor\n")
    assert "SIGSEGV" in (samples.dump.parent / "out").read_text()


@pytest.mark.parametrize("results", ["out", "-"])
def test_progress_is_for_terminals_that_show_nothing_else(samples: Samples, results: str) -> None:
    """Standard error alone is a terminal, then both are."""
    slowly = (
        "import sys, time; from symbolicate.cli import main, progress\n"
        "progress._PATIENCE = 0\n"
        "main(['report', 'crash.dmp', 'none', 'crash.dmp', '-o', sys.argv[1]])"
    )
    terminal, end = pty.openpty()
    program = [sys.executable, "-c", slowly, results]
    done = subprocess.run(program, stdin=end, stdout=end, stderr=end, cwd=samples.dump.parent, check=False)
    os.close(end)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal ends
        while piece := os.read(terminal, 65536):
            shown += piece
    os.close(terminal)
    assert done.returncode == 1
    lines = shown.decode().replace("\r\n", "\n")
    assert "symbolicate: none: no such file\n" in lines
    assert ("\r1 crashes\r         \rsymbolicate: none" in lines) == (results == "out")
    assert ("crashes" in lines) == (results == "out")
