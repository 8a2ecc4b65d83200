"""The counts in a bucket's row: hits, handled errors among them, installations.

These numbers follow from hits, dimensions and reports; they are stored so that the cost of a list of buckets does not
depend on the number of reports. Every transaction that adds or removes hits calls this module.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from symbolicate.store.database.tables import BUCKET, DIMENSIONS, INSTALLATION
from symbolicate.store.database.transactions import in_chunks, insert
from symbolicate.summary.dimensions import HANDLED, REQUESTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import Connection
    from sqlalchemy.sql.dml import ReturningInsert

    from symbolicate.store.counts.rollups import Key

__all__ = ["OnInstallation", "count_hits"]


class OnInstallation(NamedTuple):
    """Hits of a bucket on an installation; None where the report does not name it."""

    bucket_id: int
    dimensions_id: int
    install_id: str | None


class _Row(NamedTuple):
    """A row of installations."""

    bucket_id: int
    handled: bool
    install_id: str


@dataclass(slots=True)
class _Change:
    """The changes of a bucket's row; -1 for days if nothing was added."""

    by: int = 0
    handled: int = 0
    requested: int = 0
    installations: int = 0
    handled_installations: int = 0
    first: int = -1
    last: int = -1


def count_hits(connection: Connection, moves: Mapping[Key, int], installs: Mapping[OnInstallation, int]) -> None:
    """Bring the buckets' rows up to date with their hits.

    Args:
        connection: a transaction.
        moves: hits that were added, or removed if negative.
        installs: the same hits by installation.
    """
    events = _events(connection, {key.dimensions_id for key in moves})
    changes: dict[int, _Change] = {}
    for key, by in moves.items():
        change = changes.setdefault(key.bucket_id, _Change())
        change.by += by
        event = events.get(key.dimensions_id)
        if event == HANDLED:
            change.handled += by
        elif event == REQUESTED:
            change.requested += by
        if by > 0:
            change.first = key.day if change.first < 0 else min(change.first, key.day)
            change.last = max(change.last, key.day)
    for row, by in _installations(connection, installs, events).items():
        change = changes.setdefault(row.bucket_id, _Change())
        if row.handled:
            change.handled_installations += by
        else:
            change.installations += by
    rows = [(number, change) for number, change in sorted(changes.items()) if any(_numbers(change).values())]
    added = [
        {"of": number, "first": change.first, "last": change.last, **_numbers(change)}
        for number, change in rows
        if change.last >= 0
    ]
    taken = [{"of": number, **_numbers(change)} for number, change in rows if change.last < 0]
    if added:
        connection.execute(_ADDED, added)
    if taken:
        connection.execute(_TAKEN, taken)


_COUNTED = ("handled", "requested", "installations", "handled_installations")


def _numbers(change: _Change) -> dict[str, int]:
    return {"by": change.by, **{f"{name}_by": getattr(change, name) for name in _COUNTED}}


_TAKEN = (
    sa.update(BUCKET)
    .where(BUCKET.c.id == sa.bindparam("of"))
    .values(
        hits=BUCKET.c.hits + sa.bindparam("by"),
        **{name: BUCKET.c[name] + sa.bindparam(f"{name}_by") for name in _COUNTED},
    )
)
_ADDED = _TAKEN.values(
    first_day=sa.case((BUCKET.c.first_day <= sa.bindparam("first"), BUCKET.c.first_day), else_=sa.bindparam("first")),
    last_day=sa.case((BUCKET.c.last_day >= sa.bindparam("last"), BUCKET.c.last_day), else_=sa.bindparam("last")),
)


def _events(connection: Connection, dimensions: Iterable[int]) -> dict[int, str]:
    """The event types of those dimensions that are not about crashes."""
    found: dict[int, str] = {}
    for some in in_chunks(sorted(dimensions)):
        found |= {row.id: row.event_type for row in connection.execute(_NOT_CRASHES, {"some": some})}
    return found


_NOT_CRASHES = sa.select(DIMENSIONS.c.id, DIMENSIONS.c.event_type).where(
    DIMENSIONS.c.id.in_(sa.bindparam("some", expanding=True)), DIMENSIONS.c.event_type.in_((HANDLED, REQUESTED))
)


def _installations(
    connection: Connection, installs: Mapping[OnInstallation, int], events: Mapping[int, str]
) -> Counter[_Row]:
    """Add the hits to the rows of installations; returns the rows that were created (1) or removed (-1)."""
    moves: Counter[_Row] = Counter()
    for one, by in installs.items():
        event = events.get(one.dimensions_id)
        if one.install_id is not None and event != REQUESTED:
            moves[_Row(one.bucket_id, event == HANDLED, one.install_id)] += by
    # In the same order in every transaction, so that two of them cannot deadlock.
    rows = [{**row._asdict(), "hits": by} for row, by in sorted(moves.items()) if by]
    if not rows:
        return Counter()
    changed: Counter[_Row] = Counter()
    for found in connection.execute(_add(connection.dialect.name), rows):
        row = _Row(found.bucket_id, found.handled, found.install_id)
        if found.hits <= 0 < found.hits - moves[row]:
            changed[row] = -1
        elif found.hits - moves[row] <= 0 < found.hits:
            changed[row] = 1
    for row in sorted(row for row, by in changed.items() if by < 0):
        connection.execute(_REMOVE, {"of": row.bucket_id, "was_handled": row.handled, "on": row.install_id})
    return changed


_REMOVE = sa.delete(INSTALLATION).where(
    INSTALLATION.c.bucket_id == sa.bindparam("of"),
    INSTALLATION.c.handled == sa.bindparam("was_handled"),
    INSTALLATION.c.install_id == sa.bindparam("on"),
    INSTALLATION.c.hits <= 0,
)


@cache
def _add(dialect: str) -> ReturningInsert[int, bool, str, int]:
    statement = insert(dialect, INSTALLATION)
    statement = statement.on_conflict_do_update(
        index_elements=list(INSTALLATION.primary_key.columns),
        set_={"hits": INSTALLATION.c.hits + statement.excluded.hits},
    )
    return statement.returning(
        INSTALLATION.c.bucket_id, INSTALLATION.c.handled, INSTALLATION.c.install_id, INSTALLATION.c.hits
    )
