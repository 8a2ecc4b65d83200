"""How far long work has come: one line on standard error, for who sits before a terminal and sees nothing else."""

from __future__ import annotations

import sys
import time
from typing import BinaryIO

__all__ = ["Progress"]

# Work that ends sooner says nothing, and the line is not drawn more often than can be read.
_PATIENCE = 1.0
_INTERVAL = 0.2


class Progress:
    """Counts what is done. Silent where standard error is no terminal, or where the results themselves go to one.

    Args:
        what: what is counted, in the plural.
        beside: where the results go.
    """

    def __init__(self, what: str, beside: BinaryIO) -> None:
        self._what = what
        self._done = 0
        self._drawn = 0
        self._next = time.monotonic() + _PATIENCE if sys.stderr.isatty() and not beside.isatty() else float("inf")

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _INTERVAL
            line = f"{self._done:,} {self._what}"
            sys.stderr.write(f"\r{line}")
            sys.stderr.flush()
            self._drawn = len(line)

    def clear(self) -> None:
        """Take the line away, so that another can be written."""
        if self._drawn:
            sys.stderr.write(f"\r{'':{self._drawn}}\r")
            sys.stderr.flush()
            self._drawn = 0
