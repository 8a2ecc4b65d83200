"""What a group of reports reads on PostgreSQL does not grow with the reports that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store_samples import NOON, SECRET, upload
from symbolicate.store import Store
from symbolicate.store.content.bodies import Body
from symbolicate.store.database.clock import milliseconds
from symbolicate.store.intake.accept import _NAMED, _WAITING
from symbolicate.store.intake.on_postgresql import write_reports
from symbolicate.store.reports.rows import ReportRow, identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from postgresql import PostgreSQL

THERE = 2000
GROUP = 30
ENOUGH = 15  # executions of a statement, after which PostgreSQL keeps its plan
_READ = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"


@pytest.fixture
def fresh(postgresql: PostgreSQL, tmp_path: Path) -> Iterator[Store]:
    """A store whose tables PostgreSQL has not counted yet."""
    with Store.open(postgresql.database(), data=tmp_path) as store:
        yield store


def rows_read(store: Store, first: int) -> int:
    """How many rows the database reads for a group of new reports."""
    app, at = store.apps.ensure(SECRET), milliseconds(NOON)
    keys = [identity(b"report", app.id, str(number)) for number in range(first, first + GROUP)]
    reports = [
        (ReportRow(key, app.id, key.hex(), "managedError", None, at, at), Body(key, 0, 1, b"x", None)) for key in keys
    ]

    def work(connection: Connection) -> int:
        before: int = connection.exec_driver_sql(_READ).scalar_one() or 0
        written = write_reports(connection, reports, at, [("crash", 1)], _NAMED, _WAITING)
        assert len(written.fresh) == GROUP
        after: int = connection.exec_driver_sql(_READ).scalar_one()
        return after - before

    return store.database.write(work)


def test_tables_that_were_never_counted_are_not_read(fresh: Store) -> None:
    fresh.accept(fresh.apps.ensure(SECRET), [upload(number) for number in range(THERE)])
    assert rows_read(fresh, 0) < THERE


def test_a_plan_that_was_made_for_empty_tables_reads_no_more_later(fresh: Store) -> None:
    fresh.database.write(lambda connection: connection.exec_driver_sql("ANALYZE report, attachment, body, job"))
    for number in range(ENOUGH):
        rows_read(fresh, number * GROUP)
    fresh.accept(fresh.apps.ensure(SECRET), [upload(number) for number in range(THERE)])
    assert rows_read(fresh, ENOUGH * GROUP) < THERE
