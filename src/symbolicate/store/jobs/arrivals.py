"""Wakes the workers of this process when a report is put into the queue."""

from __future__ import annotations

import threading

__all__ = ["Arrivals"]


class Arrivals:
    """Counts what arrived in the queue through this process. May be used by any thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    def notify(self) -> None:
        """Wake all threads that wait."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait(self, seconds: float) -> bool:
        """Sleep until a report arrives, or for so many seconds; whether one arrived."""
        with self._condition:
            seen = self._count
            return self._condition.wait_for(lambda: self._count != seen, seconds)
