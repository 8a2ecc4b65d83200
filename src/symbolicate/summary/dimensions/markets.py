"""The market: the ISO 3166 code of the country that a device is set to."""

from __future__ import annotations

import re
from functools import cache

from symbolicate.summary.dimensions.table import rows

__all__ = ["UNKNOWN_MARKET", "market"]

UNKNOWN_MARKET = "Unknown"


def market(country: str, locale: str) -> str:
    """The market of a country as sent (`us`, `USA`, `840`), else of a locale (`en_US`, `zh-Hans-CN`, `sr_RS@latin`)."""
    found = _codes().get(country.strip().upper())
    if found is not None:
        return found
    # A locale's keywords may name another region than the one the device is set to.
    parts = re.split(r"[-_]", re.split(r"[.@;]", locale.strip(), maxsplit=1)[0].upper())
    # The language comes first and may look like a country.
    for part in parts[1:5]:
        if (found := _codes().get(part)) is not None:
            return found
    return UNKNOWN_MARKET


@cache
def _codes() -> dict[str, str]:
    """Every code that a country is sent as, to its two letters."""
    return {code: two for two, *others in rows("countries", 3) for code in (two, *others) if code}
