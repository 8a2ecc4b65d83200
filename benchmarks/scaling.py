"""Disk space of reports, and latency of queries while reports arrive: `python benchmarks/scaling.py`.

Reports are the project's fixtures, each many times with small changes (so that compression and equal names are as in a
real stream, not better): dumps of Linux and Windows, logs of App Center, Apple reports. They are taken in, processed by
the engine and counted, as the service does it. Sizes are the database's own: of its tables with their indexes on
PostgreSQL, of its file on SQLite; and of the folder of blobs.

The figures go into `RESULTS-service.md`; `docs/scaling.md` says what follows from them.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from service_results import Part, database

from symbolicate.engine import Input, Session
from symbolicate.store import Done, Store, Upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import sqlalchemy as sa

    from symbolicate.store import App, Job

FIXTURES = Path(__file__).parents[1] / "symbols-fixtures"
SECRET = "11111111-2222-3333-4444-555555555555"  # noqa: S105 - an id
DAYS = 30
DIFFERENT = 200  # versions, days and devices that reports differ by


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--database", action="append", default=[])
    given = parser.parse_args()
    for kind in given.database or ["", "postgresql"]:
        for what, samples in KINDS.items():
            with tempfile.TemporaryDirectory() as folder, database(kind) as (name, url):
                part = Part(f"Bytes of a report, {name}, {what}")
                with Store.open(url, data=folder) as store:
                    sizes(store, Path(folder), list(samples()), given.reports, part)
                part.write()
        with tempfile.TemporaryDirectory() as folder, database(kind) as (name, url):
            part = Part(f"Questions beside reports that arrive, {name}")
            with Store.open(url, data=folder) as store:
                beside(store, list(KINDS["App Center logs"]()), given.seconds, part)
            part.write()


def dumps() -> Iterator[tuple[str, bytes]]:
    """Dumps of 20 to 300 KB, as Breakpad, Crashpad and Windows write them."""
    for path in sorted((FIXTURES / "dumps").rglob("*.dmp")):
        if 20_000 <= path.stat().st_size <= 300_000:
            yield "minidump", path.read_bytes()


def logs() -> Iterator[tuple[str, bytes]]:
    """Logs of App Center: frames of a managed exception, with the app's and the system's classes."""
    for number in range(20):
        frames = [
            {
                "className": f"com.example.{'app' if n % 3 else 'lib'}.Screen{(n * 7 + number) % 90}",
                "fileName": f"Screen{n}.java",
                "lineNumber": 10 * n + number,
                "methodName": f"onEvent{(n + number) % 40}",
            }
            for n in range(24)
        ]
        exception = {"type": f"java.lang.Fault{number}", "message": "value 7 is not there", "frames": frames}
        device = {"appVersion": "1.0", "osName": "Android", "osVersion": "14", "model": "Pixel 8", "locale": "en-US"}
        log = {"type": "managedError", "id": "ID", "fatal": True, "device": device, "exception": exception}
        yield "managedError", msgspec.json.encode(log)


KINDS: dict[str, Callable[[], Iterator[tuple[str, bytes]]]] = {"dumps": dumps, "App Center logs": logs}


def upload(kind: str, data: bytes, number: int) -> Upload:
    """A sample as one of many: with an id, a time and a version of its own."""
    when = datetime.now(UTC) - timedelta(days=number % DAYS, seconds=number)
    identifier = str(uuid.uuid4())
    if kind == "minidump":
        # The number is after the last stream, where no reader looks.
        return Upload(identifier, kind, data + number.to_bytes(8, "little"), when, install_id=str(number % DIFFERENT))
    log = data.replace(b'"1.0"', f'"1.{number % 12}"'.encode()).replace(b'"ID"', f'"{identifier}"'.encode())
    return Upload(identifier, kind, log, when, install_id=str(number % DIFFERENT))


def sizes(store: Store, folder: Path, samples: list[tuple[str, bytes]], count: int, part: Part) -> None:
    """Accept and process reports, and print the disk space of each."""
    app = store.apps.ensure(SECRET)
    session = Session(FIXTURES / "symbols", jobs=1)
    before = written(store, folder)
    delivered = finished = 0
    for start in range(0, count, 50):
        uploads = [upload(*samples[n % len(samples)], n) for n in range(start, min(start + 50, count))]
        delivered += sum(len(one.data) for one in uploads)
        store.accept(app, uploads)
        done = []
        for job in store.queue.lease(50, worker="benchmark"):
            report = report_of(session, store, job)
            finished += len(report)
            done.append(Done(job, report))
        store.queue.complete(done)
    after = written(store, folder)
    part.say(
        f"{count} reports. Delivered {delivered / count:,.0f} bytes each, finished documents {finished / count:,.0f}."
    )
    part.say("\n| where | bytes a report |\n| --- | --- |")
    total = 0.0
    for name, size in sorted(after.items(), key=lambda item: before.get(item[0], 0) - item[1]):
        each = (size - before.get(name, 0)) / count
        total += each
        if each >= 1:
            part.say(f"| {name} | {each:,.0f} |")
    part.say(f"| together | {total:,.0f} |")


def report_of(session: Session, store: Store, job: Job) -> bytes:
    data = store.data(job.report_id)
    return session.report_json(Input(job.public_id, data if job.kind == "minidump" else b'{"logs":[' + data + b"]}"))


def written(store: Store, folder: Path) -> dict[str, int]:
    """Bytes of each table with its indexes, and of the blobs."""
    blobs = sum(path.stat().st_size for path in (folder / "blobs").rglob("*") if path.is_file())

    def tables(connection: sa.Connection) -> dict[str, int]:
        if connection.dialect.name == "postgresql":
            wanted = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
            rows = connection.exec_driver_sql(wanted + "current_schema()::regnamespace")
            return {f"table {name}": size for name, size in rows}
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return {"database file": pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one()}

    return store.database.read(tables) | {"blobs": blobs}


class Stream:
    """Reports that eight threads send and one processes, until `stop`."""

    def __init__(self, store: Store, app: App, samples: list[tuple[str, bytes]]) -> None:
        self.taken_in = self.processed = 0
        self._store, self._app, self._samples = store, app, samples
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._crew = [threading.Thread(target=self._send, args=(number,)) for number in range(8)]
        self._crew.append(threading.Thread(target=self._work))
        for one in self._crew:
            one.start()

    def stop(self) -> None:
        """Stop after the reports that were started."""
        self._end.set()
        for one in self._crew:
            one.join()

    def _send(self, number: int) -> None:
        while not self._end.is_set():
            self._store.accept(self._app, [upload(*self._samples[number % len(self._samples)], number)])
            number += 8
            with self._lock:
                self.taken_in += 1

    def _work(self) -> None:
        session = Session(FIXTURES / "symbols", jobs=1)
        while not self._end.is_set():
            jobs = self._store.queue.lease(8, worker="benchmark")
            done = [Done(job, report_of(session, self._store, job)) for job in jobs]
            if done:
                self._store.queue.complete(done)
                self.processed += len(done)


def beside(store: Store, samples: list[tuple[str, bytes]], seconds: float, part: Part) -> None:
    """The latency of a query while reports arrive, and the number of reports."""
    app = store.apps.ensure(SECRET)

    def ask() -> float:
        began = time.perf_counter()
        store.query.failurehits({"applicationId": app.application_id, "top": "100"}).body()
        return 1000 * (time.perf_counter() - began)

    stream = Stream(store, app, samples)
    times = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        times.append(ask())
        time.sleep(0.1)
    stream.stop()
    alone = [ask() for _ in range(20)]
    part.say("All in one process, on the machine's cores, without HTTP.\n\n| what | |\n| --- | --- |")
    part.say(f"| reports taken in | {stream.taken_in / seconds:,.0f}/s |")
    part.say(f"| reports processed | {stream.processed / seconds:,.0f}/s |")
    part.say(f"| a question meanwhile, median | {statistics.median(times):.1f} ms |")
    part.say(f"| the slowest of {len(times)} | {max(times):.1f} ms |")
    part.say(f"| a question alone, median | {statistics.median(alone):.1f} ms |")


if __name__ == "__main__":
    main()
