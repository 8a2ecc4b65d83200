"""Puts reports into the queue, within a transaction of the caller."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from symbolicate.store.database.bulk import Bulk
from symbolicate.store.database.tables import JOB
from symbolicate.store.database.transactions import insert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.dialects.postgresql import Insert
    from sqlalchemy.engine import Connection

__all__ = ["CAUSES", "REASONS", "put", "put_new", "put_selected", "queued_from"]

REASONS = ("new", "attachment", "symbols", "rules", "asked")
"""Why a report is to be processed."""

CAUSES = ("input", "time", "process", "worker", "gone", "fault")
"""Why a report could not be processed: it cannot be read (input), it took too long (time), it ended the process that
worked on it (process), the worker ended or did not respond (worker), its bytes have expired (gone), or there was an
error in this program or its machine (fault)."""


_NEW = Bulk(JOB, ("report_id", "app_id", "available", "aside", "attempts", "generation", "reason", "since"))


def put_new(connection: Connection, reports: Iterable[tuple[int, int]], at: int) -> None:
    """Put reports that were just written into the queue, each with its app."""
    _NEW.write(connection, [(report_id, app_id, at, False, 0, 0, "new", at) for report_id, app_id in reports])


def queued_from(source: str) -> str:
    """An INSERT of the same for the reports that PostgreSQL selects; its parameters are `at`, twice.

    Args:
        source: the rows, with the columns `id` and `app_id`.
    """
    return f"{_NEW.into} SELECT id, app_id, %b::bigint, false, 0, 0, 'new', %b::bigint FROM {source}"  # noqa: S608


def put(connection: Connection, reports: Iterable[tuple[int, int]], reason: str, at: int) -> int:
    """Put reports into the queue, each with its app; returns how many.

    A report that waits already keeps its position. A report that is being processed will be processed once more,
    because its input has changed since it was leased. A dead letter gets all its attempts again.
    """
    rows = [
        {
            "report_id": report_id,
            "app_id": app_id,
            "available": at,
            "aside": False,
            "attempts": 0,
            "generation": 0,
            "reason": reason,
            "since": at,
        }
        for report_id, app_id in reports
    ]
    if not rows:
        return 0
    connection.execute(_put(connection.dialect.name), rows)
    return len(rows)


def put_selected(
    connection: Connection,
    report_id: sa.ColumnElement[int],
    app_id: sa.ColumnElement[int],
    which: sa.ColumnElement[bool],
    reason: str,
    at: int,
) -> int:
    """Put reports that the database selects into the queue, which may be millions; returns how many.

    Args:
        connection: writes the rows.
        report_id: the column with the reports.
        app_id: the column with their apps.
        which: selects rows of the table of these columns.
        reason: why.
        at: when they are due.
    """
    values = {"available": at, "aside": False, "attempts": 0, "generation": 0, "reason": reason, "since": at}
    columns = [sa.literal(value, JOB.c[name].type).label(name) for name, value in values.items()]
    # In one order, so that two transactions cannot deadlock.
    selected = sa.select(report_id, app_id, *columns).where(which).order_by(report_id)
    statement = insert(connection.dialect.name, JOB).from_select(["report_id", "app_id", *values], selected)
    options = {"preserve_rowcount": True}
    return connection.execute(_once_more(statement), execution_options=options).rowcount


@cache
def _put(dialect: str) -> Insert:
    return _once_more(insert(dialect, JOB))


def _once_more(statement: Insert) -> Insert:
    """An INSERT of jobs that updates those that are in the queue already."""
    leased = JOB.c.token.is_not(None)
    return statement.on_conflict_do_update(
        index_elements=[JOB.c.report_id],
        set_={
            "available": sa.case((leased, JOB.c.available), else_=statement.excluded.available),
            "attempts": sa.case((leased, JOB.c.attempts), else_=0),
            "aside": False,
            "generation": JOB.c.generation + 1,
            "reason": sa.case((JOB.c.reason == "new", "new"), else_=statement.excluded.reason),
        },
    )
