"""`symbolicate batch`: the rows of a corpus are those of `report`, whatever happens on the way."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from batch_mix import expected_lines, write_mixture
from page_client import summary_checked
from places import FIXTURES, ROOT
from service_process import until
from symbolicate.cli.batch_html import batch_page
from symbolicate.corpus.copying import copy_file
from symbolicate.corpus.inputs import find_inputs
from symbolicate.engine import Session
from symbolicate.summary.tally import Bucket, Tally
from tiny_dump import tiny_dump
from unprivileged import unprivileged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run, Samples

MIB = 1 << 20


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def sources(path: Path, below: Path) -> list[str]:
    return [row["input"]["name"].removeprefix(f"{below}/") for row in rows(path)]


def errors(path: Path) -> dict[str, str]:
    """The errors by the leaves of their inputs' names."""
    return {
        os.path.basename(row["input"]["name"]): f"{row['error']['kind']}: {row['error']['message']}"
        for row in rows(path)
        if row["status"] == "ERROR"
    }


def test_rows_are_those_of_report(run: Callable[..., Run], tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"
    symbols = ("--symbols", FIXTURES / "symbols")
    kinds = ["dumps", "apple-reports", "android-reports", "managed", "dart", "windows-errors"]
    folders = [FIXTURES / kind for kind in kinds]
    done = run("batch", *folders, *symbols, "-o", out)
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
    expected = run("report", *files, *symbols, "--format", "ndjson")
    lines = out.read_bytes().splitlines()
    reports = [line for line in lines if not line.startswith(b'{"status":"ERROR"')]
    assert sorted(reports) == sorted(expected.out.splitlines())
    assert len(lines) - len(reports) == expected.err.count("\nsymbolicate: ") + expected.err.startswith("symbolicate: ")
    assert done.code == expected.code == 1
    assert f"{len(reports)} crashes in " in done.err
    assert not (tmp_path / "out.ndjson.batch").exists()


def test_rows_of_a_mixture_are_those_of_single_reports(run: Callable[..., Run], tmp_path: Path) -> None:
    files = sorted(
        file
        for kind in ("dumps", "apple-reports", "managed", "android-reports")
        for file in (FIXTURES / kind).rglob("*")
        if file.is_file() and file.stat().st_size < MIB
    )
    write_mixture(tmp_path / "mixture", files, 240)
    out = tmp_path / "out.ndjson"
    assert run("batch", tmp_path / "mixture", "--symbols", FIXTURES / "symbols", "-j", "1", "-o", out).code == 1
    expected = expected_lines(tmp_path / "mixture", Session([FIXTURES / "symbols"]))
    assert len(expected) > 240
    assert out.read_bytes().splitlines() == expected


def many(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04}.dmp").write_bytes(tiny_dump())
    return folder


def test_rows_are_in_the_order_of_the_inputs(run: Callable[..., Run], tmp_path: Path) -> None:
    dumps, out = many(tmp_path / "dumps", 120), tmp_path / "out.ndjson"
    assert run("batch", dumps / "0100.dmp", dumps, "-j", "3", "-o", out).code == 0
    assert sources(out, dumps) == ["0100.dmp", *(f"{number:04}.dmp" for number in range(120))]


def test_rows_go_to_standard_output_as_they_come(run: Callable[..., Run], tmp_path: Path) -> None:
    dumps, out = many(tmp_path / "dumps", 60), tmp_path / "out.ndjson"
    assert run("batch", dumps, "-o", out).code == 0
    assert run("batch", dumps, "-j", "2", "-o", "-").out == out.read_bytes()
    unordered = run("batch", dumps, "-j", "2", "-o", "-", "--unordered").out
    assert sorted(unordered.splitlines()) == sorted(out.read_bytes().splitlines())
    assert run("batch", dumps, "-o", "-", "--resume").code == 2


def test_lists_and_patterns(tmp_path: Path) -> None:
    dumps = many(tmp_path / "dumps", 4)

    def found(*names: str, separator: bytes = b"\n") -> list[str]:
        return [entry.error or os.path.basename(entry.path) for entry in find_inputs(names, separator=separator)]

    (tmp_path / "list").write_text(f"{dumps}/0003.dmp\r\n\n{dumps}/0001.dmp\n{dumps}")
    all_of_them = [f"{number:04}.dmp" for number in range(4)]
    assert found(f"@{tmp_path}/list") == ["0003.dmp", "0001.dmp", *all_of_them]
    assert found(f"{tmp_path}/**/*[23].dmp", f"{tmp_path}/d*") == ["0002.dmp", "0003.dmp", *all_of_them]
    assert found(f"{tmp_path}/*.nothing") == ["no file matches it"]
    assert found("@/no/such/list", "gone") == ["no such file"] * 2
    # A file of another kind that is named as a list.
    (tmp_path / "list").write_bytes(bytes(1 << 20))
    assert found(f"@{tmp_path}/list") == ["not a list of names: one of them is too long"]
    (tmp_path / "list").write_bytes(os.fsencode(f"{dumps}/0002.dmp\0{tmp_path}/line\nfeed"))
    assert found(f"@{tmp_path}/list", separator=b"\0") == ["0002.dmp", "no such file"]


def test_names_on_standard_input(run: Callable[..., Run], tmp_path: Path) -> None:
    dumps, out = many(tmp_path / "dumps", 3), tmp_path / "out.ndjson"
    listed = b"\0".join(os.fsencode(dumps / f"{number:04}.dmp") for number in (2, 0))
    assert run("batch", "-0", "-o", out, stdin=listed).code == 0
    assert sources(out, dumps) == ["0002.dmp", "0000.dmp"]
    assert run("batch", "-o", out).code == 2


def test_half_of_a_corpus_is_garbage(run: Callable[..., Run], tmp_path: Path) -> None:
    dumps, out = many(tmp_path / "dumps", 3), tmp_path / "out.ndjson"
    os.mkfifo(dumps / "pipe")
    (dumps / "empty").touch()
    with (dumps / "sparse").open("wb") as sparse:
        sparse.truncate(4 << 30)
    (dumps / "loop").symlink_to(".")
    (dumps / "itself").symlink_to("itself")
    (dumps / "dangling").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(dumps / "socket"))
    (dumps / "device").symlink_to("/dev/zero")
    with open(os.fsencode(dumps) + b"/\xff.dmp", "wb") as unreadable_name:
        unreadable_name.write(tiny_dump())
    done = run("batch", dumps, "-o", out)
    assert done.code == 1, done.err
    assert errors(out) == {
        "dangling": "InputNotFound: no such file",
        "device": "InputUnreadable: is a device, not a file",
        "empty": "EmptyInput: empty file",
        "itself": "InputUnreadable: too many levels of symbolic links",
        "loop": "InputUnreadable: is a link to a folder that contains it",
        "pipe": "InputUnreadable: is a pipe, not a file",
        "socket": "InputUnreadable: is a socket, not a file",
        "sparse": errors(out)["sparse"],
    }
    assert errors(out)["sparse"].startswith("NotACrash: not a crash")
    assert sum(row["status"] == "OK" for row in rows(out)) == 4
    assert "12 inputs: 4 crashes in 1 bucket, 0 without a name, 8 errors" in done.err


