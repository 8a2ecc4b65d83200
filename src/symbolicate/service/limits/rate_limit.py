"""Rate limits: how many requests a name, such as an address, may send in a minute."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PerMinute"]

_MINUTE = 60.0
# Names that are counted at a time, because hostile clients invent any number of them.
_NAMES = 10_000


class PerMinute:
    """A token bucket for each name: refilled steadily, up to a minute's allowance.

    Used by one event loop. When too many names are counted, those with a full allowance are removed, then the oldest.

    Args:
        allowed: how much each name may use in a minute; 0 for no limit.
        clock: seconds; a test may pass its own.
    """

    def __init__(self, allowed: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.allowed = allowed
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # name to (allowance left, when that was)

    def take(self, name: str) -> bool:
        """Use one unit of a name's allowance; False if it is used up."""
        if not self.allowed:
            return True
        now = self._clock()
        left, then = self._left.pop(name, (float(self.allowed), now))
        left = min(float(self.allowed), left + (now - then) * self.allowed / _MINUTE)
        taken = left >= 1.0
        if len(self._left) >= _NAMES:
            self._forget(now)
        # Put back at the end: the order is by last use.
        self._left[name] = (left - 1.0 if taken else left, now)
        return taken

    def give_back(self, name: str) -> None:
        """Undo one `take`, because the request was refused, or had been counted before."""
        if name in self._left:
            left, then = self._left[name]
            self._left[name] = (min(float(self.allowed), left + 1.0), then)

    def _forget(self, now: float) -> None:
        """Remove many names at a time, because finding them is slow."""
        for name in [name for name, (_, then) in self._left.items() if now - then > _MINUTE]:
            del self._left[name]
        if len(self._left) >= _NAMES:
            for name in list(islice(self._left, _NAMES // 4)):
                del self._left[name]
