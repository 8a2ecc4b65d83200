"""A store that lives long finds what was added to it, or to its folders, since."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from symbolicate import Session, SymbolStore
from symbolicate.symbols.sources import DirectorySource
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

DUMP = tiny_dump(code_file="/opt/app/App")


def put(folder: Path) -> None:
    target = folder / DEBUG_FILE / DEBUG_ID / "app.sym"
    target.parent.mkdir(parents=True)
    target.write_bytes(SYM)


def names(session: Session) -> set[str | None]:
    report = session.report(DUMP)
    return {frame.function for thread in report.threads or () for frame in thread.frames or ()}


def test_what_another_process_adds_is_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "app.sym").write_bytes(SYM)
    store = SymbolStore(tmp_path / "store")
    session = Session(store)
    assert "crash_here(int)" not in names(session)
    assert store.resolve(DEBUG_FILE, DEBUG_ID).status == "missing"
    add = [sys.executable, "-m", "symbolicate", "symbols", "add", str(tmp_path / "app.sym"), "--store", store.dir]
    subprocess.run(add, check=True, capture_output=True)
    assert store.resolve(DEBUG_FILE, DEBUG_ID).status == "loaded"
    assert "crash_here(int)" in names(session)


def test_what_is_put_into_a_folder_is_found_after_some_time(tmp_path: Path) -> None:
    (tmp_path / "symbols").mkdir()
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "symbols"], recheck_seconds=3600)
    soon = SymbolStore(tmp_path / "store", sources=[tmp_path / "symbols"], recheck_seconds=0)
    sessions = Session(store), Session(soon)
    for session in sessions:
        assert "crash_here(int)" not in names(session)
        assert session.store.resolve(DEBUG_FILE, DEBUG_ID).status == "missing"
    put(tmp_path / "symbols")
    assert store.resolve(DEBUG_FILE, DEBUG_ID).status == "missing"
    # It takes fifty times the time of the search.
    given_up = time.monotonic() + 60
    while soon.resolve(DEBUG_FILE, DEBUG_ID).status != "loaded" and time.monotonic() < given_up:
        time.sleep(0.01)
    assert "crash_here(int)" in names(sessions[1])
    assert "crash_here(int)" not in names(sessions[0])


def test_what_was_found_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "symbols")
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "symbols"], recheck_seconds=0)
    found = store.resolve(DEBUG_FILE, DEBUG_ID)
    assert found.is_complete == bool(found.symbols and found.symbols.counts["cfi"])
    monkeypatch.setattr(DirectorySource, "refresh", lambda _: None)
    generation = store.generation()
    if found.is_complete:
        assert store.generation() == generation
        assert store.resolve(DEBUG_FILE, DEBUG_ID) is found
