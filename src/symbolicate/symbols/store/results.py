"""What searches for modules found, kept as long as it is certain not to change."""

from __future__ import annotations

import time

from symbolicate.locks import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable

    from symbolicate.symbols.resolution import Resolution, Wanted

__all__ = ["Results"]

# How many times as long as it took to find nothing, until it is searched again.
_PATIENCE = 50


class Results:
    """The results of searches. May be used by many threads.

    A module that lacks symbols or unwind rules is searched again when the store changes, and after some time.

    Args:
        recheck_seconds: that time; fifty times the time that the searches took if that is longer.
        state: returns what changes when a file is added to the store; called for each module.

    Attributes:
        has_missed: whether any module was found to be missing.
    """

    def __init__(self, recheck_seconds: float, state: Callable[[], int]) -> None:
        self.has_missed = False
        self._recheck_seconds = recheck_seconds
        self._state_now = state
        self._lock = Lock()
        self._resolved: dict[Wanted, Resolution] = {}
        self._gates: dict[Wanted, LockType] = {}
        self._generation = 0
        self._incomplete: set[Wanted] = set()
        self._searching = 0.0
        self._due = 0.0
        self._state = 0

    def of(self, wanted: Wanted, search: Callable[[Wanted], Resolution], *, whole: bool = True) -> Resolution:
        """The result for a module: the known one, or that of a search, which is done by one thread.

        Args:
            wanted: the module.
            search: finds the result.
            whole: whether a known result is of no use if its symbols are read in part.
        """
        with self._lock:
            known = self._known(wanted, whole=whole)
            if known is not None:
                return known
            gate = self._gates.setdefault(wanted, Lock())
        with gate:  # one thread builds the index, the others wait for it
            with self._lock:
                known = self._known(wanted, whole=whole)
            return self._searched(wanted, search) if known is None else known

    def forget_incomplete(self) -> tuple[int, bool]:
        """Forget the modules that have to be searched again, if it is time.

        Returns:
            How often that was done, and whether it was done now.
        """
        with self._lock:
            if not self._incomplete:
                return self._generation, False
            if time.monotonic() < self._due and self._state_now() == self._state:
                return self._generation, False
            for wanted in self._incomplete:
                self._resolved.pop(wanted, None)
            self._incomplete.clear()
            self._searching = 0.0
            self._generation += 1
            return self._generation, True

    def _known(self, wanted: Wanted, *, whole: bool) -> Resolution | None:
        known = self._resolved.get(wanted)
        return None if known is not None and whole and known.in_part is not None else known

    def _searched(self, wanted: Wanted, search: Callable[[Wanted], Resolution]) -> Resolution:
        # What is added while it is searched may be missed.
        state, began = self._state_now(), time.monotonic()
        found = search(wanted)
        now = time.monotonic()
        with self._lock:
            self.has_missed |= found.status == "missing"
            self._resolved[wanted] = found
            self._gates.pop(wanted, None)
            if not found.is_complete:
                if not self._incomplete:
                    self._state = state
                self._incomplete.add(wanted)
                self._searching += now - began
                self._due = now + max(self._recheck_seconds, _PATIENCE * self._searching)
        return found
