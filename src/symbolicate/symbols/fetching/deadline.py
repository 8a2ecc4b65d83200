"""Until when the symbols of a report are searched on the network.

The engine starts the time of a report; whatever is fetched for it, by any thread, ends with it. Outside of a report, a
fetch has the whole time for itself.
"""

from __future__ import annotations

import contextlib
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ends_at", "until"]

_ends: ContextVar[float | None] = ContextVar("symbolicate_symbols_end", default=None)


@contextlib.contextmanager
def until(ends: float | None) -> Iterator[None]:
    """Let what this thread fetches in the block end at a time of `time.monotonic`; None for no common end."""
    token = _ends.set(ends)
    try:
        yield
    finally:
        _ends.reset(token)


def ends_at(seconds: float) -> float:
    """The end of the report that this thread works for; without one, so many seconds from now."""
    known = _ends.get()
    return known if known is not None else time.monotonic() + seconds
