"""Until when the symbols of a report are searched on the network.

The engine starts the time of a report; whatever is fetched for it, by any thread, ends with it. Outside of a report, a
fetch has the whole time for itself.
"""

from __future__ import annotations

import time
from contextvars import ContextVar

__all__ = ["ends_at", "until"]

_ends: ContextVar[float | None] = ContextVar("symbolicate_symbols_end", default=None)


class until:  # noqa: N801 - used as a function
    """Let what this thread fetches in the block end at a time of `time.monotonic`; None for no common end."""

    def __init__(self, ends: float | None) -> None:
        self._ends = ends

    def __enter__(self) -> None:
        self._token = _ends.set(self._ends)

    def __exit__(self, *_: object) -> None:
        _ends.reset(self._token)


def ends_at(seconds: float) -> float:
    """The end of the report that this thread works for; without one, so many seconds from now."""
    known = _ends.get()
    return known if known is not None else time.monotonic() + seconds
