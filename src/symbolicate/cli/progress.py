"""The progress of long work: one line on standard error, if that is a terminal and shows nothing else."""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["Progress"]

# Seconds before the first line, and between updates of it.
_PATIENCE = 1.0
_INTERVAL = 0.2


class Progress:
    """Counts finished work. Silent if standard error is not a terminal, or if the results go to a terminal.

    Args:
        what: what is counted, in the plural.
        beside: the stream that the results go to.
    """

    def __init__(self, what: str, beside: BinaryIO) -> None:
        self._what = what
        self._done = 0
        self._shown = 0
        self._next = time.monotonic() + _PATIENCE if sys.stderr.isatty() and not beside.isatty() else float("inf")

    def step(self) -> None:
        """Count one more."""
        self._done += 1
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _INTERVAL
            line = f"{self._done:,} {self._what}"
            sys.stderr.write(f"\r{line}")
            sys.stderr.flush()
            self._shown = len(line)

    def clear(self) -> None:
        """Erase the line, so that another one can be written."""
        if self._shown:
            sys.stderr.write(f"\r{'':{self._shown}}\r")
            sys.stderr.flush()
            self._shown = 0
