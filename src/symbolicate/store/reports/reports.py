"""Stored reports, one at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from symbolicate.store.access.apps import normal_id
from symbolicate.store.content import bodies
from symbolicate.store.database.clock import milliseconds, moment
from symbolicate.store.database.tables import ATTACHMENT, BODY, BUCKET, DIMENSIONS, HIT, JOB, REPORT
from symbolicate.store.database.transactions import in_chunks
from symbolicate.store.errors import NotFound
from symbolicate.store.records import Stored, words
from symbolicate.store.reports.attachments import attachments_of, stored_attachment
from symbolicate.summary.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy.engine import Connection, Row

    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.records import App, StoredAttachment

__all__ = ["Reports", "identity_of", "spelled"]

_DIGITS = 32


def spelled(log_id: str) -> str:
    """The id of a log as the database has it: normalised, so that all spellings of an id are equal."""
    return clean(normal_id(log_id))


def identity_of(public_id: str) -> bytes | None:
    """The identity of a public id; None if the id is invalid."""
    try:
        return bytes.fromhex(public_id) if len(public_id) == _DIGITS else None
    except ValueError:
        return None


class Reports:
    """The reports of a store."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def get(self, report: int | str) -> Stored:
        """A report by its row or its public id.

        Raises:
            NotFound: no report has this id, or it has expired.
        """
        found = self._database.read(lambda connection: _stored(connection, _which(report)))
        if not found:
            raise NotFound("no report has this id")
        return found[0]

    def by_log_id(self, app: App, log_id: str) -> list[Stored]:
        """The reports that were sent with an id, the newest first."""
        same = sa.and_(REPORT.c.app_id == app.id, REPORT.c.log_id == spelled(log_id))
        return self._database.read(lambda connection: _stored(connection, same))

    def walk(
        self, app: App | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Stored]:
        """Every report, the oldest first, read in pages. Reports that expire meanwhile are left out.

        Args:
            app: only this app's.
            since: only those received then or later.
            until: only those received before.
        """
        last = 0
        while True:
            wanted = [REPORT.c.id > last]
            if app is not None:
                wanted.append(REPORT.c.app_id == app.id)
            if since is not None:
                wanted.append(REPORT.c.receive_time >= milliseconds(since))
            if until is not None:
                wanted.append(REPORT.c.receive_time < milliseconds(until))
            page = self._database.read(partial(_stored, which=sa.and_(*wanted), oldest_first=True))
            if not page:
                return
            yield from page
            last = page[-1].id

    def attachment_counts(self, app: App, log_ids: Iterable[str]) -> tuple[dict[str, int], dict[str, int]]:
        """How many attachments and sets of properties there are for some ids of reports, and how many reports of each.

        Args:
            app: the app.
            log_ids: normalised by `spelled`.
        """
        given = sorted(set(log_ids))

        def work(connection: Connection) -> tuple[dict[str, int], dict[str, int]]:
            counts: dict[str, int] = {}
            here: dict[str, int] = {}
            for some in in_chunks(given):
                there = sa.select(REPORT.c.log_id, sa.func.count()).group_by(REPORT.c.log_id)
                there = there.where(REPORT.c.app_id == app.id, REPORT.c.log_id.in_(some))
                here |= {row[0]: row[1] for row in connection.execute(there)}
                has = sa.select(ATTACHMENT.c.error_id, sa.func.count()).group_by(ATTACHMENT.c.error_id)
                has = has.where(ATTACHMENT.c.app_id == app.id, ATTACHMENT.c.error_id.in_(some))
                counts |= {row[0]: row[1] for row in connection.execute(has)}
            return counts, here

        return self._database.read(work)

    def data(self, report: int | str) -> bytes:
        """The bytes as they were received.

        Raises:
            NotFound: they have expired.
        """

        def work(connection: Connection) -> bytes:
            key = connection.execute(sa.select(REPORT.c.identity).where(_which(report))).scalar()
            if key is None:
                raise NotFound("no report has this id")
            return bodies.read(connection, self._blobs, bytes(key))

        return self._database.read(work)

    def attachment_data(self, attachment_id: int) -> bytes:
        """The bytes of an attachment.

        Raises:
            NotFound: they have expired.
        """

        def work(connection: Connection) -> bytes:
            statement = sa.select(ATTACHMENT.c.identity).where(ATTACHMENT.c.id == attachment_id)
            key = connection.execute(statement).scalar()
            if key is None:
                raise NotFound("no attachment has this id")
            return bodies.read(connection, self._blobs, bytes(key))

        return self._database.read(work)

    def attachment(self, public_id: str) -> tuple[StoredAttachment, bytes]:
        """An attachment by its public id, and its bytes.

        Raises:
            NotFound: no attachment has this id, it has expired, or its bytes were not stored.
        """
        identity = identity_of(public_id)

        def work(connection: Connection) -> tuple[StoredAttachment, bytes]:
            statement = sa.select(ATTACHMENT, BODY.c.size.label("kept")).join(BODY, BODY.c.key == ATTACHMENT.c.identity)
            row = connection.execute(
                statement.where(ATTACHMENT.c.identity == identity, ~ATTACHMENT.c.properties)
            ).first()
            found = None if row is None else stored_attachment(row)
            if found is None or not found.kept:
                raise NotFound("no attachment has this id, or its bytes were not stored")
            return found, bodies.read(connection, self._blobs, identity or b"")

        return self._database.read(work)

    def report_json(self, report: int | str) -> bytes | None:
        """The finished document of a report; None if it is not processed."""

        def work(connection: Connection) -> bytes | None:
            statement = sa.select(HIT.c.body).join(REPORT, REPORT.c.id == HIT.c.report_id).where(_which(report))
            key = connection.execute(statement).scalar()
            return None if key is None else bodies.read(connection, self._blobs, bytes(key))

        return self._database.read(work)


