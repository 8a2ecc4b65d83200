"""The leader of each bucket, derived from what people decided, again after each decision and each renaming."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from symbolicate.store.database.tables import APP, BUCKET, DECISION
from symbolicate.store.decisions.aliases import aliases

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from symbolicate.buckets import Decision

__all__ = ["decided", "regroup"]


def decided(connection: Connection, app_id: int) -> list[Decision]:
    """What people decided about an app's buckets, oldest first."""
    from symbolicate.buckets import Decision  # loads numpy

    statement = sa.select(DECISION).where(DECISION.c.app_id == app_id).order_by(DECISION.c.id)
    return [Decision(row.kind, row.hash, row.other) for row in connection.execute(statement)]


def regroup(connection: Connection, app_id: int) -> None:
    """Set every bucket's leader after the decisions: of those merged, the one that the latest merge named."""
    some = connection.execute(sa.select(DECISION.c.id).where(DECISION.c.app_id == app_id).limit(1)).first()
    if some is None:
        return
    from symbolicate.buckets.decisions import Decided

    decisions, renamed = decided(connection, app_id), aliases(connection, app_id)
    groups = Decided(decisions, renamed)
    statement = sa.select(BUCKET.c.id, BUCKET.c.hash, BUCKET.c.leader_id).where(BUCKET.c.app_id == app_id)
    buckets = {row.hash: row for row in connection.execute(statement)}
    leader: dict[str, str] = {}
    for decision in decisions:
        if decision.kind != "merge":
            continue
        into = renamed.get(decision.other, decision.other)
        members = groups.merged(into)
        if len(members) > 1:
            leader |= dict.fromkeys(members, into)
    changed = False
    for hash_, row in buckets.items():
        into = leader.get(hash_, hash_)
        number = buckets[into].id if into != hash_ and into in buckets else None
        if number != row.leader_id:
            connection.execute(sa.update(BUCKET).where(BUCKET.c.id == row.id).values(leader_id=number))
            changed = True
    if changed:
        connection.execute(sa.update(APP).where(APP.c.id == app_id).values(version=APP.c.version + 1))
