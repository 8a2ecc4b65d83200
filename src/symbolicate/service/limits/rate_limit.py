"""How much one app or one address may send in a minute."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PerMinute"]

_MINUTE = 60.0
# Names counted at a time: hostile clients make up as many as they like.
_NAMES = 10_000


class PerMinute:
    """Counts what each name has used of its allowance: refilled steadily, never above a minute's worth.

    Used by one event loop. When too many names are counted, those with a full allowance are forgotten, then the oldest.

    Args:
        allowed: how much each name may use in a minute; 0 for any amount.
        clock: seconds; a test may bring its own.
    """

    def __init__(self, allowed: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.allowed = allowed
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # name to (allowance left, when that was)

    def take(self, name: str) -> bool:
        """Use one of a name's allowance; False if there is none left."""
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
        """Undo one `take`: what it was for did not happen, or had happened before."""
        if name in self._left:
            left, then = self._left[name]
            self._left[name] = (min(float(self.allowed), left + 1.0), then)

    def _forget(self, now: float) -> None:
        """Make room: for many at a time, as finding them takes time."""
        for name in [name for name, (_, then) in self._left.items() if now - then > _MINUTE]:
            del self._left[name]
        if len(self._left) >= _NAMES:
            for name in list(islice(self._left, _NAMES // 4)):
                del self._left[name]
