"""A large archive is spread over the shards of a batch, and its rows are those of its files in their order."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from service_process import until
from symbolicate.corpus import Options, plan
from symbolicate.symbols.archives import Limits, entries, parts_of
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

PADDING = b"x" * 2000
Files = list[tuple[str, bytes]]


def many(count: int) -> Files:
    """Files of an archive: dumps with long names, metadata, paths that lead out, archives, and what is no crash."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("one.dmp", tiny_dump())
        archive.writestr("two.dmp", tiny_dump())
    files: Files = []
    for number in range(count):
        files.append((f"__MACOSX/._{number}", b"junk"))
        if number % 50 == 7:
            files.append((f"{number:04}.zip", inner.getvalue()))
        elif number % 50 == 9:
            files.append((f"../../{number:04}.txt", PADDING))
        else:
            files.append((f"{'d' * (number % 150)}/\u00e9{number:04}.dmp", tiny_dump()))
    return [*files, *((f"__MACOSX/._last{number}", PADDING) for number in range(300))]


def write(path: Path, files: Files) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.mkdir("folder")
            for name, data in files:
                archive.writestr(name, data)
        return path
    form = tarfile.PAX_FORMAT if path.name.startswith("pax") else tarfile.GNU_FORMAT
    with tarfile.open(path, "w", format=form) as tar:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def names(out: Path, archive: Path) -> list[str]:
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    return [row["input"]["name"].removeprefix(f"{archive}: ") for row in rows]


@pytest.mark.parametrize("name", ["a.zip", "gnu.tar", "pax.tar"])
def test_the_files_of_a_large_archive_are_spread(name: str, run: Callable[..., Run], tmp_path: Path) -> None:
    files = many(900)
    archive, out = write(tmp_path / name, files), tmp_path / "out.ndjson"
    job = plan([str(archive)], str(tmp_path / "planned.ndjson"), Options())
    assert len(job.manifest.shards) >= 3
    # Its listing is the same as that of the whole archive.
    (tmp_path / "whole").mkdir()
    whole = [(one.name, one.error) for one in entries(str(archive), name, str(tmp_path / "whole"), Limits())]
    done = run("batch", archive, "-j", "2", "-o", out)
    assert done.code == 1
    assert names(out, archive) == [name for name, _ in whole]
    assert len(whole) == 900 + 18
    assert f"{900 + 18 - 18:,} crashes in 1 bucket" in done.err


def test_a_killed_batch_goes_on_within_an_archive(run: Callable[..., Run], tmp_path: Path) -> None:
    archive, out = write(tmp_path / "a.zip", many(900)), tmp_path / "out.ndjson"
    whole = tmp_path / "whole.ndjson"
    assert run("batch", archive, "-o", whole).code == 1
    command = [sys.executable, "-m", "symbolicate", "batch", str(archive), "-j", "1", "-o", str(out)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until(lambda: list((tmp_path / "out.ndjson.batch").glob("*/commits/*")))
    running.kill()
    running.communicate()
    assert run("batch", "--resume", "-o", out).code == 1
    assert out.read_bytes() == whole.read_bytes()


def test_what_has_no_parts(tmp_path: Path) -> None:
    files = [(f"{number}.dmp", PADDING) for number in range(100)]
    zipped, tarred = write(tmp_path / "a.zip", files), write(tmp_path / "a.tar", files)
    for path in (zipped, tarred):
        parts = parts_of(str(path), Limits(), 30, 1 << 30)
        assert [(part.first, part.files, part.bytes) for part in parts] == [
            (0, 30, 30 * 2000),
            (30, 30, 30 * 2000),
            (60, 30, 30 * 2000),
            (90, 10, 10 * 2000),
        ]
        assert [part.files for part in parts_of(str(path), Limits(), 1000, 90_000)] == [45, 45, 10]
        # More than it may hold: one input, which is refused when it is extracted.
        assert parts_of(str(path), Limits(files=99), 30, 1 << 30) == []
        assert parts_of(str(path), Limits(unpacked_bytes=199_999), 30, 1 << 30) == []
        # Few files, and damage.
        assert parts_of(str(path), Limits(), 100, 1 << 30) == []
        whole = path.read_bytes()
        cut = tmp_path / f"cut{path.suffix}"
        cut.write_bytes(whole[: len(whole) // 2 - 700])
        assert parts_of(str(cut), Limits(), 30, 1 << 30) == []
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as tar:
        tar.add(tarred, "a.tar")
    assert parts_of(str(tmp_path / "a.tgz"), Limits(), 1, 1) == []
    assert parts_of(str(tmp_path / "missing"), Limits(), 1, 1) == []


def test_a_damaged_archive_is_one_input(run: Callable[..., Run], tmp_path: Path) -> None:
    archive, out = write(tmp_path / "gnu.tar", many(600)), tmp_path / "out.ndjson"
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    assert len(whole) > 2 << 20
    done = run("batch", archive, "-o", out)
    assert done.code == 1
    assert "1 input: " in done.err
    found = names(out, archive)
    assert found[-1] == str(archive)
    assert len(found) > 100