def _which(report: int | str) -> sa.ColumnElement[bool]:
    if isinstance(report, int):
        return REPORT.c.id == report
    identity = identity_of(report)
    return sa.false() if identity is None else REPORT.c.identity == identity


def _stored(
    connection: Connection, which: sa.ColumnElement[bool], limit: int = 100, *, oldest_first: bool = False
) -> list[Stored]:
    statement = (
        sa.select(
            REPORT, JOB.c.aside, JOB.c.report_id.label("job"), BUCKET.c.hash, BUCKET.c.name, DIMENSIONS.c.event_type
        )
        .outerjoin(JOB, JOB.c.report_id == REPORT.c.id)
        .outerjoin(HIT, HIT.c.report_id == REPORT.c.id)
        .outerjoin(BUCKET, BUCKET.c.id == HIT.c.bucket_id)
        .outerjoin(DIMENSIONS, DIMENSIONS.c.id == HIT.c.dimensions_id)
        .where(which)
        .order_by(REPORT.c.id if oldest_first else REPORT.c.id.desc())
        .limit(limit)
    )
    rows = connection.execute(statement).all()
    files: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(attachments_of([row.id for row in rows])):
        if not row.properties:
            files.setdefault(row.report_id, []).append(row)
    return [
        Stored(
            id=row.id,
            public_id=bytes(row.identity).hex(),
            app_id=row.app_id,
            log_id=row.log_id,
            kind=row.kind,
            state="done" if row.job is None else "aside" if row.aside else "queued",
            client_time=None if row.client_time is None else moment(row.client_time),
            receive_time=moment(row.receive_time),
            event_time=moment(row.event_time),
            install_id=row.install_id,
            annotations=words(msgspec.json.decode(row.annotations)) if row.annotations else {},
            failure_hash=row.hash,
            failure_name=row.name,
            event_type=row.event_type,
            attachments=[stored_attachment(file) for file in files.get(row.id, [])],
        )
        for row in rows
    ]
