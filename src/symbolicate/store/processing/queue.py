"""The queue: reports to be processed, leased to workers. It is a table of the store's database.

A lease is a time until which nobody else gets the report. When a worker dies its leases expire; its reports are then
due again, with one attempt less. A report that used up its attempts becomes a dead letter: people list and requeue it.
Dead letters are rows of the queue whose column `aside` is true, and the state of their reports is `aside`.
"""

from __future__ import annotations

import random
import uuid
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from symbolicate.store.content import bodies
from symbolicate.store.database.clock import milliseconds, moment, now
from symbolicate.store.database.tables import BODY, HIT, JOB, REPORT
from symbolicate.store.database.transactions import in_chunks
from symbolicate.store.jobs.enqueue import put, put_selected
from symbolicate.store.processing.dead_letters import DeadLetterFilter
from symbolicate.store.records import DeadLetter, Job, words
from symbolicate.store.reports.attachments import attachments_of, stored_attachment
from symbolicate.store.symbols.choice import versions
from symbolicate.summary.text import LONGEST_TEXT, clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection, Row

    from symbolicate.store.access.apps import Apps
    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.jobs.arrivals import Arrivals
    from symbolicate.store.processing.processed import DoneFilter
    from symbolicate.store.records import App

__all__ = ["Queue"]

_FIRST_PAUSE = 5_000  # milliseconds after the first failed attempt; twice as long after each further one
_LONGEST_PAUSE = 15 * 60_000
_LONGEST_LEASE = 60 * 60_000
# No job is postponed for longer than a lease or a pause, and clocks differ by less than the rest of this. A job with a
# later time was written while a clock was ahead; it is due at once, because otherwise it would wait until then.
_FURTHEST = _LONGEST_LEASE + 5 * 60_000
# Bytes that are read with a lease, so that they are not looked up one by one: of so many jobs, up to this size.
_WITH_DATA = 64
_SMALL_BYTES = 256 * 1024
_ALL = DeadLetterFilter()
_NEVER_ENDED = "the worker ended, or took too long, while it processed this"


