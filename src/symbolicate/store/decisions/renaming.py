"""Hits that move from one bucket to another: the old hash becomes an alias, and decisions about it apply to the new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from symbolicate.store.database.tables import ALIAS, BUCKET
from symbolicate.store.database.transactions import insert
from symbolicate.store.decisions.leaders import regroup

if TYPE_CHECKING:
    from collections import Counter

    from sqlalchemy.engine import Connection

__all__ = ["moved"]


def moved(connection: Connection, counts: Counter[tuple[int, int, int]]) -> None:
    """Record how many hits of an app moved from one bucket to another, each by its row."""
    numbers = {number for _, old, new in counts for number in (old, new)}
    wanted = sa.select(BUCKET).where(BUCKET.c.id.in_(numbers))
    buckets = {row.id: row for row in connection.execute(wanted)}
    rows = [
        {"app_id": app_id, "old": buckets[old].hash, "new": buckets[new].hash, "moved": count}
        for (app_id, old, new), count in sorted(counts.items())
    ]
    statement = insert(connection.dialect.name, ALIAS)
    statement = statement.on_conflict_do_update(
        index_elements=list(ALIAS.primary_key.columns), set_={"moved": ALIAS.c.moved + statement.excluded.moved}
    )
    connection.execute(statement, rows)
    for _, old, new in sorted(counts):
        left, taken = buckets[old], buckets[new]
        if left.hits > 0:
            continue
        changes = {}
        if left.state != "open" and taken.state == "open":
            changes["state"] = left.state
        if left.note and not taken.note:
            changes["note"] = left.note
        if changes:
            connection.execute(sa.update(BUCKET).where(BUCKET.c.id == new).values(changes))
    for app_id in sorted({app_id for app_id, _, _ in counts}):
        regroup(connection, app_id)
