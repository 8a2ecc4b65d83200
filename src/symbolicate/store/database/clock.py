"""Times as the tables store them: milliseconds and days since 1970, UTC."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

__all__ = ["DAY", "MOST_AHEAD", "date_of", "day_of", "milliseconds", "moment", "now"]

DAY = 86_400_000
MOST_AHEAD = 3 * DAY
"""Milliseconds: client timestamps further in the future are ignored."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = _EPOCH.date()


def now() -> int:
    """The present."""
    return time.time_ns() // 1_000_000


def milliseconds(when: datetime | None) -> int:
    """A time as the tables store it; None is the present, a time without a zone is UTC."""
    if when is None:
        return now()
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - _EPOCH) // timedelta(milliseconds=1)


def moment(value: int) -> datetime:
    """The time of a value in a table."""
    return _EPOCH + timedelta(milliseconds=value)


def day_of(value: int | date) -> int:
    """The day of a time in milliseconds, or of a date."""
    return (value - _FIRST).days if isinstance(value, date) else value // DAY


def date_of(day: int) -> date:
    """The date of a day in a table."""
    return _FIRST + timedelta(days=day)
