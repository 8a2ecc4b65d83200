"""The daily roll-ups: how often a bucket was hit on a day with the same dimensions.

A row belongs to the bucket that its hits were named after. Readers add up buckets that people merged, so that a
merge can be undone. Each change gets the day's next version: a reader that has an older version of a day reads the
rows that changed since.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from symbolicate.store.database.bulk import Bulk
from symbolicate.store.database.tables import PACK, ROLLUP, ROLLUP_DAY
from symbolicate.store.database.transactions import in_chunks, insert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection
    from sqlalchemy.sql.dml import ReturningInsert

__all__ = ["Key", "move", "remove_buckets"]


class Key(NamedTuple):
    """The key of a row."""

    app_id: int
    day: int
    bucket_id: int
    dimensions_id: int


def move(connection: Connection, moves: Mapping[Key, int]) -> None:
    """Add hits to rows and subtract them from others."""
    changed = sorted((key, by) for key, by in moves.items() if by)
    if not changed:
        return
    # This also keeps versions in the order of commits: the day's row is locked until this transaction ends.
    versions = {day: _next_version(connection, *day) for day in sorted({(key.app_id, key.day) for key, _ in changed})}
    _ADDED.write(connection, [(*key, by, versions[key.app_id, key.day]) for key, by in changed])


_ADDED = Bulk(
    ROLLUP,
    (*Key._fields, "count", "changed"),
    f"ON CONFLICT ({', '.join(Key._fields)}) "
    "DO UPDATE SET count = rollup.count + excluded.count, changed = excluded.changed",
)


def _next_version(connection: Connection, app_id: int, day: int) -> int:
    row = {"app_id": app_id, "day": day, "version": 1, "removed": 0}
    version: int = connection.execute(_new_version(connection.dialect.name), row).scalar_one()
    return version


@cache
def _new_version(dialect: str) -> ReturningInsert[int]:
    statement = insert(dialect, ROLLUP_DAY).on_conflict_do_update(
        index_elements=list(ROLLUP_DAY.primary_key.columns), set_={"version": ROLLUP_DAY.c.version + 1}
    )
    return statement.returning(ROLLUP_DAY.c.version)


def remove_buckets(connection: Connection, numbers: Sequence[int]) -> None:
    """Remove the rows of some buckets, which are all 0, and make readers load their days again."""
    days: set[tuple[int, int]] = set()
    for some in in_chunks(list(numbers)):
        gone = sa.delete(ROLLUP).where(ROLLUP.c.bucket_id.in_(some)).returning(ROLLUP.c.app_id, ROLLUP.c.day)
        days.update((row.app_id, row.day) for row in connection.execute(gone))
    for app_id, day in sorted(days):
        version = _next_version(connection, app_id, day)
        this = sa.update(ROLLUP_DAY).where(ROLLUP_DAY.c.app_id == app_id, ROLLUP_DAY.c.day == day)
        connection.execute(this.values(removed=version))
        connection.execute(sa.delete(PACK).where(PACK.c.app_id == app_id, PACK.c.kind == "day", PACK.c.day == day))
