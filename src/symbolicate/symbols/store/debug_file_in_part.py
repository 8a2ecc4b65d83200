"""A large debug file without an index, read in part, so that the first report does not wait for the index."""

from __future__ import annotations

import contextlib
import os

from symbolicate.errors import SymbolFileError
from symbolicate.locks import Lock
from symbolicate.symbols.deadline import left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from symbolicate._native import DebugFile, SymbolFile

__all__ = ["LARGE", "DebugFileInPart", "share_of_index", "write_mark"]

LARGE = 16 << 20
"""A file of more bytes is read in part. The index of a smaller one takes a tenth of a second."""

# The index of a debug file costs as much as answers for an address per so many of its bytes, or as so many runs.
# Measured on files of 100 and 370 MB: 2,000 addresses take a fourth to a third of the time of the index.
_BYTES_PER_ADDRESS = 12_000
_RUNS = 64
# The share of the cost of the index that answers may have before it is made instead.
_MOST = 0.25


def share_of_index(size: int, addresses: int) -> float:
    """What answers for so many addresses in one run cost, where 1 is the cost of the index.

    Args:
        size: bytes of the debug file.
        addresses: their number.
    """
    return 1 / _RUNS + addresses * _BYTES_PER_ADDRESS / max(size, 1)


def write_mark(path: str) -> None:
    """Say that a file was used once. If the store cannot be written, no process could keep its index either."""
    with contextlib.suppress(OSError), open(path, "ab"):
        pass


class DebugFileInPart:
    """A debug file of which only the parts are read that some addresses need. Many threads may use it.

    Args:
        debug: the build in it.
        inlines: what its `survey` says.
    """

    def __init__(self, debug: DebugFile, *, inlines: bool) -> None:
        self._debug = debug
        self._inlines = inlines
        self._size = os.path.getsize(debug.path)
        self._lock = Lock()
        self._known: set[int] = set()
        self._spent = 0.0
        self._symbols: SymbolFile | None = None

    def extended(self, addresses: Iterable[int] = ()) -> SymbolFile | None:
        """Symbols that answer for these addresses, relative to the module, and for all that were given before.

        None if the index is the better choice by now, or the file cannot be read any more; also if the time of the
        report is over, which whoever makes the index says.
        """
        with self._lock:
            known = self._known.union(addresses)
            if self._symbols is not None and len(known) == len(self._known):
                return self._symbols
            if known:
                self._spent += share_of_index(self._size, len(known))
            if self._spent > _MOST:
                return None
            try:
                self._symbols = self._debug.open_part(list(known), self._inlines, left())
            except (SymbolFileError, TimeoutError):
                return None
            self._known = known
            return self._symbols
