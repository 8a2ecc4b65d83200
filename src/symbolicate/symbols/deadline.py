"""Until when the symbols of a report are searched on the network, and symbol files are read for it.

The engine starts the time of a report; whatever is fetched and read for it, by any thread, ends with it. Outside of a
report, a fetch has the whole time for itself, and reading has no end.
"""

from __future__ import annotations

import time
from contextvars import ContextVar

__all__ = ["OVER", "ends_at", "left", "until"]

OVER = "the time for the symbols of a report is over"
"""Why something was given up."""

_ends: ContextVar[float | None] = ContextVar("symbolicate_symbols_end", default=None)


class until:  # noqa: N801 - used as a function
    """Let what this thread fetches in the block end at a time of `time.monotonic`; None for no common end."""

    def __init__(self, ends: float | None) -> None:
        self._ends = ends

    def __enter__(self) -> None:
        self._token = _ends.set(self._ends)

    def __exit__(self, *_: object) -> None:
        _ends.reset(self._token)


def left() -> float | None:
    """How many seconds are left for the report that this thread works for; None without one."""
    known = _ends.get()
    return None if known is None else max(0.0, known - time.monotonic())


def ends_at(seconds: float) -> float:
    """The end of the report that this thread works for; without one, so many seconds from now."""
    known = _ends.get()
    return known if known is not None else time.monotonic() + seconds
