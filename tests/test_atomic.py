"""A file that appears whole or not at all: on a full disk, without permission, after an error in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from symbolicate.atomic import AtomicFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Run, Samples

NOBODY = 65534


def test_a_file_appears_when_it_is_committed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with AtomicFile(str(path)) as file:
        file.stream.write(b"new")
        assert not path.exists()
        [hidden] = tmp_path.iterdir()
        assert hidden.name.startswith(".")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def failing() -> None:
        with AtomicFile(str(path)) as file:
            file.stream.write(b"ne")
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        failing()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_content_is_on_the_disk_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def counted(name: str, real: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            calls.append(name)
            real(*arguments)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, counted(name, getattr(os, name)))
    with AtomicFile(str(tmp_path / "file")) as file:
        file.stream.write(b"new")
    assert calls == ["fsync", "replace"]
    with AtomicFile(str(tmp_path / "file")) as file:
        file.commit((1, 2), sync=False)
    assert calls == ["fsync", "replace", "replace"]
    assert (tmp_path / "file").stat().st_mtime_ns == 2


@pytest.mark.parametrize("kind", ["no folder", "a file for a folder", "a folder"])
def test_a_path_that_cannot_be_written_is_named_in_the_error(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").touch()
    path = str(tmp_path / {"no folder": "missing/file", "a file for a folder": "file/file", "a folder": ""}[kind])
    with pytest.raises(OSError, match="directory") as raised, AtomicFile(path.rstrip("/")) as file:
        file.stream.write(b"new")
    assert raised.value.filename == path.rstrip("/")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert not [name for name in os.listdir(tmp_path.parent) if name.startswith(".writing")]


@pytest.fixture
def protected(tmp_path: Path) -> Iterator[Path]:
    """A folder that this process may not write to, even if it runs as root."""
    folder = tmp_path / "protected"
    folder.mkdir(mode=0o500)
    if os.geteuid():
        yield folder
        return
    os.seteuid(NOBODY)
    yield folder
    os.seteuid(0)


def test_a_protected_folder(protected: Path) -> None:
    path = str(protected / "file")
    with pytest.raises(PermissionError) as raised:
        AtomicFile(path)
    assert raised.value.filename == path


# Writes through a limit on the size of files, as a full disk would stop it.
FULL_DISK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from symbolicate.cli import main
sys.argv[0] = "symbolicate"
main()
"""


def test_a_full_disk_leaves_the_old_output(tmp_path: Path, samples: Samples, run: Callable[..., Run]) -> None:
    out = tmp_path / "out" / "report.json"
    out.parent.mkdir()
    out.write_bytes(b"old")
    arguments = ["report", str(samples.dump), "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, *arguments, "-o", str(out)], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"too large" in done.stderr
    assert out.read_bytes() == b"old"
    assert list(out.parent.iterdir()) == [out]
    assert len(run(*arguments).out) > 4096  # it was the limit that stopped it
