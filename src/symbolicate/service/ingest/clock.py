"""Times as clients write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

__all__ = ["parse_time"]

_TIME = re.compile(
    r"\s*(\d{4})-(\d\d?)-(\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?)?\s*"
)
# As most SDKs write it, which Python itself reads in less time.
_USUAL = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:[0-5]\d\.\d{3}Z", re.ASCII)
# Above this a number is in milliseconds: as seconds it would be the year 5138.
_MILLISECONDS = 1e11


def parse_time(value: Any) -> datetime | None:
    """The time that a client wrote, in UTC; None if it is invalid.

    SDKs write `2019-10-08T04:22:23.516Z` with up to seven digits of fractions; others leave out the fraction, the zone,
    or write seconds or milliseconds since 1970.
    """
    try:
        if isinstance(value, str):
            return _from_text(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) >= _MILLISECONDS else value
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _from_text(text: str) -> datetime | None:
    if _USUAL.fullmatch(text):
        return datetime.fromisoformat(text)
    match = _TIME.fullmatch(text) if text.isascii() else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    # A leap second counts as the last second of its minute.
    when = datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59), micro, UTC
    )
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        when = when.replace(tzinfo=timezone(offset if zone[0] == "+" else -offset)).astimezone(UTC)
    return when