class Queue:
    """The queue of a store.

    Args:
        max_attempts: attempts before a report becomes a dead letter.
    """

    def __init__(
        self, database: Database, blobs: Blobs, apps: Apps, arrivals: Arrivals, *, max_attempts: int = 5
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._apps = apps
        self._arrivals = arrivals
        self.max_attempts = max_attempts

    def lease(self, n: int = 1, *, worker: str, seconds: float = 60, at: datetime | None = None) -> list[Job]:
        """Lease up to `n` reports that are due, those that wait longest first; an empty list if no report is due.

        A lease lasts an hour at most; `heartbeat` extends it.
        """
        time, token = milliseconds(at), uuid.uuid4().hex
        until = time + min(int(seconds * 1000), _LONGEST_LEASE)

        def work(connection: Connection) -> list[tuple[int, int]]:
            found: list[Row[Any]] = []
            for due in _DUE:
                found += connection.execute(due, {**_times(time), "most": n - len(found)})
                if len(found) == n:
                    break
            tired = [row.report_id for row in found if row.attempts >= self.max_attempts]
            fresh = [row.report_id for row in found if row.attempts < self.max_attempts]
            for some in in_chunks(tired):
                ended = {
                    "aside": True,
                    "token": None,
                    "error": sa.func.coalesce(JOB.c.error, _NEVER_ENDED),
                    "cause": sa.func.coalesce(JOB.c.cause, "worker"),
                }
                connection.execute(sa.update(JOB).where(JOB.c.report_id.in_(some)).values(ended))
            for some in in_chunks(fresh):
                taken = {"to_token": token, "to_worker": clean(worker), "until": until, "some": some}
                connection.execute(_TAKEN, taken)
            return [(row.report_id, row.attempts) for row in found]

        if n < 1 or not self._due(time):  # looking takes no lock
            return []
        attempts = dict(self._database.write(work, durable=False))
        jobs = self._database.read(lambda connection: self._jobs(connection, token, list(attempts)))
        gone = attempts.keys() - {job.report_id for job in jobs}
        if gone:
            self._forget(token, gone)
        return [replace(job, leased=moment(time)) for job in jobs]

    def heartbeat(
        self, jobs: Sequence[Job], seconds: float = 60, at: datetime | None = None, longest: float | None = None
    ) -> list[Job]:
        """Extend leases; returns the jobs whose leases are still valid.

        Args:
            jobs: what was leased.
            seconds: how long the leases last from now on.
            at: the present.
            longest: the lease of a job that was leased more seconds ago is not extended.
        """
        time = milliseconds(at)
        until = time + min(int(seconds * 1000), _LONGEST_LEASE)
        if longest is not None:
            jobs = [job for job in jobs if time - milliseconds(job.leased) < longest * 1000]

        def work(connection: Connection) -> set[int]:
            extended: set[int] = set()
            for job in sorted(jobs, key=lambda job: job.report_id):
                ours = sa.update(JOB).where(JOB.c.report_id == job.report_id, JOB.c.token == job.token)
                if connection.execute(ours.values(available=until)).rowcount:
                    extended.add(job.report_id)
            return extended

        extended = self._database.write(work, durable=False)
        return [replace(job, leased_until=moment(until)) for job in jobs if job.report_id in extended]

    def fail(
        self, job: Job, error: str, *, cause: str = "fault", permanent: bool = False, at: datetime | None = None
    ) -> str:
        """Record that a job failed; returns `retry`, `aside` for a dead letter, or `lost` if the lease was not valid.

        Args:
            job: what was leased.
            error: the reason, in one line for people.
            cause: the kind of the error, one of `jobs.CAUSES`.
            permanent: trying again would not help.
            at: the present.
        """
        aside = permanent or job.attempt >= self.max_attempts
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (job.attempt - 1))
        due = milliseconds(at) + int(pause * random.uniform(0.5, 1))  # noqa: S311
        ours = sa.and_(JOB.c.report_id == job.report_id, JOB.c.token == job.token)
        # New data that were received meanwhile, such as its dump, may be what it lacked.
        again = JOB.c.generation != job.generation
        changed = {
            "token": None,
            "error": clean(error, LONGEST_TEXT),
            "cause": cause,
            "aside": sa.case((again, False), else_=aside),
            "attempts": sa.case((again, 0), else_=JOB.c.attempts),
            "available": sa.case((again, milliseconds(at)), else_=due),
        }
        statement = sa.update(JOB).where(ours).values(changed).returning(JOB.c.aside)
        row = self._database.write(lambda connection: connection.execute(statement).first(), durable=False)
        if row is None:
            return "lost"
        return "aside" if row.aside else "retry"

    def release(self, jobs: Iterable[Job]) -> None:
        """Return jobs that were not begun to the queue; this attempt does not count."""
        jobs = sorted(jobs, key=lambda job: job.report_id)
        time = now()

        def work(connection: Connection) -> None:
            for job in jobs:
                ours = sa.update(JOB).where(JOB.c.report_id == job.report_id, JOB.c.token == job.token)
                connection.execute(ours.values(token=None, available=time, attempts=JOB.c.attempts - 1))

        self._database.write(work, durable=False)

    def dead_letters(self, limit: int = 100, only: DeadLetterFilter = _ALL) -> list[DeadLetter]:
        """The reports that could not be processed, the newest first."""
        statement = sa.select(JOB, REPORT.c.identity, REPORT.c.log_id, REPORT.c.kind, REPORT.c.receive_time)
        statement = statement.join(REPORT, REPORT.c.id == JOB.c.report_id).where(only.condition())
        statement = statement.order_by(JOB.c.available.desc()).limit(limit)
        rows = self._database.read(lambda connection: connection.execute(statement).all())
        apps = {number: self._apps.get(number) for number in {row.app_id for row in rows}}
        return [
            DeadLetter(
                report_id=row.report_id,
                app=apps[row.app_id],
                public_id=bytes(row.identity).hex(),
                log_id=row.log_id,
                kind=row.kind,
                attempts=row.attempts,
                error=row.error or "",
                reason=row.cause,
                received=moment(row.receive_time),
                since=moment(row.since),
            )
            for row in rows
        ]

    def requeue(self, report_ids: Iterable[int], reason: str = "asked") -> int:
        """Put reports into the queue again; returns how many."""
        ids = list(report_ids)

        def work(connection: Connection) -> int:
            done = 0
            for some in in_chunks(ids):
                found = sa.select(REPORT.c.id, REPORT.c.app_id).where(REPORT.c.id.in_(some)).order_by(REPORT.c.id)
                done += put(connection, [(row.id, row.app_id) for row in connection.execute(found)], reason, now())
            return done

        return self._announced(self._database.write(work))

    def requeue_dead_letters(self, only: DeadLetterFilter = _ALL) -> int:
        """Put dead letters into the queue again; returns how many."""
        again = sa.update(JOB).where(only.condition())
        again = again.values(aside=False, attempts=0, available=now(), reason="asked", error=None, cause=None)
        return self._announced(self._database.write(lambda connection: connection.execute(again).rowcount))

    def aside(self, limit: int = 100, only: DeadLetterFilter = _ALL) -> list[DeadLetter]:
        """The name of `dead_letters` in earlier versions."""
        warnings.warn("Queue.aside was renamed to Queue.dead_letters", DeprecationWarning, stacklevel=2)
        return self.dead_letters(limit, only)

    def requeue_aside(self, only: DeadLetterFilter = _ALL) -> int:
        """The name of `requeue_dead_letters` in earlier versions."""
        warnings.warn("Queue.requeue_aside was renamed to Queue.requeue_dead_letters", DeprecationWarning, stacklevel=2)
        return self.requeue_dead_letters(only)

    def requeue_done(self, only: DoneFilter, reason: str = "asked") -> int:
        """Put processed reports into the queue again; returns how many."""
        columns, which = (HIT.c.report_id, HIT.c.app_id), only.condition()
        return self._announced(
            self._database.write(lambda connection: put_selected(connection, *columns, which, reason, now()))
        )

    def depth(self, at: datetime | None = None, apps: frozenset[int] | None = None) -> dict[str, float]:
        """How many reports wait, are leased or are dead letters (aside), and the seconds since the oldest became due.

        Args:
            at: the present.
            apps: the rows of the apps whose reports count; None for all.
        """
        time = milliseconds(at)
        held = JOB.c.available.between(time + 1, time + _FURTHEST)
        leased = sa.and_(~JOB.c.aside, JOB.c.token.is_not(None), held)
        due = sa.and_(~JOB.c.aside, JOB.c.available <= time)
        counts = sa.select(
            sa.func.count().filter(~JOB.c.aside),
            sa.func.count().filter(leased),
            sa.func.count().filter(JOB.c.aside),
            sa.func.min(JOB.c.available).filter(due),
        )
        if apps is not None:
            counts = counts.where(JOB.c.app_id.in_(sorted(apps)))
        row = self._database.read(lambda connection: connection.execute(counts).one())
        oldest = (time - row[3]) / 1000 if row[3] is not None else 0.0
        return {"queued": row[0] - row[1], "leased": row[1], "aside": row[2], "oldest_seconds": oldest}

    def arrived(self) -> None:
        """Wake the threads that wait for a report."""
        self._arrivals.notify()

    def wait(self, seconds: float) -> bool:
        """Sleep until a report arrives through this process, or for so many seconds; whether one arrived."""
        return self._arrivals.wait(seconds)

    def _announced(self, count: int) -> int:
        if count:
            self.arrived()
        return count

    def _due(self, time: int) -> bool:
        def work(connection: Connection) -> bool:
            return any(connection.execute(one, _times(time)).first() is not None for one in _ANY_DUE)

        return self._database.read(work)

    def _forget(self, token: str, gone: Iterable[int]) -> None:
        """Remove jobs from the queue whose reports have expired."""
        ours = sa.delete(JOB).where(JOB.c.token == token, JOB.c.report_id.in_(list(gone)))
        there = sa.exists().where(REPORT.c.id == JOB.c.report_id)
        self._database.write(lambda connection: connection.execute(ours.where(~there)), durable=False)

    def _jobs(self, connection: Connection, token: str, ids: list[int]) -> list[Job]:
        rows: list[Row[Any]] = []
        files: dict[int, list[Row[Any]]] = {}
        for some in in_chunks(ids):
            rows += connection.execute(_LEASED, {"some": some, "of_token": token})
            for row in connection.execute(_ATTACHED, {"some": some}):
                files.setdefault(row.report_id, []).append(row)
        apps = {number: self._apps.get(number) for number in {row.app_id for row in rows}}
        symbols = versions(connection, apps) if apps else {}
        small = connection.execute(_SMALL, {"some": [row.identity for row in rows[:_WITH_DATA]]}) if rows else ()
        data = {bytes(key): bodies.unpacked(encoding, packed) for key, encoding, packed in small}
        return [
            self._job(
                connection,
                row,
                apps[row.app_id],
                files.get(row.report_id, []),
                symbols[row.app_id],
                data.get(bytes(row.identity)),
            )
            for row in rows
        ]

    def _job(
        self,
        connection: Connection,
        row: Row[Any],
        app: App,
        files: list[Row[Any]],
        symbols: tuple[int, int],
        data: bytes | None,
    ) -> Job:
        annotations = words(msgspec.json.decode(row.annotations)) if row.annotations else {}
        for file in files:
            if file.properties:
                annotations |= words(msgspec.json.decode(bodies.read(connection, self._blobs, bytes(file.identity))))
        return Job(
            report_id=row.report_id,
            token=row.token,
            attempt=row.attempts,
            reason=row.reason,
            app=app,
            public_id=bytes(row.identity).hex(),
            log_id=row.log_id,
            kind=row.kind,
            client_time=None if row.client_time is None else moment(row.client_time),
            receive_time=moment(row.receive_time),
            install_id=row.install_id,
            annotations=annotations,
            wants_minidump=row.wants_minidump,
            leased_until=moment(row.available),
            leased=moment(row.available),
            generation=row.generation,
            attachments=[stored_attachment(file) for file in files if not file.properties],
            symbols_version=symbols,
            data=data,
        )


