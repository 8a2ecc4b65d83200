"""Work that ends its process, or never ends, costs its caller only the response."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from service_process import until
from symbolicate.isolation.messages import AddSymbols, Failed, MakeReport, Reported, Symbols
from symbolicate.isolation.process import IsolatedProcess, ProcessEndedError
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEMORY = 64 << 20
TOO_LARGE = b"MDMP" + bytes(MEMORY)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits are those of Unix")


@pytest.fixture
def engine() -> Iterator[IsolatedProcess]:
    process = IsolatedProcess(MEMORY)
    yield process
    process.close()


def request(tmp_path: Path, data: bytes, seconds: float = 60) -> tuple[MakeReport, list[bytes]]:
    return MakeReport("a crash", Symbols(str(tmp_path)), seconds), [data[:100], data[100:]]


def test_reports_come_out_as_in_this_process(engine: IsolatedProcess, tmp_path: Path) -> None:
    answer = engine.ask(*request(tmp_path, tiny_dump()))
    assert isinstance(answer, Reported)
    assert json.loads(answer.report)["input"]["name"] == "a crash"


def test_bad_bytes_are_not_an_internal_error(engine: IsolatedProcess, tmp_path: Path) -> None:
    answer = engine.ask(*request(tmp_path, b"no crash"))
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.message.partition(":")[0]) == ("input", "a crash")
    answer = engine.ask(AddSymbols(str(tmp_path / "none.sym"), str(tmp_path), 60))
    assert isinstance(answer, Failed)


@pytest.mark.parametrize("worked_before", [False, True])
def test_what_ends_its_process_ends_no_other_and_says_why(
    engine: IsolatedProcess, tmp_path: Path, *, worked_before: bool
) -> None:
    for _ in range(worked_before):
        assert isinstance(engine.ask(*request(tmp_path, tiny_dump())), Reported)
    with pytest.raises(ProcessEndedError, match="64 MiB of memory"):
        engine.ask(*request(tmp_path, TOO_LARGE))
    assert isinstance(engine.ask(*request(tmp_path, tiny_dump())), Reported)


def test_a_deadline_is_kept_in_native_code_too(engine: IsolatedProcess, tmp_path: Path) -> None:
    with pytest.raises(ProcessEndedError, match="took longer than 1e-06 seconds"):
        engine.ask(*request(tmp_path, tiny_dump(), 1e-6))
    assert isinstance(engine.ask(*request(tmp_path, tiny_dump())), Reported)


@pytest.mark.parametrize("size", [0, 100 << 20], ids=["reads nothing", "is sent much"])
def test_a_child_that_is_stopped_is_ended_and_replaced(
    engine: IsolatedProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("symbolicate.isolation.process._GRACE_SECONDS", 0.2)
    monkeypatch.setattr("symbolicate.isolation.process._START_SECONDS", 0.0)
    assert isinstance(engine.ask(*request(tmp_path, tiny_dump())), Reported)
    child = engine._process
    assert child is not None
    # Its alarm waits, as it does in one that a disk keeps.
    os.kill(child.pid, signal.SIGSTOP)
    monkeypatch.setattr(engine, "_answered", 0)
    with pytest.raises(ProcessEndedError, match="took longer than 1 seconds") as raised:
        engine.ask(*request(tmp_path, tiny_dump() + bytes(size), 1))
    assert raised.value.timed_out
    assert child.returncode == -signal.SIGKILL
    monkeypatch.setattr("symbolicate.isolation.process._GRACE_SECONDS", 30)
    assert isinstance(engine.ask(*request(tmp_path, tiny_dump())), Reported)


def test_what_is_given_up_is_killed_at_once_and_starts_nothing(engine: IsolatedProcess, tmp_path: Path) -> None:
    assert isinstance(engine.ask(*request(tmp_path, tiny_dump())), Reported)
    child = engine._process
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    threading.Timer(0.3, engine.abandon).start()
    with pytest.raises(ProcessEndedError, match="abandoned"):
        engine.ask(*request(tmp_path, tiny_dump()))
    assert child.returncode == -signal.SIGKILL
    assert engine._process is None


_LEAVES_A_STOPPED_CHILD = """
import os, signal, sys
from symbolicate.isolation.messages import AddSymbols
from symbolicate.isolation.process import IsolatedProcess
engine = IsolatedProcess(1 << 28)
engine.ask(AddSymbols("none.sym", sys.argv[1], 60))
os.kill(engine._process.pid, signal.SIGSTOP)
print(engine._process.pid)
"""


def test_a_process_that_ends_leaves_no_stopped_child(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _LEAVES_A_STOPPED_CHILD, str(tmp_path)], stdout=subprocess.PIPE, check=True, timeout=60
    )
    child = int(ended.stdout)
    try:
        until(lambda: not _is_there(child))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _is_there(pid: int) -> bool:
    """Whether a process runs or is stopped; one that ended may not have been reaped yet."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return found.strip()[:1] not in {"", "Z"}
