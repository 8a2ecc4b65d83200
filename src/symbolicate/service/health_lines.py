"""The chart of crash-free devices, for the page and for the HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.render.html.chart import Line, Point, line_of_shares

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from symbolicate.service.health_facts import CrashFreeFacts

__all__ = ["line_of_devices"]


def line_of_devices(days: Sequence[date], found: CrashFreeFacts) -> Line | None:
    """Crash-free devices per day; None if no day is known."""
    if found.period is None:
        return None
    points = [
        None
        if one is None
        else Point(one.share, (one.text, f"{one.active:,}", f"{one.crashed:,}"), f"{one.text}, {one.counts}")
        for one in found.days
    ]
    return line_of_shares(days, points, ("Crash-free", "Active", "Crashed"))