# Jobs that are due, in order: those that a clock that was ahead wrote, and the others. Each is a range of the index; in
# one condition, the database would have to sort.
_WHEN_DUE = (JOB.c.available > sa.bindparam("furthest"), JOB.c.available <= sa.bindparam("present"))
_DUE = [
    sa.select(JOB.c.report_id, JOB.c.attempts)
    .where(~JOB.c.aside, due)
    .order_by(JOB.c.available)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
    for due in _WHEN_DUE
]
_ANY_DUE = [sa.select(JOB.c.report_id).where(~JOB.c.aside, due).limit(1) for due in _WHEN_DUE]
_SOME: sa.BindParameter[Any] = sa.bindparam("some", expanding=True)
_TAKEN = (
    sa.update(JOB)
    .where(JOB.c.report_id.in_(_SOME))
    .values(
        token=sa.bindparam("to_token"),
        worker=sa.bindparam("to_worker"),
        available=sa.bindparam("until"),
        attempts=JOB.c.attempts + 1,
    )
)
_LEASED = (
    sa.select(JOB, REPORT)
    .join(REPORT, REPORT.c.id == JOB.c.report_id)
    .where(JOB.c.report_id.in_(_SOME), JOB.c.token == sa.bindparam("of_token"))
    .order_by(JOB.c.since, JOB.c.report_id)
)
_ATTACHED = attachments_of(_SOME)
_SMALL = sa.select(BODY.c.key, BODY.c.encoding, BODY.c.bytes).where(
    BODY.c.key.in_(_SOME), BODY.c.place.is_(None), BODY.c.size <= _SMALL_BYTES
)


def _times(time: int) -> dict[str, int]:
    """The parameters of what is due at a time."""
    return {"furthest": time + _FURTHEST, "present": time}
