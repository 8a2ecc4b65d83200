"""Selecting dead letters: reports that could not be processed, to be listed or put into the queue again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from symbolicate.store.database.clock import milliseconds
from symbolicate.store.database.tables import BUCKET, HIT, JOB, REPORT
from symbolicate.summary.text import clean

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["DeadLetterFilter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterFilter:
    """Some of the dead letters: those that match every value that is given.

    Attributes:
        apps: rows of apps; None for all apps.
        reason: the kind of the error (see `jobs.CAUSES`), or a part of its text in any case.
        bucket: the hash of the failure that they counted as before, or of one that it is merged into.
        received_from: received at this time or later.
        received_until: received before this time.
    """

    apps: frozenset[int] | None = None
    reason: str | None = None
    bucket: str | None = None
    received_from: datetime | None = None
    received_until: datetime | None = None

    def condition(self) -> sa.ColumnElement[bool]:
        """The filter as a condition on the rows of the queue."""
        wanted: list[sa.ColumnElement[bool]] = [JOB.c.aside]
        if self.apps is not None:
            wanted.append(JOB.c.app_id.in_(sorted(self.apps)))
        if self.reason:
            text = clean(self.reason)
            part = sa.func.lower(JOB.c.error).contains(text.lower(), autoescape=True)
            wanted.append(sa.or_(JOB.c.cause == text, part))
        if self.bucket:
            named = BUCKET.c.hash == clean(self.bucket.lower())
            buckets = sa.select(BUCKET.c.id).where(
                sa.or_(named, BUCKET.c.leader_id.in_(sa.select(BUCKET.c.id).where(named)))
            )
            counted = sa.select(HIT.c.report_id).where(HIT.c.bucket_id.in_(buckets))
            wanted.append(JOB.c.report_id.in_(counted))
        times = []
        if self.received_from is not None:
            times.append(REPORT.c.receive_time >= milliseconds(self.received_from))
        if self.received_until is not None:
            times.append(REPORT.c.receive_time < milliseconds(self.received_until))
        if times:
            wanted.append(sa.exists().where(REPORT.c.id == JOB.c.report_id, *times).correlate(JOB))
        return sa.and_(*wanted)
