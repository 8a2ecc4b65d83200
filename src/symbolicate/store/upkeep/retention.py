"""Removes what has expired: reports, their bytes and their counts, and blobs that no row names.

A report and everything that belongs to it are removed in one transaction, so that roll-ups always match the hits.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa

from symbolicate.store.content import bodies, usage
from symbolicate.store.counts.bucket_counts import OnInstallation, count_hits
from symbolicate.store.counts.rollups import Key, move, remove_buckets
from symbolicate.store.database.clock import DAY, milliseconds
from symbolicate.store.database.tables import (
    ADMITTED,
    ATTACHMENT,
    BODY,
    BUCKET,
    DECISION,
    DEVICES,
    HIT,
    JOB,
    REPORT,
    SYMBOL_CHUNK,
    SYMBOL_FILE,
    SYMBOL_SET,
    SYMBOL_UPLOAD,
)
from symbolicate.store.database.transactions import in_chunks, lock
from symbolicate.store.records import Swept
from symbolicate.store.symbols import chunks
from symbolicate.store.symbols import files as symbol_files
from symbolicate.store.symbols import uploads as symbols
from symbolicate.store.symbols import used as used_symbols

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.records import App

__all__ = ["ORPHAN_HOURS", "sweep"]

ORPHAN_HOURS = 24.0
"""How long attachments without a crash are stored by default."""

_AT_ONCE = 500  # reports in one transaction, so that other writers do not wait long
_GARBAGE_DAYS = 1  # a blob of this age without a row was left by an interrupted upload
_CHUNK_DAYS = 1  # for parts of files that were not put together
_UNFINISHED_DAYS = 7  # for uploads of symbols that were begun and not committed


def sweep(
    database: Database,
    blobs: Blobs,
    apps: list[App],
    at: datetime | None = None,
    limit: int | None = None,
    orphan_hours: float = ORPHAN_HOURS,
) -> Swept:
    """Remove what has expired.

    Args:
        database: the database.
        blobs: the blob store.
        apps: the apps to look at.
        at: the present.
        limit: how many reports at most, for a sweep that must not take long.
        orphan_hours: how long attachments without a crash are stored.
    """
    time = milliseconds(at)
    reports = attachments = 0
    for app in apps:
        days = app.settings.retention_days
        if days is not None:
            reports += _expire(database, blobs, app, time - days * DAY, limit)
            _expire_devices(database, app, (time - days * DAY) // DAY)
        orphan_time = orphan_hours * 3_600_000
        attachments += _expire_orphans(
            database, blobs, app, time - int(orphan_time if days is None else min(orphan_time, days * DAY))
        )
        _remove_unused_sets(database, app)
    buckets = database.write(_remove_empty, durable=False)
    uploads = _expire_uploads(database, blobs, time - _UNFINISHED_DAYS * DAY)
    unused = database.write(lambda connection: chunks.expire_chunks(connection, time - _CHUNK_DAYS * DAY))
    bodies.forget(blobs, unused)
    old = sa.delete(ADMITTED).where(ADMITTED.c.minute < time // 60_000 - 60)
    database.write(lambda connection: connection.execute(old), durable=False)
    return Swept(reports, attachments, len(unused) + _remove_garbage(database, blobs, time), buckets, uploads)


def _expire(database: Database, blobs: Blobs, app: App, before: int, limit: int | None) -> int:
    total = 0
    statement = sa.select(REPORT.c.id, REPORT.c.identity).where(
        REPORT.c.app_id == app.id, REPORT.c.receive_time < before
    )
    statement = statement.order_by(REPORT.c.receive_time, REPORT.c.id).limit(min(_AT_ONCE, limit or _AT_ONCE))

    def work(connection: Connection) -> tuple[int, list[str]]:
        rows = connection.execute(statement.with_for_update()).all()
        removed = _remove(connection, [row.id for row in rows], [bytes(row.identity) for row in rows])
        usage.add(connection, {app.id: -removed.total})
        return len(rows), removed.places

    while limit is None or total < limit:
        count, places = database.write(work, durable=False)
        bodies.forget(blobs, places)
        total += count
        if not count:
            break
    return total


def _remove(connection: Connection, numbers: list[int], keys: list[bytes]) -> bodies.Removed:
    """Remove reports and everything that belongs to them."""
    moves: Counter[Key] = Counter()
    installs: Counter[OnInstallation] = Counter()
    for some in in_chunks(numbers):
        # A worker that processes such a report finds it removed, and counts nothing.
        connection.execute(sa.delete(JOB).where(JOB.c.report_id.in_(some)))
        gone = sa.delete(HIT).where(HIT.c.report_id.in_(some))
        hits = connection.execute(gone.returning(*HIT.c)).all()
        files = sa.delete(ATTACHMENT).where(ATTACHMENT.c.report_id.in_(some)).returning(ATTACHMENT.c.identity)
        keys += (bytes(key) for key in connection.execute(files).scalars())
        reports = sa.delete(REPORT).where(REPORT.c.id.in_(some)).returning(REPORT.c.id, REPORT.c.install_id)
        install_ids = {row.id: row.install_id for row in connection.execute(reports)}
        for hit in hits:
            moves[Key(hit.app_id, hit.day, hit.bucket_id, hit.dimensions_id)] -= 1
            installs[OnInstallation(hit.bucket_id, hit.dimensions_id, install_ids.get(hit.report_id))] -= 1
            keys.append(bytes(hit.body))
    move(connection, moves)
    count_hits(connection, moves, installs)
    return bodies.remove(connection, keys)


def _expire_devices(database: Database, app: App, before: int) -> None:
    past = sa.delete(DEVICES).where(DEVICES.c.app_id == app.id, DEVICES.c.day < before)
    database.write(lambda connection: connection.execute(past), durable=False)


def _expire_orphans(database: Database, blobs: Blobs, app: App, before: int) -> int:
    old = sa.delete(ATTACHMENT).where(
        ATTACHMENT.c.app_id == app.id, ATTACHMENT.c.receive_time < before, ATTACHMENT.c.report_id.is_(None)
    )

    def work(connection: Connection) -> tuple[int, list[str]]:
        keys = [bytes(key) for key in connection.execute(old.returning(ATTACHMENT.c.identity)).scalars()]
        removed = bodies.remove(connection, keys)
        usage.add(connection, {app.id: -removed.total})
        return len(keys), removed.places

    count, places = database.write(work, durable=False)
    bodies.forget(blobs, places)
    return count


def _remove_empty(connection: Connection) -> int:
    """Remove buckets without hits and without decisions, and their empty roll-ups."""
    said = sa.select(DECISION.c.hash).union(sa.select(DECISION.c.other))
    empty = sa.select(BUCKET.c.id).where(
        BUCKET.c.hits <= 0, BUCKET.c.state == "open", BUCKET.c.note == "", BUCKET.c.hash.not_in(said)
    )
    numbers = list(connection.execute(empty.limit(_AT_ONCE)).scalars())
    gone: list[int] = []
    for some in in_chunks(numbers):
        # Checked once more: on PostgreSQL one may have got a hit since.
        deleted = sa.delete(BUCKET).where(BUCKET.c.id.in_(some), BUCKET.c.hits <= 0).returning(BUCKET.c.id)
        gone += connection.execute(deleted).scalars()
    remove_buckets(connection, gone)
    return len(gone)


def _remove_unused_sets(database: Database, app: App) -> None:
    """Remove sets of symbol files that no report of an app was made with any more."""
    used = sa.exists().where(HIT.c.app_id == app.id, HIT.c.symbols_id == SYMBOL_SET.c.id)
    statement = sa.select(SYMBOL_SET.c.id).where(SYMBOL_SET.c.app_id == app.id, ~used)
    unused = database.read(lambda connection: list(connection.execute(statement).scalars()))

    for some in in_chunks(unused):

        def work(connection: Connection, some: list[int] = some) -> None:
            # Completion finds the set of a report before it writes the hit, and holds this lock throughout.
            lock(connection, ("symbols", app.id))
            used_symbols.remove_unused(connection, some)

        database.write(work, durable=False)


def _expire_uploads(database: Database, blobs: Blobs, before: int) -> int:
    old = sa.delete(SYMBOL_UPLOAD).where(
        SYMBOL_UPLOAD.c.updated < before, SYMBOL_UPLOAD.c.status.in_(("created", "aborted"))
    )
    places = database.write(
        lambda connection: list(connection.execute(old.returning(SYMBOL_UPLOAD.c.blob)).scalars()), durable=False
    )
    bodies.forget(blobs, places)
    return len(places)


def _values(wanted: sa.Select[str], connection: Connection) -> set[str]:
    return set(connection.execute(wanted).scalars())


def _remove_garbage(database: Database, blobs: Blobs, time: int) -> int:
    """Remove blobs that no row names and that are not being written now."""
    before = datetime.fromtimestamp(time / 1000, UTC) - timedelta(days=_GARBAGE_DAYS)
    count = 0
    for folder, column in (
        (bodies.FOLDER, BODY.c.place),
        (symbols.FOLDER, SYMBOL_UPLOAD.c.blob),
        (chunks.FOLDER, SYMBOL_CHUNK.c.blob),
        (symbol_files.FOLDER, SYMBOL_FILE.c.blob),
    ):
        old = [key for key, changed in blobs.list(folder) if changed < before]
        for some in in_chunks(old):
            statement = sa.select(column).where(column.in_(some))
            named = database.read(partial(_values, statement))
            if folder == symbols.FOLDER:
                # A copy of the database that was made before may name them, and blobs are copied after it.
                number = SYMBOL_UPLOAD.c.id
                installed = sa.select(sa.literal(f"{folder}/") + number).where(
                    number.in_([key.rpartition("/")[2] for key in some]),
                    SYMBOL_UPLOAD.c.updated > time - _GARBAGE_DAYS * DAY,
                )
                named |= database.read(partial(_values, installed))
            gone = [key for key in some if key not in named]
            bodies.forget(blobs, gone)
            count += len(gone)
    return count
