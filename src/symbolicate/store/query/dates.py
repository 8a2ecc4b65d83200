"""Dates as queries write them."""

from __future__ import annotations

import re
from datetime import date

__all__ = ["FORMS", "read_date"]

FORMS = "mm/dd/yyyy or yyyy-mm-dd"

# A time may follow, as programs print it; only the day counts.
_TIME = r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s*(?:[AaPp][Mm])?\s*(?:[Zz]|[+-]\d{2}:?\d{2})?)?"
_AMERICAN = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})" + _TIME, re.ASCII)
_ISO = re.compile(r"(?P<year>\d{4})(?P<by>[-/])(?P<month>\d{1,2})(?P=by)(?P<day>\d{1,2})" + _TIME, re.ASCII)


def read_date(text: str) -> date | None:
    """The date of `1/31/2018`, `2018-01-31` or `2018/01/31`, with or without a time; None for other text."""
    text = text.strip()
    found = _ISO.fullmatch(text) or _AMERICAN.fullmatch(text)
    if found is None:
        return None
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
