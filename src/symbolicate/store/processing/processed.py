"""Selecting processed reports, to put them into the queue again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from symbolicate.store.database.clock import milliseconds
from symbolicate.store.database.tables import BUCKET, EMPTY, HIT, SYMBOL_SET_FILE
from symbolicate.store.symbols.choice import normal_debug_id
from symbolicate.summary.text import clean

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["DoneFilter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneFilter:
    """Some of the processed reports of an app: those that match every value that is given.

    Attributes:
        app_id: the row of the app.
        bucket: the hash of the failure that they count as, or of one that it is merged into.
        debug_id: the debug id, or the code id, of a module on their stacks.
        since: happened at this time or later.
        until: happened before this time.
    """

    app_id: int
    bucket: str | None = None
    debug_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> sa.ColumnElement[bool]:
        """The filter as a condition on the hits."""
        wanted: list[sa.ColumnElement[bool]] = [HIT.c.app_id == self.app_id]
        if self.bucket is not None:
            named = sa.and_(BUCKET.c.app_id == self.app_id, BUCKET.c.hash == clean(self.bucket.lower()))
            buckets = sa.select(BUCKET.c.id).where(
                sa.or_(named, BUCKET.c.leader_id.in_(sa.select(BUCKET.c.id).where(named)))
            )
            wanted.append(HIT.c.bucket_id.in_(buckets))
        if self.debug_id is not None:
            debug_id, code_id = normal_debug_id(self.debug_id), clean(self.debug_id.lower())
            file = SYMBOL_SET_FILE.c
            sets = sa.union(
                sa.select(file.set_id).where(file.debug_id == debug_id, file.debug_id != EMPTY),
                sa.select(file.set_id).where(file.code_id == code_id, file.code_id != EMPTY),
            )
            wanted.append(HIT.c.symbols_id.in_(sets))
        if self.since is not None:
            wanted.append(HIT.c.event_time >= milliseconds(self.since))
        if self.until is not None:
            wanted.append(HIT.c.event_time < milliseconds(self.until))
        return sa.and_(*wanted)
