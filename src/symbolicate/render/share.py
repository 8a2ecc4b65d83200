"""Shares near one as people read them: `99.62 % ± 0.02`."""

from __future__ import annotations

import math

__all__ = ["points", "share_text"]

_DECIMALS = 2


def share_text(share: float, error: float = 0) -> str:
    """A share in percent, with how far it may be off. Only one is `100 %`, and only none is `0 %`.

    Args:
        share: from 0 to 1.
        error: half of the interval that it is in; 0 if it is exact.
    """
    percent = share * 100
    decimals = _DECIMALS
    while share not in (0, 1) and float(f"{percent:.{decimals}f}") in (0, 100) and decimals < 6:  # noqa: PLR2004
        decimals += 1
    text = f"{percent:.{decimals}f}" if share not in (0, 1) else f"{percent:.0f}"
    if not error:
        return f"{text} %"
    # Rounded up: the error is not less than is said.
    return f"{text} % ± {math.ceil(error * 100 * 10**decimals) / 10**decimals:.{decimals}f}"


def points(share: float, before: float) -> str:
    """The change of a share in percentage points: `+0.10 points`, or `same`."""
    change = round((share - before) * 100, _DECIMALS)
    return f"{change:+.{_DECIMALS}f} points" if change else "same"
