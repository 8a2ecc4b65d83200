"""`symbolicate batch` into the store of a service: each crash counts once, whatever is killed and resumed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from places import FIXTURES
from service_process import until
from symbolicate.store import Processed, Settings, Store
from symbolicate.store.database.tables import HIT, JOB, REPORT, ROLLUP
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

WIDE = ("--start-date", "2000-01-01")


def into(url: str, data: Path, *more: object, app: str = "corpus") -> list[str]:
    return ["-o", url, "--data", str(data), "--app", app, *map(str, more)]


def counted(url: str, data: Path) -> dict[str, int]:
    """The rows of each table, and what the roll-ups count."""

    def work(connection: sa.Connection) -> dict[str, int]:
        found = {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (REPORT, HIT, JOB)
        }
        return found | {"counted": int(connection.execute(sa.select(sa.func.sum(ROLLUP.c.count))).scalar() or 0)}

    with Store.open(url, data=data) as store:
        return store.database.read(work)


def test_every_crash_of_a_batch_is_an_event(run: Callable[..., Run], database_url: str, tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "rows.ndjson"
    corpus = [FIXTURES / "dumps", FIXTURES / "managed", "--symbols", FIXTURES / "symbols"]
    assert run("batch", *corpus, "-o", out).code == 1
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    reports = [row for row in rows if row["status"] == "OK"]
    done = run("batch", *corpus, *into(database_url, data))
    assert (done.code, f"{len(reports)} crashes in " in done.err) == (1, True), done.err
    total = len(reports)
    assert counted(database_url, data) == {"report": total, "hit": total, "job": 0, "counted": total}
    asked = ("query", "failurehits", *WIDE, "--db", database_url, "--data", data, "--format", "json")
    hits: Counter[str] = Counter()
    for row in json.loads(run(*asked, "--groupby", "failureHash").out)["Value"]:
        hits[row["failureHash"]] += row["eventCount"]
    # As of reports that were received, handled errors and requested dumps are no crashes.
    crashes = [row for row in reports if row["failure"]["event_type"] not in {"handled", "requested"}]
    assert len(crashes) < total
    assert hits == Counter(row["failure"]["hash"] for row in crashes)
    # The stack of an event is that of its report.
    one = max(hits, key=lambda key: hits[key])
    details = run("query", "failuredetails", one, *WIDE, "--db", database_url, "--data", data, "--format", "json")
    (event, *_) = json.loads(details.out)["Value"]
    stack = run("query", "stacktrace", event["cabIdHash"], "--db", database_url, "--data", data, "--format", "json")
    assert stack.code == 0
    # Nothing is left to do, and nothing of the batch is left in the folder.
    again = run("batch", *corpus, *into(database_url, data), "--resume")
    assert (again.code, again.err) == (0, "symbolicate: nothing to go on with: the batch is finished\n")
    assert counted(database_url, data)["hit"] == total
    assert [path.suffix for path in (data / "batches").iterdir()] == [".ndjson"]
    # Another batch is counted anew, of the app that is there already.
    assert run("batch", FIXTURES / "managed", *into(database_url, data)).code == 1
    assert counted(database_url, data)["hit"] > total


def test_a_killed_batch_counts_each_crash_once(run: Callable[..., Run], database_url: str, tmp_path: Path) -> None:
    data, dumps, chance = tmp_path / "data", tmp_path / "dumps", random.Random(5)  # noqa: S311 - the same each time
    dumps.mkdir()
    for number in range(600):
        (dumps / f"{number:04}.dmp").write_bytes(tiny_dump())
    command = [sys.executable, "-m", "symbolicate", "batch", str(dumps), *into(database_url, data, "--resume", "-j", 2)]
    killed = 0
    for _ in range(6):
        before = progress(data)
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        until(lambda then=before, process=running: process.poll() is not None or progress(data) > then)
        time.sleep(chance.uniform(0, 0.1))
        killed += running.poll() is None
        running.kill()
        running.communicate()
    assert killed
    done = run("batch", dumps, *into(database_url, data, "--resume"))
    assert done.code == 0, done.err
    assert counted(database_url, data) == {"report": 600, "hit": 600, "job": 0, "counted": 600}


def progress(data: Path) -> int:
    """How many files the batch has written: lists of inputs, rows, commits, and marks of what is stored."""
    return sum(1 for path in (data / "batches").rglob("*") if path.suffix in {".json", ".ndjson"})


def test_a_report_is_added_once(store: Store) -> None:
    app = store.apps.ensure("corpus")
    document = b'{"status":"OK","failure":{"name":"A","hash":"%s"}}' % (b"1" * 36)
    some = [Processed(f"run/0/{number}", "minidump", document) for number in range(5)]
    assert store.add_processed(app, some[:3]) == 3
    assert store.add_processed(app, some) == 2
    assert store.add_processed(app, some) == 0
    assert store.add_processed(store.apps.ensure("other"), some) == 5
    with pytest.raises(ValueError, match=r"JSON|malformed|truncated"):
        store.add_processed(app, [Processed("run/1/0", "minidump", b"{")])


def test_the_quota_of_the_app_holds(run: Callable[..., Run], tmp_path: Path) -> None:
    data, url = tmp_path / "data", f"sqlite:///{tmp_path}/data/symbolicate.db"
    with Store.open(url, data=data) as store:
        app = store.apps.ensure("corpus")
        store.apps.update(app.id, settings=Settings(quota_bytes=10))
    done = run("batch", FIXTURES / "managed", *into(url, data))
    assert done.code == 1
    assert "the app has used up its quota of bytes; what is stored stays, and --resume goes on" in done.err
    with Store.open(url, data=data) as store:
        found = store.apps.named("corpus")
        assert found is not None
        store.apps.update(found.id, settings=Settings())
    assert "going on" in run("batch", *into(url, data, "--resume")).err
    assert counted(url, data)["hit"] > 0


def test_no_folder_is_made_for_a_misspelt_database(run: Callable[..., Run], tmp_path: Path) -> None:
    done = run("batch", FIXTURES / "managed", *into(f"sqlite:///{tmp_path}/stroe/symbolicate.db", tmp_path / "data"))
    assert (done.code, done.err) == (2, f"Error: no such folder: {tmp_path}/stroe\n")
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_cannot_be_used_is_said_at_once(run: Callable[..., Run], tmp_path: Path) -> None:
    done = run("batch", FIXTURES / "managed", *into("postgresql://nobody@127.0.0.1:9/none", tmp_path / "data"))
    assert done.code == 1
    assert done.err.startswith("symbolicate: ")
    assert "Traceback" not in done.err
