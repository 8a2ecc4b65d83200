"""Trimming the store: what goes, in which order, and what stays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from symbolicate.symbols.trim import trim, unused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

NOW = 2_000_000_000.0
DAY = 24 * 3600.0


def put(store: Path, name: str, size: int, days: float) -> Path:
    """A file that was used so many days ago."""
    path = store / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (NOW - days * DAY, NOW - days * DAY))
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return {
        "old": put(tmp_path, "index/AB/ABC-old.syx", 100, 90),
        "new": put(tmp_path, "index/AB/ABD-new.syx", 100, 2),
        "converted": put(tmp_path, "converted/AB/ABC-old-1.sym", 1000, 50),
        "its index": put(tmp_path, "converted/AB/ABC-old-1.syx", 0, 10),
        "added": put(tmp_path, "symbols/app/ABC/app.sym", 1000, 400),
        "left": put(tmp_path, "index/AB/.ABC-old.syx.12.0.tmp", 10, 3),
        "in work": put(tmp_path, "index/AB/.ABC-new.syx.13.0.tmp", 10, 0),
        "foreign": put(tmp_path, "notes.txt", 10, 1000),
    }


def gone(files: dict[str, Path]) -> set[str]:
    return {name for name, path in files.items() if not path.exists()}


def test_what_is_unused_goes(tmp_path: Path, files: dict[str, Path]) -> None:
    trimmed = trim(str(tmp_path), unused_for=30 * DAY, now=NOW)
    assert gone(files) == {"old", "converted", "left"}
    assert trimmed.left == 100 + 1000 + 10
    trim(str(tmp_path), unused_for=5 * DAY, now=NOW)
    assert not (tmp_path / "converted" / "AB").exists(), "an empty folder is left"
    assert (tmp_path / "index" / "AB").exists()


def test_the_least_recently_used_go_first(tmp_path: Path, files: dict[str, Path]) -> None:
    trim(str(tmp_path), max_size=2200, now=NOW)
    assert gone(files) == {"old", "left"}
    trim(str(tmp_path), max_size=0, now=NOW)
    assert gone(files) == {"old", "left", "converted", "its index", "new"}, "symbols and files in work stay"


def test_symbols_go_only_when_asked_for(tmp_path: Path, files: dict[str, Path]) -> None:
    trim(str(tmp_path), unused_for=300 * DAY, now=NOW)
    assert "added" not in gone(files)
    trim(str(tmp_path), unused_for=300 * DAY, symbols=True, now=NOW)
    assert "added" in gone(files)


def test_a_dry_run_removes_nothing(tmp_path: Path, files: dict[str, Path]) -> None:
    trimmed = trim(str(tmp_path), unused_for=30 * DAY, dry_run=True, now=NOW)
    assert {file.kind for file in trimmed.removed} == {"index", "converted", "temporary"}
    assert not gone(files)


def test_links_are_left_alone(tmp_path: Path) -> None:
    outside = put(tmp_path, "outside/precious.syx", 10, 900)
    store = tmp_path / "store"
    (store / "index").mkdir(parents=True)
    (store / "index" / "folder").symlink_to(outside.parent)
    (store / "index" / "file.syx").symlink_to(outside)
    assert not trim(str(store), unused_for=DAY, now=NOW).removed
    assert outside.exists()


def test_the_command(own_store: Path, run: Callable[..., Run]) -> None:
    put(own_store, "index/AB/ABC-old.syx", 100, 90)
    shown = run("symbols", "gc", "--dry-run", "--unused-for", "0")
    assert shown.code == 0
    assert "would be removed" in shown.err
    done = run("symbols", "gc", "--max-size", "0K")
    assert "ABC-old.syx" in done.text
    assert "0 bytes left" in done.err
    assert run("symbols", "gc", "--max-size", "many").code == 2


def test_files_of_servers_are_trimmed_like_what_can_be_made_again(tmp_path: Path) -> None:
    place = tmp_path / "fetched" / "symbols.example" / "ab"
    (place / "abcd").mkdir(parents=True)
    whole, absent, part = place / "abcd" / "app.pdb", place / "abce.absent", place / "abcf.part"
    for file in (whole, absent, part):
        file.write_bytes(b"x" * 100)
        os.utime(file, (1000, 1000))
    kinds = {one.path: one.kind for one in unused(str(tmp_path))}
    assert kinds == {str(whole): "fetched", str(absent): "fetched", str(part): "temporary"}
    trim(str(tmp_path), unused_for=10.0)
    assert not whole.parent.exists()
    assert list((tmp_path / "fetched").rglob("*.*")) == []
