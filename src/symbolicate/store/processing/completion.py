"""Completion of jobs: one transaction writes the hit of a report, its counts, and removes the job from the queue.

Reports that were processed elsewhere are written in the same way, together with their rows.

A report counts once, even if processes are killed: its hit, the roll-up of its day and the end of its job are one
transaction, and a worker that lost its lease writes nothing. A report that is processed again moves from its old row to
the new one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from symbolicate.store.content import bodies, usage
from symbolicate.store.counts.bucket_counts import OnInstallation, count_hits
from symbolicate.store.counts.devices import CRASHED, device_rows
from symbolicate.store.counts.rollups import Key, move
from symbolicate.store.database.bulk import Bulk
from symbolicate.store.database.clock import MOST_AHEAD, day_of, milliseconds, moment, now
from symbolicate.store.database.tables import DIMENSIONS, HIT, JOB, REPORT
from symbolicate.store.database.transactions import in_chunks, insert, lock
from symbolicate.store.decisions.buckets import Seen, ensure_buckets
from symbolicate.store.decisions.renaming import moved
from symbolicate.store.jobs.enqueue import put
from symbolicate.store.records import Done, Job
from symbolicate.store.reports.rows import ReportRow, identity, insert_reports
from symbolicate.store.symbols.choice import SHARED, versions
from symbolicate.store.symbols.lost import lost_by
from symbolicate.store.symbols.used import FileSet, ensure, outdated, used_by
from symbolicate.summary.dimensions import CRASHES, derive
from symbolicate.summary.outline import Outline, read_outline
from symbolicate.summary.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection, Row

    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.counts.devices import DeviceKey, DeviceRows
    from symbolicate.store.counts.sketch import Sketch
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.records import App, Processed
    from symbolicate.summary.dimensions import Dimensions

__all__ = ["Finishing"]

_REMEMBERED = 200_000  # combinations of dimensions


@dataclass(frozen=True, slots=True)
class _Ready:
    """A processed job, with everything that can be prepared before the transaction."""

    done: Done
    outline: Outline
    dimensions: Dimensions
    dimensions_key: bytes
    body: bodies.Body
    symbols: FileSet
    written: int | None

    @property
    def app_id(self) -> int:
        return self.done.job.app.id

    @property
    def bucket(self) -> tuple[int, str]:
        return self.app_id, self.outline.hash


@dataclass(frozen=True, slots=True)
class _Written:
    """The result of a transaction: which reports counted, new rows, blobs that are no longer needed."""

    counted: dict[int, bool]
    learned: dict[bytes, int]
    devices: dict[DeviceKey, Sketch | None]
    replaced: list[str]


class Finishing:
    """Writes processed reports."""

    def __init__(self, database: Database, blobs: Blobs, devices: DeviceRows) -> None:
        self._database = database
        self._blobs = blobs
        self._devices = devices
        self._dimensions: dict[bytes, int] = {}

    def complete(self, done: Sequence[Done]) -> list[bool]:
        """Write processed jobs; returns which of them counted. A job whose lease was lost belongs to another worker.

        Raises:
            ValueError: a document is not a report.
            StoreUnavailable: nothing was written; the call may be repeated.
        """
        ready = [self._ready(one) for one in done]
        written = self._database.write(lambda connection: self._write(connection, ready), durable=False)
        if len(self._dimensions) > _REMEMBERED:
            self._dimensions.clear()
        self._dimensions |= written.learned
        self._devices.learn(written.devices)
        lost = [one.body.place for one in ready if not written.counted[one.done.job.report_id] and one.body.place]
        bodies.forget(self._blobs, written.replaced + lost)
        return [written.counted[one.job.report_id] for one in done]

    def add(self, app: App, reports: Sequence[Processed]) -> int:
        """Write reports that were processed elsewhere, in one transaction; returns how many are new.

        A report that is there already stays as it is. They are not tied to symbol files: when such a file changes they
        stay in their buckets, because the bytes that they were made of are not stored.

        Raises:
            ValueError: a document is not a report.
            StoreUnavailable: nothing was written, as far as is known; the call may be repeated.
        """
        time = now()
        ready: dict[bytes, _Ready] = {}
        for one in reports:
            key = identity(b"processed", app.id, clean(one.log_id))
            done = Done(_without_lease(app, one, key, time), one.report)
            ready[key] = replace(self._ready(done), symbols=FileSet(app.id, ()))

        def work(connection: Connection) -> tuple[int, dict[bytes, int]]:
            jobs = [one.done.job for one in ready.values()]
            rows = [
                ReportRow(key, app.id, job.log_id, job.kind, None, time, time)
                for key, job in zip(ready, jobs, strict=True)
            ]
            numbers = insert_reports(connection, rows)
            new = [_numbered(ready[key], number) for key, number in sorted(numbers.items(), key=lambda one: one[1])]
            if not new:
                return 0, {}
            learned, _, sizes = self._count(connection, new, _reports(connection, sorted(numbers.values())), {})
            usage.add(connection, sizes)
            return len(new), learned

        count, learned = self._database.write(work)
        self._dimensions |= learned
        return count

    def _ready(self, done: Done) -> _Ready:
        outline = read_outline(done.report)
        job = done.job
        dimensions = derive(
            outline.plain(), job.annotations, product_name=job.app.product_name, overrides=done.overrides
        )
        return _Ready(
            done,
            outline,
            dimensions,
            hashlib.blake2b(msgspec.json.encode((job.app.id, *dimensions)), digest_size=16).digest(),
            bodies.prepare(self._blobs, _body_key(job), done.report),
            used_by(job.app.id, outline),
            _written(outline.time),
        )

    def _write(self, connection: Connection, ready: Sequence[_Ready]) -> _Written:
        # In the same order in every transaction, so that two of them cannot deadlock.
        ready = sorted(ready, key=lambda one: one.done.job.report_id)
        # A concurrent change of symbol files waits until this is written, or `_outdated_symbols` sees it. The shared
        # pool first: see `files.lock_symbols`.
        lock(connection, ("symbols", SHARED), shared=True)
        lock(connection, *(("symbols", app_id) for app_id in {one.app_id for one in ready}), shared=True)
        ours = _still_ours(connection, ready)
        ready = [one for one in ready if ours.get(one.done.job.report_id) is not None]
        if not ready:
            return _Written(dict.fromkeys(ours, False), {}, {}, [])
        old = _old_hits(connection, [one.done.job.report_id for one in ready])
        reports = _reports(connection, [one.done.job.report_id for one in ready])
        ready = [one for one in ready if one.done.job.report_id in reports]
        learned, replaced, sizes = self._count(connection, ready, reports, old)
        self._end_jobs(connection, ready, ours)
        devices = self._devices.write(connection, self._devices.new(_crashed_devices(ready, reports)))
        usage.add(connection, sizes)
        counted = {number: row is not None and number in reports for number, row in ours.items()}
        return _Written(counted, learned, devices, replaced)

    def _count(
        self,
        connection: Connection,
        ready: Sequence[_Ready],
        reports: Mapping[int, Row[Any]],
        old: Mapping[int, Row[Any]],
    ) -> tuple[dict[bytes, int], list[str], Counter[int]]:
        """Write the hits of reports and what they count as.

        Returns:
            New rows of dimensions; blobs that are no longer needed; the bytes that were added, by app.
        """
        learned = self._dimension_ids(connection, ready)
        known = self._dimensions | learned if learned else self._dimensions
        buckets = ensure_buckets(connection, [Seen(*one.bucket, one.outline) for one in ready])
        symbols = ensure(connection, {one.symbols for one in ready if one.symbols.files})

        moves: Counter[Key] = Counter()
        installs: Counter[OnInstallation] = Counter()
        renamed: Counter[tuple[int, int, int]] = Counter()
        hits = []
        for one in ready:
            number = one.done.job.report_id
            time = _event_time(reports[number], one.written)
            key = Key(one.app_id, day_of(time), buckets[one.bucket], known[one.dimensions_key])
            hits.append(
                (
                    number,
                    *key,
                    time,
                    one.outline.model,
                    one.body.key,
                    now(),
                    symbols.get(one.symbols),
                    lost_by(one.symbols, one.outline),
                )
            )
            install_id = reports[number].install_id
            moves[key] += 1
            installs[OnInstallation(key.bucket_id, key.dimensions_id, install_id)] += 1
            if (before := old.get(number)) is not None:
                moves[Key(before.app_id, before.day, before.bucket_id, before.dimensions_id)] -= 1
                installs[OnInstallation(before.bucket_id, before.dimensions_id, install_id)] -= 1
                if before.bucket_id != key.bucket_id:
                    renamed[one.app_id, before.bucket_id, key.bucket_id] += 1
        bodies.write(connection, [one.body for one in ready])
        replaced = bodies.remove(connection, [bytes(row.body) for row in old.values()])
        sizes: Counter[int] = Counter()
        for one in ready:
            sizes[one.app_id] += one.body.kept_bytes
        for row in old.values():
            sizes[row.app_id] -= replaced.kept_bytes.get(bytes(row.body), 0)
        _HITS.write(connection, hits)
        move(connection, moves)
        count_hits(connection, moves, installs)
        if renamed:
            moved(connection, renamed)
        return learned, replaced.places, sizes

    def _dimension_ids(self, connection: Connection, ready: Sequence[_Ready]) -> dict[bytes, int]:
        """The rows of combinations that are new to this process, created if necessary."""
        new = {one.dimensions_key: one for one in ready if one.dimensions_key not in self._dimensions}
        if not new:
            return {}
        rows = [{"key": key, "app_id": one.app_id, **one.dimensions._asdict()} for key, one in sorted(new.items())]
        connection.execute(insert(connection.dialect.name, DIMENSIONS).on_conflict_do_nothing(), rows)
        found: dict[bytes, int] = {}
        for some in in_chunks(list(new)):
            statement = sa.select(DIMENSIONS.c.key, DIMENSIONS.c.id).where(DIMENSIONS.c.key.in_(some))
            found |= {bytes(row.key): row.id for row in connection.execute(statement)}
        return found

    def _end_jobs(self, connection: Connection, ready: Sequence[_Ready], ours: dict[int, Row[Any] | None]) -> None:
        ended: list[int] = []
        for one in ready:
            job = one.done.job
            row = ours[job.report_id]
            if row is not None and row.generation != job.generation:
                again = sa.update(JOB).where(JOB.c.report_id == job.report_id)
                connection.execute(again.values(token=None, attempts=0, available=now(), error=None))
                continue
            ended.append(job.report_id)
        for some in in_chunks(ended):
            connection.execute(_ENDED, {"some": some})
        # A change of symbol files while they were processed did not put them back, because they had no hits yet.
        late = _outdated_symbols(connection, [one for one in ready if one.done.job.report_id in ended])
        put(connection, [(one.done.job.report_id, one.app_id) for one in late], "symbols", now())


def _crashed_devices(ready: Sequence[_Ready], reports: Mapping[int, Row[Any]]) -> Iterator[dict[DeviceKey, int]]:
    """What the installations of crashes add to the counts of devices."""
    for one in ready:
        report = reports[one.done.job.report_id]
        if report.install_id and one.dimensions.event_type in CRASHES:
            day = day_of(_event_time(report, one.written))
            yield device_rows(one.app_id, day, CRASHED, report.install_id, one.dimensions)


def _without_lease(app: App, report: Processed, key: bytes, time: int) -> Job:
    """What a report that was processed elsewhere has in place of a job."""
    return Job(
        report_id=0,
        token="",
        attempt=0,
        reason="new",
        app=app,
        public_id=key.hex(),
        log_id=clean(report.log_id),
        kind=clean(report.kind, 40),
        client_time=None,
        receive_time=moment(time),
        install_id=None,
        annotations={},
        wants_minidump=False,
        leased_until=moment(time),
        leased=moment(time),
        generation=0,
        attachments=[],
        symbols_version=(0, 0),
    )


def _numbered(ready: _Ready, number: int) -> _Ready:
    return replace(ready, done=replace(ready.done, job=replace(ready.done.job, report_id=number)))


def _body_key(job: Job) -> bytes:
    """The key of a finished report, different for each lease: a worker that lost its lease overwrites nothing."""
    return hashlib.blake2b(f"{job.public_id} {job.token}".encode(), digest_size=16, person=b"finished").digest()


_SOME: sa.BindParameter[Any] = sa.bindparam("some", expanding=True)
_HELD = sa.select(JOB.c.report_id, JOB.c.token, JOB.c.generation).where(JOB.c.report_id.in_(_SOME))
_HELD = _HELD.order_by(JOB.c.report_id).with_for_update()
_OLD = sa.select(HIT).where(HIT.c.report_id.in_(_SOME))
_PRESENT = sa.select(
    REPORT.c.id, REPORT.c.client_time, REPORT.c.receive_time, REPORT.c.event_time, REPORT.c.install_id
).where(REPORT.c.id.in_(_SOME))
_PRESENT = _PRESENT.order_by(REPORT.c.id).with_for_update(read=True, key_share=True)
_ENDED = sa.delete(JOB).where(JOB.c.report_id.in_(_SOME))


def _still_ours(connection: Connection, ready: Sequence[_Ready]) -> dict[int, Row[Any] | None]:
    """The rows of the jobs whose leases are still valid, locked; None for jobs whose lease was lost."""
    rows: dict[int, Row[Any]] = {}
    for some in in_chunks([one.done.job.report_id for one in ready]):
        rows |= {row.report_id: row for row in connection.execute(_HELD, {"some": some})}
    tokens = {one.done.job.report_id: one.done.job.token for one in ready}
    return {
        number: rows[number] if number in rows and rows[number].token == token else None
        for number, token in tokens.items()
    }


def _old_hits(connection: Connection, numbers: list[int]) -> dict[int, Row[Any]]:
    found: dict[int, Row[Any]] = {}
    for some in in_chunks(numbers):
        found |= {row.report_id: row for row in connection.execute(_OLD, {"some": some})}
    return found


def _reports(connection: Connection, numbers: list[int]) -> dict[int, Row[Any]]:
    """The reports that have not expired, locked, so that they do not expire now."""
    found: dict[int, Row[Any]] = {}
    for some in in_chunks(numbers):
        found |= {row.id: row for row in connection.execute(_PRESENT, {"some": some})}
    return found


def _event_time(report: Row[Any], written: int | None) -> int:
    """When it happened: from the sender, else from the input itself, else when it was received."""
    if report.client_time is None and written is not None and 0 < written <= report.receive_time + MOST_AHEAD:
        return written
    time: int = report.event_time
    return time


def _written(text: str | None) -> int | None:
    try:
        when = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if when is None:
        return None
    return milliseconds(when if when.tzinfo is not None else when.replace(tzinfo=UTC))


_COLUMNS = (
    "report_id",
    *Key._fields,
    "event_time",
    "device_model",
    "body",
    "processed",
    "symbols_id",
    "lost",
)
_HITS = Bulk(
    HIT,
    _COLUMNS,
    "ON CONFLICT (report_id) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:]),
)


def _outdated_symbols(connection: Connection, ready: Sequence[_Ready]) -> list[_Ready]:
    """The reports whose symbol files changed since they were leased, if they would be made with other files now."""
    now_there = versions(connection, {one.app_id for one in ready})
    late = [one for one in ready if one.symbols.files and one.done.job.symbols_version != now_there[one.app_id]]
    sets = outdated(connection, [one.symbols for one in late]) if late else set()
    return [one for one in late if one.symbols in sets]
