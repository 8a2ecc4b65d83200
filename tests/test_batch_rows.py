"""The file of all rows of a batch: shards are written to their places, and it becomes the output without a copy."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from symbolicate.corpus import Job, Options, Record, finish, plan, run_shard
from symbolicate.corpus.layout import Layout, is_laid_out
from symbolicate.summary.tally import Tally
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from pathlib import Path


def many(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04}.dmp").write_bytes(tiny_dump())
    return folder


def job_of(folder: Path, shards: int) -> Job:
    job = plan([str(many(folder / "dumps", 16 * shards))], str(folder / "out.ndjson"))
    assert len(job.manifest.shards) == shards
    return job


def record(shard: int, size: int, begin: int | None = None) -> Record:
    return Record(shard=shard, data="", rows=1, bytes=size, tally=Tally(), begin=begin)


def test_shards_whose_rows_may_have_to_wait_in_memory_are_small(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("".join(f"{number}.dmp\n" for number in range(8000)))
    lines = plan([f"@{names}"], str(tmp_path / "out.ndjson"), Options(format="ndjson")).manifest.shards
    table = plan([f"@{names}"], str(tmp_path / "out.parquet"), Options(format="parquet")).manifest.shards
    assert max(size.inputs for size in lines) == 128
    assert max(size.inputs for size in table) > 128


def test_places_are_known_when_the_sizes_before_are(tmp_path: Path) -> None:
    layout = Layout(job_of(tmp_path, 4))
    assert [layout.to_stream(shard) for shard in range(4)] == [0, None, None, None]
    layout.known(1, 5)
    layout.known(2, 7)
    assert layout.to_write(1, 5) is None
    layout.committed(record(0, 10, 0))
    assert layout.to_write(2, 7) == 15
    assert layout.to_write(1, 5) == 10
    # The workers of the shards before it may die, and these may have more rows when they are done again.
    assert layout.to_stream(3) is None
    layout.committed(record(1, 5, 10))
    assert layout.to_stream(3) is None
    layout.committed(record(2, 7, 15))
    assert layout.to_stream(3) == 22


def test_a_shard_with_other_rows_than_before_overwrites_none(tmp_path: Path) -> None:
    job = job_of(tmp_path, 4)
    for one in (record(0, 10, 0), record(2, 7, 15)):
        job.commit(one)
    layout = Layout(job)
    assert layout.to_stream(1) is None
    layout.known(1, 6)
    assert layout.to_write(1, 6) is None
    layout.known(1, 5)
    assert layout.to_write(1, 5) == 10
    # What was decided with the size before stays where it is.
    layout.known(3, 2)
    assert layout.to_write(3, 2) == 22
    layout.known(1, 3)
    assert layout.to_write(1, 3) == 10
    assert layout.to_stream(3) is None


def test_rows_that_are_not_in_order_are_copied() -> None:
    assert is_laid_out([record(0, 3, 0), record(1, 4), record(2, 5, 7)])
    assert not is_laid_out([record(0, 3, 0), record(1, 4), record(2, 5, 8)])
    assert not is_laid_out([record(0, 3), record(1, 4)])
    assert not is_laid_out([])


def test_rows_of_all_kinds_are_joined(tmp_path: Path) -> None:
    """Some in the file of all rows, one in a file of its own, and garbage behind them."""
    job = job_of(tmp_path, 3)
    texts = [b"one\n", b"second\n", b"3\n"]
    records = [run_shard(job, shard) for shard in range(3)]
    for kept in job.storage.keys(f"{job.manifest.id}/commits"):
        job.storage.delete(f"{job.manifest.id}/commits/{kept}")
    rows = tmp_path / "out.ndjson.batch" / job.rows_key
    for begins in ((0, None, 40), (0, None, 11)):
        content = bytearray(b"x" * 60)
        for shard, (begin, text) in enumerate(zip(begins, texts, strict=True)):
            key = job.rows_key
            if begin is None:
                key = records[shard].data
                (tmp_path / "out.ndjson.batch" / key).write_bytes(text)
            else:
                content[begin : begin + len(text)] = text
            job.storage.delete(f"{job.manifest.id}/commits/{shard:06}.json")
            job.commit(Record(shard=shard, data=key, rows=1, bytes=len(text), tally=Tally(), begin=begin))
        rows.write_bytes(content)
        out = tmp_path / "out.ndjson"
        out.unlink(missing_ok=True)
        assert finish(job, str(out), keep=True) == 3
        assert out.read_bytes() == b"".join(texts)
        assert rows.read_bytes() == content
    out.unlink()
    assert finish(job, str(out), [2, 0, 1], keep=True) == 3
    assert out.read_bytes() == b"3\none\nsecond\n"
    assert finish(job, str(out)) == 3
    assert out.read_bytes() == b"".join(texts)
    assert not (tmp_path / "out.ndjson.batch").exists()


def test_a_link_that_a_killed_process_left_is_used(tmp_path: Path) -> None:
    job = job_of(tmp_path, 1)
    job.storage.create(job.rows_key, b"one\n")
    job.commit(record(0, 4, 0))
    out, link = tmp_path / "out.ndjson", tmp_path / f".writing-{job.manifest.id}.part"
    link.hardlink_to(job.storage.local(job.rows_key, ""))
    assert finish(job, str(out)) == 1
    assert (out.read_bytes(), out.stat().st_nlink, link.exists()) == (b"one\n", 1, False)


def test_inputs_are_processed_as_they_are_when_their_turn_comes(tmp_path: Path) -> None:
    dumps = many(tmp_path / "dumps", 3)
    (dumps / "0001.dmp").write_bytes(b"")
    job = plan([str(dumps)], str(tmp_path / "out.ndjson"))
    (dumps / "0000.dmp").unlink()
    (dumps / "0001.dmp").write_bytes(tiny_dump())
    (dumps / "0003.dmp").write_bytes(tiny_dump())
    tally = run_shard(job, 0).tally
    assert (tally.inputs, tally.crashes, tally.errors) == (3, 2, {"InputNotFound": 1})


def batch(folder: Path, code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a batch with a changed program."""
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(code)
    return subprocess.run(
        [sys.executable, "-m", "symbolicate", "batch", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )


COPIED = """
import symbolicate.corpus.joining as joining
def copied(path, out, part=None, copy_file=joining.copy_file):
    print("copied")
    copy_file(path, out, part)
joining.copy_file = copied
"""
# Each worker holds nothing beyond a line.
NOTHING_HELD = f"""{COPIED}
import symbolicate.corpus.runners.tasks as tasks
tasks.HELD_BYTES = 1
"""
# It ends when it is to write what it holds; once for each process.
DIES_WITH_ROWS = f"""{COPIED}
import os, sys
import symbolicate.corpus.shard as shard
def commit(self, begin=None, commit=shard.ShardRows.commit, once="ONCE"):
    if self.are_held and not os.path.exists(once):
        open(once, "w").close()
        os.kill(os.getpid(), 9)
    return commit(self, begin)
shard.ShardRows.commit = commit
"""
# A copy of the process would not have the thread, so workers are new processes.
WITH_A_THREAD = f"""{COPIED}
import threading, time
if "symbolicate.corpus.runners.worker" not in sys.orig_argv:
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
""".replace("import threading", "import sys, threading")


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_output_is_not_copied(jobs: int, tmp_path: Path) -> None:
    dumps, whole, out = many(tmp_path / "dumps", 150), tmp_path / "whole.ndjson", tmp_path / "out.ndjson"
    done = batch(tmp_path, COPIED, dumps, "-j", 2, "-o", whole, "--unordered")
    assert "copied" in done.stdout
    done = batch(tmp_path, COPIED, dumps, "-j", jobs, "-o", out)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert sorted(out.read_bytes().splitlines()) == sorted(whole.read_bytes().splitlines())
    assert out.stat().st_nlink == 1
    assert not (tmp_path / "out.ndjson.batch").exists()


@pytest.mark.parametrize(("code", "is_copied"), [(NOTHING_HELD, True), (DIES_WITH_ROWS, False), (WITH_A_THREAD, False)])
def test_rows_are_the_same_whatever_happens_to_workers(code: str, is_copied: bool, tmp_path: Path) -> None:
    dumps, whole, out = many(tmp_path / "dumps", 150), tmp_path / "whole.ndjson", tmp_path / "out.ndjson"
    assert batch(tmp_path, "", dumps, "-j", 1, "-o", whole).returncode == 0
    done = batch(tmp_path, code.replace("ONCE", str(tmp_path / "once")), dumps, "-j", 3, "-o", out)
    assert done.returncode == 0, done.stderr
    assert ("copied" in done.stdout) == is_copied
    assert out.read_bytes() == whole.read_bytes()