def test_folders_that_cannot_be_read_or_lead_to_others(tmp_path: Path) -> None:
    dumps = many(tmp_path / "dumps", 1)
    (dumps / "closed").mkdir(mode=0)
    (dumps / "link").symlink_to(many(tmp_path / "elsewhere", 1))
    (dumps / "again").symlink_to(tmp_path / "elsewhere")
    for folder in [tmp_path, *tmp_path.parents]:
        if os.access(folder, os.W_OK) and folder.owner() == dumps.owner() and str(folder) != "/":
            folder.chmod(folder.stat().st_mode | 0o5)
    found = unprivileged(lambda: "\n".join(f"{entry.source}: {entry.error}" for entry in find_inputs([str(dumps)])))
    assert [line.removeprefix(f"{dumps}/") for line in found.splitlines()] == [
        "0000.dmp: ",
        "again/0000.dmp: ",
        "closed: permission denied",
    ]
    # As many paths as there are choices, and not as many rows.
    for level in range(30):
        (tmp_path / f"nest{level}").mkdir()
        for link in "ab":
            (tmp_path / f"nest{level}" / link).symlink_to(f"../nest{level + 1}")
    assert len(list(find_inputs([str(tmp_path / "nest0")]))) < 100


def test_files_of_archives_are_inputs(run: Callable[..., Run], tmp_path: Path) -> None:
    dumps, out = many(tmp_path / "dumps", 2), tmp_path / "out.ndjson"
    inside = tmp_path / "inside"
    inside.mkdir()
    with tarfile.open(inside / "b.tar.xz", "w:xz") as tar:
        for dump in sorted(dumps.iterdir()):
            tar.add(dump, dump.name)
    with zipfile.ZipFile(inside / "c.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../escaped.dmp", tiny_dump())
        archive.writestr("none.dmp", "no crash")
        archive.write(inside / "b.tar.xz", "b.tar.xz")
    with zipfile.ZipFile(inside / "d.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bomb:
        bomb.write(dumps / "0000.dmp", "first.dmp")
        bomb.writestr("bomb.dmp", bytes(64 * MIB))
    (inside / "e.zip").write_bytes((inside / "c.zip").read_bytes()[:-40])
    shutil.copy(dumps / "0000.dmp", inside / "a.dmp")
    done = run("batch", inside, "-o", out)
    assert done.code == 1
    assert sources(out, inside) == [
        "a.dmp",
        "b.tar.xz: 0000.dmp",
        "b.tar.xz: 0001.dmp",
        "c.zip: ../../escaped.dmp",
        "c.zip: none.dmp",
        "c.zip: b.tar.xz/0000.dmp",
        "c.zip: b.tar.xz/0001.dmp",
        "d.zip: first.dmp",
        "d.zip: bomb.dmp",
        "e.zip",
    ]
    assert {name.rpartition(": ")[2] for name in errors(out)} == {"none.dmp", "bomb.dmp", "e.zip"}
    assert not (tmp_path / "escaped.dmp").exists()


POISON = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int open64(const char *path, int flags, ...) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (!strncmp(name, "hangs", 5))
        for (;;) pause();
    if (!strncmp(name, "crashes", 7))
        raise(SIGSEGV);
    if (!strncmp(name, "eats", 4)) {
        while (malloc(1 << 20)) {}
        abort();
    }
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    return openat(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
"""


@pytest.mark.parametrize("form", ["ndjson", "parquet"])
def test_a_poison_input_is_one_error(form: str, tmp_path: Path) -> None:
    """No such input is known, so the system is changed: it hangs, crashes or allocates when some names are opened."""
    dumps, out = many(tmp_path / "dumps", 20), tmp_path / f"out.{form}"
    # One form is enough for the one that has to be waited for.
    hanging = ["hangs0003"] if form == "ndjson" else []
    for name in (*hanging, "crashes0007", "crashes0008", "eats0015"):
        (dumps / f"{name}.dmp").write_bytes(tiny_dump())
    with zipfile.ZipFile(dumps / "0009.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.dmp", tiny_dump())
    (tmp_path / "poison.c").write_text(POISON)
    library = tmp_path / "poison.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "poison.c"], check=True)
    limits = ("--seconds-per-input", "2" if hanging else "60", "--memory-per-input", "300M")
    done = subprocess.run(
        [sys.executable, "-m", "symbolicate", "batch", "-j", "2", dumps, "-o", out, *limits],
        env={**os.environ, "LD_PRELOAD": str(library)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr.decode()
    found = rows(out) if form == "ndjson" else lines_of_table(out)
    assert len(found) == 26 + len(hanging)
    messages = {
        os.path.basename(row["input"]["name"]): f"{row['error']['kind']}: {row['error']['message']}"
        for row in found
        if row["status"] == "ERROR"
    }
    ended = "InputAbandoned: processing it ended the process"
    memory = "it may have needed more than 300 MiB of memory"
    late = "InputAbandoned: processing it took longer than 2 seconds"
    assert messages == {f"{name}.dmp": late for name in hanging} | {
        "crashes0007.dmp": f"{ended} (SIGSEGV); {memory}",
        "crashes0008.dmp": f"{ended} (SIGSEGV); {memory}",
        "eats0015.dmp": f"{ended} (SIGABRT); {memory}",
    }


def lines_of_table(path: Path) -> list[dict[str, Any]]:
    """The rows of a table as lines have them, with no more than their errors."""
    return [
        {
            "status": "OK" if row["error_kind"] is None else "ERROR",
            "input": {"name": row["source"]},
            "error": {"kind": row["error_kind"], "message": row["error"]},
        }
        for row in pq.read_table(path, columns=["source", "error_kind", "error"]).to_pylist()
    ]


def changed(folder: Path, code: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Run a batch with two workers and a changed program."""
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(code)
    return subprocess.run(
        [sys.executable, "-m", "symbolicate", "batch", "-j", "2", *arguments],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        check=False,
    )


CRASHING_SYMBOLS = """
import os
from symbolicate.symbols.store import SymbolStore

def look_for(self, wanted):
    os.kill(os.getpid(), 11)
SymbolStore._look_for = look_for
"""


def test_symbols_that_end_a_worker_are_not_opened(samples: Samples, tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"
    dumps = many(tmp_path / "dumps", 40)
    done = changed(tmp_path, CRASHING_SYMBOLS, dumps, "--symbols", samples.symbols, "-o", out)
    assert done.returncode == 0, done.stderr.decode()
    (row, *others) = rows(out)
    assert len(others) == 39
    assert row["modules"][0]["symbols"]["status"] == "malformed"
    assert "opening it ended the process" in json.dumps(row["modules"][0]["symbols"])


def batch(*arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "symbolicate", "batch", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_killed_batch_goes_on(run: Callable[..., Run], tmp_path: Path) -> None:
    dumps, whole, out = many(tmp_path / "dumps", 400), tmp_path / "whole.ndjson", tmp_path / "out.ndjson"
    assert run("batch", dumps, "-o", whole).code == 0
    killed = 0
    # The first ones while it starts; how much is done by the others depends on the machine.
    for seconds in (0.02, 0.08, 0.12, 0.16, 0.2, 0.4, 0.8, 1.2):
        running = batch(dumps, "--resume", "-j", "2", "-o", out)
        try:
            running.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            running.communicate()
            killed += 1
        if out.exists():
            break
    assert killed
    assert run("batch", dumps, "--resume", "-o", out).code == 0
    assert out.read_bytes() == whole.read_bytes()
    assert not (tmp_path / "out.ndjson.batch").exists()


def test_what_a_killed_batch_left_after_its_output_is_removed(run: Callable[..., Run], tmp_path: Path) -> None:
    dumps, out, left = many(tmp_path / "dumps", 3), tmp_path / "out.ndjson", tmp_path / "out.ndjson.batch"
    assert run("batch", dumps, "-o", out).code == 0
    (left / "0" / "inputs").mkdir(parents=True)
    done = run("batch", dumps, "--resume", "-o", out)
    assert done.code == 0
    assert "is finished" in done.err
    assert not left.exists()


def slow(folder: Path, count: int) -> Path:
    """Inputs that take some time: texts without a crash."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04}").write_bytes(b"at a.b\n" * 2000)
    return folder


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    texts, out = slow(tmp_path / "texts", 300), tmp_path / "out.ndjson"
    running = batch(texts, "-j", "2", "-o", out)
    until(lambda: list((tmp_path / "out.ndjson.batch").glob("*/commits/*")))
    workers = children(running.pid)
    os.kill(workers[0], signal.SIGSTOP)
    running.kill()
    running.communicate()
    until(lambda: not any(os.path.exists(f"/proc/{worker}/fd/0") for worker in workers))


def children(process: int) -> list[int]:
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as found:
        return list(map(int, found.read().split()))


def test_an_interrupt_keeps_what_is_done(run: Callable[..., Run], tmp_path: Path) -> None:
    texts, out = slow(tmp_path / "texts", 300), tmp_path / "out.ndjson"
    running = batch(texts, "-j", "1", "-o", out)
    until(lambda: list((tmp_path / "out.ndjson.batch").glob("*/commits/*")))
    running.send_signal(signal.SIGINT)
    _, err = running.communicate()
    assert running.returncode == 130
    assert "of 300 inputs are done and kept" in err.decode()
    assert f"symbolicate batch --resume -o {out}" in err.decode()
    assert not out.exists()
    done = run("batch", "--resume", "-o", out)
    assert done.code == 1
    assert sources(out, texts) == [f"{number:04}" for number in range(300)]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (
            ["-o", "mysql://host/x"],
            "mysql:// is no place for an output: a path, s3://, gs://, az://, sqlite:///PATH or",
        ),
        (["-o", "x.ndjson", "--app", "a"], "--app is used with a database as OUT"),
    ],
)
def test_an_output_of_another_kind(run: Callable[..., Run], options: list[str], what: str) -> None:
    done = run("batch", "x.dmp", *options)
    assert done.code == 2
    assert f"Error: {what}" in " ".join(done.err.split())


def test_a_batch_is_resumed_as_it_was_begun(run: Callable[..., Run], samples: Samples, tmp_path: Path) -> None:
    from symbolicate.corpus import Options, plan

    out = tmp_path / "out.ndjson"
    version = json.loads(run("report", samples.dump, "--format", "json").out)["schema_version"]
    assert version == 1
    plan([str(samples.dump)], str(out), Options(symbols=(str(samples.symbols),)))
    refused = run("batch", samples.dump, "-o", out)
    assert refused.code == 2
    assert "has a batch that is not finished" in refused.err
    for changed, what in (
        (["--full"], "full: False then, True now"),
        (["--symbols", tmp_path], f"symbols: {samples.symbols} then, {tmp_path} now"),
        (["other.dmp"], "then, other.dmp now"),
    ):
        refused = run("batch", "--resume", "-o", out, *changed)
        assert refused.code == 2
        assert what in " ".join(refused.err.split())
    with (tmp_path / "out.ndjson.batch" / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another process is working on" in " ".join(run("batch", "--resume", "-o", out).err.split())
    assert run("batch", "--resume", "-o", out).code == 0
    assert rows(out)[0]["modules"][0]["symbols"]["status"] == "loaded"
    again = run("batch", "--resume", "-o", out)
    assert again.code == 0
    assert "is finished" in again.err


def test_shards_are_functions(samples: Samples, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from symbolicate.corpus import JobError, Options, finish, plan, run_shard

    dumps, out = many(tmp_path / "dumps", 50), tmp_path / "out.ndjson"
    job = plan([str(dumps)], str(out), Options(symbols=(str(samples.symbols),)))
    with pytest.raises(JobError, match="shards are not processed"):
        finish(job, str(out))
    shards = range(len(job.manifest.shards))
    with ThreadPoolExecutor(2) as pool:
        first = list(pool.map(lambda shard: run_shard(job.place, shard), shards))
        again = list(pool.map(lambda shard: run_shard(job.place, shard), shards))
    assert first == again
    assert sum(record.rows for record in first) == 50
    assert finish(job, str(out)) == 50
    assert len(rows(out)) == 50


def test_two_processes_that_do_one_shard_commit_it_once(tmp_path: Path) -> None:
    from symbolicate.corpus import Record, plan
    from symbolicate.summary.tally import Tally

    job = plan([str(many(tmp_path / "dumps", 1))], str(tmp_path / "out.ndjson"))
    records = []
    for _ in range(2):
        key = job.data_key(0)
        data = tmp_path / "data"
        data.write_bytes(b"{}\n")
        job.storage.put_file(key, str(data))
        records.append(job.commit(Record(shard=0, data=key, rows=1, bytes=3, tally=Tally())))
    assert records[0] == records[1]
    assert [path.name for path in (tmp_path / "out.ndjson.batch").glob("*/data/*")] == [records[0].data.split("/")[-1]]


def test_the_most_frequent_are_listed_and_drawn(run: Callable[..., Run], samples: Samples, tmp_path: Path) -> None:
    import xml.etree.ElementTree as ET

    from symbolicate.corpus.plot import plot
    from symbolicate.summary.tally import Bucket, Tally

    out, picture = tmp_path / "out.ndjson", tmp_path / "out.svg"
    done = run("batch", samples.dump, "--symbols", samples.symbols, "-o", out, "--top", "3", "--plot", picture)
    (row,) = rows(out)
    assert f"most frequent:\n  1  {row['failure']['hash']}  {row['failure']['name']}\n" in done.err
    drawn = "".join(ET.fromstring(picture.read_text()).itertext())  # noqa: S314 - our own
    assert row["failure"]["name"][:90] in drawn
    days = {"2026-11-29": 2, "2026-13-99": 5, "0001-01-01": 1, "9999-12-31": 1}
    hostile = Tally(crashes=9, buckets={"&": Bucket('<script>"\0\x1b\ud800', 9, days)})
    drawn = plot(hostile)
    assert "<script>" not in drawn
    assert len(ET.fromstring(drawn)) < 150  # noqa: S314


def test_failures_that_earlier_tables_do_not_have_are_new(
    run: Callable[..., Run], samples: Samples, tmp_path: Path
) -> None:
    report = FIXTURES / "apple-reports" / "ios17.ips"
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    for form in ("parquet", "ndjson"):
        assert run("batch", samples.dump, "-o", earlier / f"one.{form}").code == 0
    # As DuckDB, pandas and Spark write tables unless they are told otherwise.
    by_others = tmp_path / "snappy.parquet"
    pq.write_table(pq.read_table(earlier / "one.parquet"), by_others, compression="snappy")
    (earlier / "summary.html").write_text("not a table")
    summary, page, out = tmp_path / "summary.json", tmp_path / "summary.html", tmp_path / "out.ndjson"
    for known in (earlier, earlier / "one.ndjson", earlier / "one.parquet", by_others):
        done = run(
            *("batch", samples.dump, report, "-o", out, "--known", known, "--top", "5"),
            *("--json", summary, "--html", page),
        )
        old, new = rows(out)
        assert "2 inputs: 2 crashes in 2 buckets, 1 of them new, 0 without a name, 0 errors" in done.err
        line = f"  1  {new['failure']['hash']}  {new['failure']['name']}"
        assert f"{line}  (new)\n" in done.err
        assert f"new:\n{line}\n" in done.err
        assert f"{old['failure']['name']}  (new)" not in done.err
        document = json.loads(summary.read_text())
        assert (document["known"], document["new"], document["crashes"]) == (1, 1, 2)
        assert {one["hash"]: one["new"] for one in document["buckets"]} == {
            old["failure"]["hash"]: False,
            new["failure"]["hash"]: True,
        }
        parsed = summary_checked(page.read_text())
        assert "New failures" in parsed.inside("h2")
        assert parsed.inside("strong") == "new"
    done = run("batch", samples.dump, "-o", out, "--json", summary)
    assert "1 input: 1 crash in 1 bucket, 0 without a name, 0 errors" in done.err
    document = json.loads(summary.read_text())
    assert "new" not in document
    assert "new" not in document["buckets"][0]


def test_what_is_known_is_read_before_the_batch_begins(run: Callable[..., Run], tmp_path: Path) -> None:
    dumps, out = many(tmp_path / "dumps", 1), tmp_path / "out.ndjson"
    text = tmp_path / "text.parquet"
    text.write_text("hello")
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(b"PAR1\0\0\0\0PAR1")
    os.mkfifo(tmp_path / "pipe.ndjson")
    (tmp_path / "empty").mkdir()
    for known, why in (
        ("missing.parquet", "no such file"),
        ("pipe.ndjson", "is a pipe, not a file"),
        ("empty", "there is no .parquet or .ndjson file in it"),
        ("text.parquet", "line 1 is not a report: neither Parquet nor lines of JSON"),
        ("cut.parquet", "damaged, or not as this program writes it: "),
    ):
        done = run("batch", dumps, "-o", out, "--known", tmp_path / known)
        assert done.code == 1
        assert done.err.startswith(f"symbolicate: {tmp_path / known}: {why}")
        assert done.err.count("\n") == 1
        assert not out.exists()
        assert not (tmp_path / "out.ndjson.batch").exists()


def test_a_wrong_output_is_one_line(run: Callable[..., Run], tmp_path: Path) -> None:
    for out in (tmp_path / "missing" / "out.ndjson", tmp_path / "out.csv"):
        done = run("batch", tmp_path, "-o", out)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert "Usage" not in done.err
    assert "Usage" in run("batch", "-o", tmp_path / "out.ndjson").err


def test_the_summary_as_html(run: Callable[..., Run], samples: Samples, tmp_path: Path) -> None:
    bad = tmp_path / "<script>bad"
    bad.write_text("no crash")
    page = tmp_path / "summary.html"
    done = run("batch", samples.dump, bad, "-o", tmp_path / "rows.ndjson", "--html", page)
    assert done.code == 1
    parsed = summary_checked(page.read_text())
    assert "2 inputs" in parsed.inside("h1")
    headings = parsed.inside("h2")
    for heading in ("Top failures", "Errors", "Symbols that would help most", "Slowest inputs"):
        assert heading in headings
    assert "<script>bad" in parsed.text
    name = "</style><script>\x1b\u202e"
    hostile = Tally(
        inputs=10**9,
        buckets={"h" * 9: Bucket(name, 10**9, {"2026-01-01": 5, "9999-99-99": 1, "1970-01-01": 1})},
    )
    parsed = summary_checked(batch_page(hostile, 1.0, 5))
    assert "</style><script>" in parsed.text
    assert "\u202e" not in parsed.text
    assert "1,000,000,000" in parsed.text
    summary_checked(batch_page(Tally(), 0.0, 5))


def test_tallies_add_up() -> None:
    from symbolicate.summary.needed import NeededModule
    from symbolicate.summary.tally import Adding, Bucket, Slow, Tally

    one = Tally(
        inputs=3,
        crashes=2,
        errors={"NotACrash": 1},
        buckets={"a": Bucket("A", 2, {"2026-11-30": 1})},
        needed=[NeededModule("m.so", debug_id="1", reports=2, frames=5, outcomes={"missing": 2})],
        slowest=[Slow(2.0, "x")],
        seconds=2.5,
    )
    total = Adding([one, one, Tally(unknown=1)]).result()
    assert (total.inputs, total.crashes, total.unknown, total.failed, total.seconds) == (6, 4, 1, 2, 5.0)
    assert total.buckets == {"a": Bucket("A", 4, {"2026-11-30": 2})}
    assert [(module.reports, module.frames, module.outcomes) for module in total.needed] == [(4, 10, {"missing": 4})]
    assert one.needed[0].reports == 2


def test_the_example_of_the_documentation_runs(run: Callable[..., Run], tmp_path: Path) -> None:
    many(tmp_path / "dumps", 40)
    (tmp_path / "symbols").mkdir()
    page = (ROOT / "docs" / "corpus.md").read_text()
    (example,) = (block.partition("```")[0] for block in page.split("```python\n")[1:] if "run_shard" in block)
    (tmp_path / "example.py").write_text(example)
    done = subprocess.run([sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sum(int(line.split()[1]) for line in done.stdout.splitlines()) == 40
    assert run("batch", tmp_path / "dumps", "--symbols", tmp_path / "symbols", "-o", tmp_path / "out.ndjson").code == 0
    assert (tmp_path / "crashes.ndjson").read_bytes() == (tmp_path / "out.ndjson").read_bytes()


def test_the_summary_names_an_input_for_each_kind_of_error(run: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no crash")
    done = run("batch", tmp_path / "absent.dmp", tmp_path / "notes.txt", "-o", tmp_path / "out.ndjson")
    assert done.code == 1
    assert f"  InputNotFound: {tmp_path / 'absent.dmp'}: no such file\n" in done.err
    assert f"  NotACrash: {tmp_path / 'notes.txt'}: not a crash" in done.err


def test_files_are_copied_behind_what_a_stream_has(tmp_path: Path) -> None:
    part, out = tmp_path / "part", tmp_path / "out"
    part.write_bytes(os.urandom(3 * MIB + 7))
    for mode in ("wb", "ab"):
        out.write_bytes(b"")
        with out.open(mode) as stream:
            stream.write(b"before ")
            copy_file(str(part), stream)
            copy_file(str(part), stream)
            stream.write(b" after")
        assert out.read_bytes() == b"before " + part.read_bytes() * 2 + b" after"
    code = f"import sys\nfrom symbolicate.corpus.copying import copy_file\ncopy_file({str(part)!r}, sys.stdout.buffer)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == part.read_bytes()
    with pytest.raises(OSError, match="No space left"), open("/dev/full", "wb", buffering=0) as full:
        copy_file(str(part), full)
