"""Fields that cannot have any text as their value.

A comparison with a value that no row can have is a mistake of whoever asks, and an answer without rows would look like
good news. Fields whose values the world adds to (markets, devices, systems) are not among these.
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
    """The values of a field: `read` gives one in the spelling of rows, or None; `forms` says what there is."""

    read: Callable[[str], str | None]
    forms: str


def read_identity(text: str) -> bytes | None:
    """The identity that a `cabIdHash` spells, with or without dashes; None if it spells none."""
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
