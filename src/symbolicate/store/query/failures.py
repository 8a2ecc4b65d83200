"""What lists and pages of failures show beside counts: their history and their newest hits."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from symbolicate.store.database.clock import date_of, moment
from symbolicate.store.database.tables import BUCKET, DIMENSIONS, HIT, REPORT
from symbolicate.store.database.transactions import in_chunks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.engine import Connection

__all__ = ["FailureHistory", "NewestHit", "histories", "last_day", "newest_hits"]


class FailureHistory(NamedTuple):
    """A failure with all that is merged into it.

    Attributes:
        state: what people decided: `open`, `closed` or `ignored`.
        first_seen: the day of its first hit; None without hits.
        last_seen: the day of its last hit.
        installations: how many installations it crashed on, as the sum over the merged failures: one that several of
            them crashed on counts for each.
    """

    state: str
    first_seen: date | None
    last_seen: date | None
    installations: int


class NewestHit(NamedTuple):
    """A hit of a failure. `device_model` is empty if it is not known."""

    public_id: str
    time: datetime
    application_version: str
    os_version: str
    market: str
    device_type: str
    device_model: str
    event_type: str


def histories(connection: Connection, app_id: int, hashes: Sequence[str]) -> dict[str, FailureHistory]:
    """The histories of failures that lead their buckets, by hash."""
    found: dict[str, FailureHistory] = {}
    for some in in_chunks(sorted(set(hashes))):
        leaders = sa.select(BUCKET.c.id, BUCKET.c.hash, BUCKET.c.state)
        rows = connection.execute(leaders.where(BUCKET.c.app_id == app_id, BUCKET.c.hash.in_(some))).all()
        ids = [row.id for row in rows]
        led = sa.func.coalesce(BUCKET.c.leader_id, BUCKET.c.id)
        together = sa.select(
            led.label("leader"),
            sa.func.min(BUCKET.c.first_day).label("first"),
            sa.func.max(BUCKET.c.last_day).label("last"),
            sa.func.sum(BUCKET.c.installations).label("installations"),
        )
        which = sa.or_(BUCKET.c.id.in_(ids), BUCKET.c.leader_id.in_(ids))
        together = together.where(BUCKET.c.app_id == app_id, which).group_by(led)
        facts = {row.leader: row for row in connection.execute(together)}
        for row in rows:
            fact = facts.get(row.id)
            first, last = (None, None) if fact is None else (fact.first, fact.last)
            found[row.hash] = FailureHistory(
                row.state,
                None if first is None else date_of(first),
                None if last is None else date_of(last),
                0 if fact is None else int(fact.installations),
            )
    return found


def newest_hits(connection: Connection, app_id: int, hashes: Sequence[str], top: int) -> list[NewestHit]:
    """The newest hits of some failures together, the newest first."""
    ids = connection.execute(
        sa.select(BUCKET.c.id).where(BUCKET.c.app_id == app_id, BUCKET.c.hash.in_(list(hashes)))
    ).scalars()
    found: list[Any] = []
    # One failure at a time, because an index has the hits of each in order.
    for number in ids.all():
        newest = sa.select(HIT.c.report_id, HIT.c.event_time).where(HIT.c.bucket_id == number)
        newest = newest.order_by(HIT.c.event_time.desc(), HIT.c.report_id.desc()).limit(top)
        found = heapq.nlargest(top, [*found, *connection.execute(newest)], key=lambda row: (row[1], row[0]))
    numbers = [row[0] for row in found]
    joined = HIT.join(DIMENSIONS, DIMENSIONS.c.id == HIT.c.dimensions_id).join(REPORT, REPORT.c.id == HIT.c.report_id)
    whole = sa.select(HIT.c.report_id, HIT.c.event_time, HIT.c.device_model, REPORT.c.identity, *DIMENSIONS.c)
    rows = {
        row.report_id: row for row in connection.execute(whole.select_from(joined).where(HIT.c.report_id.in_(numbers)))
    }
    return [_hit(rows[number]) for number in numbers if number in rows]


def last_day(connection: Connection, app_id: int) -> date | None:
    """The day of the newest hit of an app; None if it has none."""
    day = connection.execute(sa.select(sa.func.max(BUCKET.c.last_day)).where(BUCKET.c.app_id == app_id)).scalar()
    return None if day is None else date_of(day)


def _hit(row: sa.Row[Any]) -> NewestHit:
    return NewestHit(
        bytes(row.identity).hex(),
        moment(row.event_time),
        row.application_version,
        row.os_version,
        row.market,
        row.device_type,
        row.device_model or "",
        row.event_type,
    )
