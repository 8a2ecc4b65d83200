"""Until when the symbols of a report are searched on the network, and files are read and converted for it.

The engine starts the time of a report; whatever is fetched and read for it, by any thread, ends with it. Outside of a
report, a fetch has the whole time for itself, and reading has no end.
"""

from __future__ import annotations

import time
from contextvars import ContextVar

__all__ = ["OVER", "clock", "ends_at", "leave_out", "left", "until"]

OVER = "the time for the symbols of a report is over"
"""Why something was given up."""

_ends: ContextVar[float | None] = ContextVar("symbolicate_symbols_end", default=None)
_left_out = 0.0


def clock() -> float:
    """The time that deadlines are counted in: that of `time.monotonic`, without what was left out."""
    return time.monotonic() - _left_out


def leave_out(seconds: float) -> None:
    """Do not count so many seconds that have just passed; one thread at a time may call this."""
    global _left_out  # noqa: PLW0603 - of the process, as the clock is
    _left_out += seconds


class until:  # noqa: N801 - used as a function
    """Let what this thread fetches in the block end at a time of `clock`; None for no common end."""

    def __init__(self, ends: float | None) -> None:
        self._ends = ends

    def __enter__(self) -> None:
        self._token = _ends.set(self._ends)

    def __exit__(self, *_: object) -> None:
        _ends.reset(self._token)


def left() -> float | None:
    """How many seconds are left for the report that this thread works for; None without one."""
    known = _ends.get()
    return None if known is None else max(0.0, known - clock())


def ends_at(seconds: float) -> float:
    """The end of the report that this thread works for; without one, so many seconds from now. By `time.monotonic`."""
    known = _ends.get()
    return known + _left_out if known is not None else time.monotonic() + seconds
