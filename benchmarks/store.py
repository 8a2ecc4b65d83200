"""Speed of the store's queries, intake and completion: `python benchmarks/store.py [--events 10000,1000000]`.

The roll-ups of the questions are a month of events of one app, made up with the long tails that such data has: 2,000
failures, 12 versions, 20 system builds, 80 markets, 3 kinds of device, 2 kinds of event, so that most rows of the
roll-up count one event or a few. They are written in bulk; the columns are read, counted and answered as always.

`--events 10000000` takes minutes and gigabytes for each database; the default is without it.

The first question of a process is timed twice: read from the rows, by a new reader from what the first left packed.

`--database postgresql` measures on a new server instead of SQLite; a URL such as postgresql://… on that one.
The figures go into `RESULTS-service.md`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import sqlalchemy as sa
from service_results import Part, database

from symbolicate.store import Done, Store, Upload
from symbolicate.store.database.clock import day_of
from symbolicate.store.database.tables import BUCKET, DIMENSIONS, ROLLUP, ROLLUP_DAY
from symbolicate.store.query import Query
from symbolicate.summary.dimensions import Dimensions

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS = 30
FAILURES = 2000
FIRST = date(2026, 1, 1)
SHAPE = (12, 20, 80, 3, 2)  # versions, builds, markets, devices, event types
BUILDS = [(10240, "1507"), (14393, "1607"), (15063, "1703"), (17763, "1809"), (19045, "22H2")]

QUESTIONS = {
    "the document's first (top 10)": {"top": "10"},
    "the document's second (market and deviceType)": {"filter": "market eq 'M00' and deviceType eq 'PC'"},
    "nothing else: 10,000 rows": {},
    "page 5 of that": {"skip": "40000"},
    "groupby failureName, top 100": {"groupby": "failureName", "top": "100"},
    "groupby failureName, market by week": {"groupby": "failureName,market", "aggregationLevel": "week"},
    "groupby market by month": {"groupby": "market", "aggregationLevel": "month"},
    "groupby osVersion, deviceType": {"groupby": "osVersion,deviceType"},
    "one failure": {"filter": "failureHash eq '00000003-0000-0000-0000-000000000000'"},
    "one version, ordered by market, date": {
        "filter": "applicationVersion eq '1.3.0.0'",
        "orderby": "market,date desc",
    },
    "either of two, over both kinds of field": {
        "filter": "market eq 'M07' or failureName eq 'FAILURE_5'",
        "top": "100",
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", default="10000,1000000")
    parser.add_argument("--database", default="")
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--only", choices=["queries", "writes"])
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder,
        database(given.database) as (name, url),
    ):
        if given.only != "writes":
            part = Part(f"Questions, {name}")
            for number in map(int, given.events.split(",")):
                with Store.open(url, data=os.path.join(folder, str(number))) as store:
                    queries(store, number, part)
            part.write()
        if given.only != "queries":
            part = Part(f"Store: taking in and finishing, {name}")
            with Store.open(url, data=os.path.join(folder, "writes")) as store:
                writes(store, given.reports, part)
            part.write()


def queries(store: Store, events: int, part: Part) -> None:
    """Latencies of queries about a month with this number of events."""
    app = store.apps.create(None, product_name="Contoso Demo", owner="contoso", name=f"demo-{events}")
    rows, dimensions = fill(store, app.id, events)
    part.say(
        f"\n### {events:,} events in {DAYS} days: {rows:,} rows of roll-up, {dimensions:,} combinations of dimensions\n"
    )
    month = {
        "applicationId": app.application_id,
        "startDate": FIRST.strftime("%m/%d/%Y"),
        "endDate": (FIRST + timedelta(days=DAYS - 1)).strftime("%m/%d/%Y"),
    }
    part.say("| first question of a process (top 10) | CPU ms | ms by the clock |\n| --- | --- | --- |")
    for name, times in (("ever: from the rows, which are packed then", 1), ("from packs, median of 5", 5)):
        found = [
            spent(lambda: Query(store.database, store.blobs, store.apps), month | {"top": "10"}) for _ in range(times)
        ]
        busy, took = (statistics.median(values) for values in zip(*found, strict=True))
        part.say(f"| {name} | {busy:,.0f} | {took:,.0f} |")
    store.query.failurehits(month)
    part.say(
        "\n| question, warm | rows | total | CPU ms, median of 15 | ms by the clock, median |"
        "\n| --- | --- | --- | --- | --- |"
    )
    for name, question in QUESTIONS.items():
        times, busy = [], []
        for _ in range(15):
            start, worked = time.perf_counter(), time.process_time()
            page = store.query.failurehits(month | question)
            page.json()
            times.append(1000 * (time.perf_counter() - start))
            busy.append(1000 * (time.process_time() - worked))
        part.say(
            f"| {name} | {len(page.value):,} | {page.total_count:,} "
            f"| {statistics.median(busy):.1f} | {statistics.median(times):.1f} |"
        )


def spent(made: Callable[[], Query], question: dict[str, str]) -> tuple[float, float]:
    """Milliseconds of CPU and by the clock that a new reader's first answer takes."""
    start, worked = time.perf_counter(), time.process_time()
    made().failurehits(question).json()
    return 1000 * (time.process_time() - worked), 1000 * (time.perf_counter() - start)


