"""Times in requests."""

from __future__ import annotations

from datetime import UTC, datetime

from symbolicate.service.errors import RefusedError

__all__ = ["time_of"]


def time_of(text: str | None) -> datetime | None:
    """A date, which means its midnight, or a time; in UTC if there is no offset. None for None.

    Raises:
        RefusedError: it is neither a date nor a time.
    """
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError(400, "BadRequest", "a time is written as 2026-01-31 or 2026-01-31T12:00:00Z") from None
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)
