"""New reports on PostgreSQL: their rows, bodies and jobs in one statement, and one wait for that and for what it needs.

Each statement by itself is a wait for the server, and for Python's lock after it, which the event loop has meanwhile. A
report then took longer to wait than to write.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from symbolicate.store.content.bodies import BODIES
from symbolicate.store.database.arrays import Array
from symbolicate.store.database.transactions import LOCK, driver, lock_keys
from symbolicate.store.jobs.enqueue import queued_from
from symbolicate.store.reports.rows import REPORTS

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg
    from sqlalchemy.engine import Connection

    from symbolicate.store.content.bodies import Body
    from symbolicate.store.database.bulk import Among
    from symbolicate.store.reports.rows import ReportRow

__all__ = ["Written", "write_reports"]


class Written(NamedTuple):
    """What was there, and what was written.

    Attributes:
        named: number, log id and identity of the reports that had one of the log ids before, by their apps.
        fresh: the numbers of the reports that were written, by their identities.
        waiting: the crashes, by app and log id, that attachments without a report name.
    """

    named: dict[int, list[tuple[int, str, bytes]]]
    fresh: dict[bytes, int]
    waiting: set[tuple[int, str]]


def write_reports(
    connection: Connection,
    reports: Sequence[tuple[ReportRow, Body]],
    at: int,
    locked: Iterable[tuple[object, ...]],
    named: Among,
    waiting: Among,
) -> Written:
    """Write reports that are not there yet, with their bodies and jobs.

    Args:
        connection: writes the rows.
        reports: their rows and bodies.
        at: when they are due.
        locked: names to lock first.
        named: finds reports by their log ids.
        waiting: finds attachments without a report by the log ids that they name.
    """
    ids: dict[int, set[str]] = {}
    for row, _ in reports:
        ids.setdefault(row.app_id, set()).add(row.log_id)
    texts: Mapping[int, builtins.list[str]] = {app_id: sorted(some) for app_id, some in ids.items()}
    bodies = {body.key: body for _, body in reports}  # identical reports may be sent at once
    raw: psycopg.Connection[Any] = driver(connection)
    with raw.pipeline():
        raw.execute(LOCK, (Array("bigint", lock_keys(locked)),))
        before = {app_id: named.on_postgresql(connection, app_id, some) for app_id, some in texts.items()}
        values = (*REPORTS.arrays([row for row, _ in reports]), *BODIES.arrays(list(bodies.values())), at, at)
        made = raw.execute(_statement(), values, binary=True)
        orphans = {app_id: waiting.on_postgresql(connection, app_id, some) for app_id, some in texts.items()}
    return Written(
        {app_id: cursor.fetchall() for app_id, cursor in before.items()},
        {key: number for number, key in made.fetchall()},
        {(app_id, error_id) for app_id, cursor in orphans.items() for (error_id,) in cursor.fetchall()},
    )


@cache
def _statement() -> bytes:
    columns = ", ".join(BODIES.columns)
    return (
        f"WITH fresh AS ({REPORTS.into} SELECT * FROM {REPORTS.unnested} {REPORTS.conflict} "  # noqa: S608 - tables
        "RETURNING id, identity, app_id), "
        f"stored AS ({BODIES.into} SELECT given.* FROM {BODIES.unnested} AS given ({columns}) "
        f"JOIN fresh ON fresh.identity = given.key {BODIES.conflict}), "
        f"queued AS ({queued_from('fresh')}) SELECT id, identity FROM fresh"
    ).encode()