def fill(store: Store, app_id: int, events: int) -> tuple[int, int]:
    """Generate a month; return the number of rows of the roll-up and of dimensions."""
    chance = np.random.default_rng(1)

    def zipf(count: int, power: float) -> np.ndarray:
        weights = 1 / np.arange(1, count + 1) ** power
        return chance.choice(count, size=events, p=weights / weights.sum())

    parts = [zipf(SHAPE[0], 1.3), zipf(SHAPE[1], 1.2), zipf(SHAPE[2], 1.1)]
    parts += [chance.choice(3, events, p=[0.9, 0.08, 0.02]), chance.choice(2, events, p=[0.95, 0.05])]
    kinds, which = np.unique(np.ravel_multi_index(parts, SHAPE), return_inverse=True)
    bucket, day = zipf(FAILURES, 1.05), chance.integers(0, DAYS, events)
    keys, counts = np.unique((day * FAILURES + bucket) * len(kinds) + which, return_counts=True)

    def made(connection: sa.Connection) -> None:
        names = [
            dict(zip(("key", "app_id", *Dimensions._fields), row, strict=True)) for row in combinations(app_id, kinds)
        ]
        ids = np.array(ids_of(connection, DIMENSIONS, names))
        buckets = [
            {
                "app_id": app_id,
                "hash": f"{number:08x}-0000-0000-0000-000000000000",
                "name": f"FAILURE_{number}",
                "symbol": f"image{number % 40}!function{number}",
                "state": "open",
                "note": "",
                "hits": 1,
                "family": "",
                "frames": "[]",
            }
            for number in range(FAILURES)
        ]
        bucket_ids = np.array(ids_of(connection, BUCKET, buckets))
        first = day_of(FIRST)
        for some in np.array_split(np.arange(len(keys)), max(1, len(keys) // 50_000)):
            key = keys[some]
            columns = [
                first + key // (FAILURES * len(kinds)),
                bucket_ids[key // len(kinds) % FAILURES],
                ids[key % len(kinds)],
                counts[some],
            ]
            connection.execute(
                sa.insert(ROLLUP),
                [
                    {"app_id": app_id, "day": d, "bucket_id": b, "dimensions_id": i, "count": c, "changed": 1}
                    for d, b, i, c in zip(*(column.tolist() for column in columns), strict=True)
                ],
            )
        connection.execute(
            sa.insert(ROLLUP_DAY),
            [{"app_id": app_id, "day": first + number, "version": 1, "removed": 0} for number in range(DAYS)],
        )

    store.database.write(made)
    return len(keys), len(kinds)


def combinations(app_id: int, kinds: np.ndarray) -> list[tuple[object, ...]]:
    """Rows of dimensions for numbers that stand for combinations."""
    devices, kind_of_event = ("PC", "Tablet", "Server"), ("crash", "hang")
    out: list[tuple[object, ...]] = []
    for number in kinds.tolist():
        version, build, market, device, event = (int(part) for part in np.unravel_index(number, SHAPE))
        base, release = BUILDS[build % len(BUILDS)]
        out.append(
            (
                f"{app_id} {number}".encode(),
                app_id,
                "contosodemo.exe",
                f"1.{version}.0.0",
                "Windows 10",
                f"10.0.{base}.{build}",
                f"Version {release}",
                kind_of_event[event],
                f"M{market:02}",
                devices[device],
                "Contoso Demo",
                "Contoso Demo",
            )
        )
    return out


def ids_of(connection: sa.Connection, table: sa.Table, rows: list[dict[str, object]]) -> list[int]:
    made = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(connection.execute(made, rows).scalars())


def writes(store: Store, count: int, part: Part) -> None:
    """Reports a second: taken in durably, and from the queue into the roll-up."""
    app = store.apps.ensure("11111111-2222-3333-4444-555555555555")
    part.say(f"{count} reports.\n\n| what | a second | CPU ms each | p99 ms |\n| --- | --- | --- | --- |")
    data = msgspec.json.encode({"frames": [f"namespace.Type{i}.method{i * 7919 % 1000}" for i in range(120)]})
    for threads in (1, 8, 32):
        times: list[float] = []
        numbers = iter(range(count))
        lock = threading.Lock()

        def work(
            threads: int = threads, numbers: object = numbers, times: list[float] = times, lock: object = lock
        ) -> None:
            while True:
                with lock:
                    number = next(numbers, None)  # type: ignore[call-overload]
                if number is None:
                    return
                start = time.perf_counter()
                upload = Upload(f"{threads}-{number}", "managedError", data + str(number).encode(), datetime.now(UTC))
                store.accept(app, [upload])
                times.append(1000 * (time.perf_counter() - start))

        start, worked = time.perf_counter(), time.process_time()
        crew = [threading.Thread(target=work) for _ in range(threads)]
        for one in crew:
            one.start()
        for one in crew:
            one.join()
        rate = count / (time.perf_counter() - start)
        busy = 1000 * (time.process_time() - worked) / count
        part.say(
            f"| accept, {len(data) / 1024:.1f} KiB each, {threads} threads "
            f"| {rate:,.0f} | {busy:.2f} | {np.percentile(times, 99):.1f} |"
        )
    for batch in (1, 32):
        done, start, worked = 0, time.perf_counter(), time.process_time()
        while done < count and (jobs := store.queue.lease(batch, worker="benchmark")):
            done += sum(store.queue.complete([Done(job, document(job.report_id)) for job in jobs]))
        busy = 1000 * (time.process_time() - worked) / max(1, done)
        rate = done / (time.perf_counter() - start)
        part.say(f"| lease and complete, {batch} at a time | {rate:,.0f} | {busy:.2f} | |")


def document(number: int) -> bytes:
    failure = {"name": f"CLASS_c0000005_app.exe!function{number % 50}", "symbol": f"app.exe!function{number % 50}"}
    failure["hash"] = f"{number % 50:08x}-0000-0000-0000-000000000000"
    frames = [{"frame": i, "module": "app.exe", "function": f"ns::function{(number + i) % 60}(int)"} for i in range(40)]
    return msgspec.json.encode(
        {
            "failure": failure,
            "crashing_thread": {"threads_index": 0, "frames": frames},
            "system_info": {"os": "Windows NT", "os_ver": "10.0.15063 850"},
            "device": {"locale": f"en-{('US', 'GB', 'DE')[number % 3]}"},
        }
    )


if __name__ == "__main__":
    sys.exit(main())
