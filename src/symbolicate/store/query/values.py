"""Fields that cannot have any text as their value.

A comparison with a value that no row can have is a mistake in the query, and a result without rows would look like good
news. Fields with open sets of values (markets, devices, systems) are not checked.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from symbolicate.store.query.dates import FORMS, read_date
from symbolicate.summary.dimensions import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DATE", "EVENT_TYPE", "IDENTITY", "TIME", "Values", "read_identity", "read_time"]


class Values(NamedTuple):
    """The values of a field: `read` normalises a value, or returns None; `forms` describes the valid ones."""

    read: Callable[[str], str | None]
    forms: str


def read_identity(text: str) -> bytes | None:
    """The identity of a `cabIdHash`, with or without dashes; None if it is invalid."""
    try:
        return uuid.UUID(text.strip()).bytes
    except ValueError:
        return None


def read_time(text: str) -> datetime | None:
    """A time such as `2018-02-01 12:00:00`, in UTC unless it has an offset; None for any other text."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return when.replace(tzinfo=when.tzinfo or UTC)


def _event_type(text: str) -> str | None:
    return word if (word := text.strip().lower()) in EVENT_TYPES else None


EVENT_TYPE = Values(_event_type, ", ".join(EVENT_TYPES))
DATE = Values(lambda text: text if read_date(text) is not None else None, FORMS)
IDENTITY = Values(lambda text: text if read_identity(text) is not None else None, "32 hexadecimal digits")
TIME = Values(lambda text: text if read_time(text) is not None else None, "yyyy-mm-dd hh:mm:ss")
