"""Hashes that hits had before, and the hash that each of them has now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from symbolicate.store.database.tables import ALIAS, BUCKET

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["aliases"]


def aliases(connection: Connection, app_id: int) -> dict[str, str]:
    """The hash that the hits of a hash have now, for those that have none left."""
    statement = sa.select(ALIAS.c.old, ALIAS.c.new).where(ALIAS.c.app_id == app_id).order_by(ALIAS.c.moved, ALIAS.c.new)
    step = {row.old: row.new for row in connection.execute(statement)}  # where most of them went
    if not step:
        return {}
    alive = sa.select(BUCKET.c.hash).where(BUCKET.c.app_id == app_id, BUCKET.c.hits > 0)
    living = set(connection.execute(alive).scalars())
    found = {}
    for old in step:
        seen, hash_ = {old}, old
        while hash_ not in living and hash_ in step and step[hash_] not in seen:
            hash_ = step[hash_]
            seen.add(hash_)
        if hash_ != old:
            found[old] = hash_
    return found
