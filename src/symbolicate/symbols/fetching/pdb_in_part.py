"""A PDB on a server that answers ranges, of which only the parts are fetched that some addresses need."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from symbolicate.errors import SymbolFileError
from symbolicate.symbols.fetching.failure import FetchError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    from symbolicate._native import SymbolFile
    from symbolicate.symbols.fetching.download import Range

__all__ = ["PdbInPart", "Ranges"]

_HEAD = 64 << 10
"""Bytes that are fetched first."""
_REQUEST = 1 << 20
"""Bytes of one request, at most."""
_AT_A_TIME = 8
_ROUNDS = 200
_SHARE = 4
"""A part of the file, such as 4 for a fourth: when more is needed, the whole file is fetched instead."""
_SMALL = 4 << 20
"""A file of no more bytes is fetched as a whole: that takes one request."""


class Ranges(Protocol):
    """Fetches a range of one file: offset, length, and the version that earlier ranges were of."""

    def __call__(self, offset: int, length: int, tag: str = "") -> Range:
        """The range.

        Raises:
            FetchError: it cannot be fetched.
        """
        ...


class PdbInPart:
    """A PDB on a server. Many threads may use it; they wait for each other.

    Args:
        ranges: fetches a range of it.
        name: the name of the PDB.
        debug_id: the id that it must have.
        small: a file of no more bytes is not fetched in part.

    Raises:
        FetchError: it is not there, the server does not answer ranges, it has another id, is no PDB, or is small.
    """

    def __init__(self, ranges: Ranges, name: str, debug_id: str, small: int = _SMALL) -> None:
        from symbolicate._native import PartialPdb

        self._ranges = ranges
        self._lock = threading.Lock()
        head = ranges(0, _HEAD)
        if head.size <= small:
            raise FetchError("refused", "small enough to be fetched as a whole", 0.0)
        self._tag = head.tag
        self._pdb = PartialPdb(head.size, name)
        self._pdb.provided(0, head.data)
        self._complete(None)
        if self._pdb.debug_id != debug_id:
            raise FetchError("mismatched", self._pdb.debug_id or "")

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return self._pdb.size

    @property
    def bytes_fetched(self) -> int:
        """Bytes that are at hand."""
        return self._pdb.bytes_present

    def open_for(self, addresses: npt.NDArray[np.uint64]) -> SymbolFile:
        """Symbols that answer for these addresses, relative to the module, as those of the whole file do.

        Raises:
            FetchError: something cannot be fetched, or the whole file is better fetched.
        """
        with self._lock:
            self._complete(addresses)
            return self._pdb.open_for(addresses)

    def _complete(self, addresses: npt.NDArray[np.uint64] | None) -> None:
        """Fetch what is needed."""
        try:
            with ThreadPoolExecutor(_AT_A_TIME, "symbols-ranges") as pool:
                for _ in range(_ROUNDS):
                    needed = self._pdb.needed(addresses)
                    if not needed:
                        return
                    if self._pdb.bytes_present + sum(length for _, length in needed) > self._pdb.size // _SHARE:
                        raise FetchError("refused", "the answers need too much of it", 0.0)
                    for offset, data in pool.map(self._fetch, _requests(needed)):
                        self._pdb.provided(offset, data)
        except SymbolFileError as error:
            raise FetchError("malformed", str(error)) from error
        raise FetchError("malformed", "what it says does not end")

    def _fetch(self, wanted: tuple[int, int]) -> tuple[int, bytes]:
        offset, length = wanted
        found = self._ranges(offset, length, self._tag)
        if found.size != self._pdb.size or found.tag != self._tag or len(found.data) != length:
            raise FetchError("malformed", "the file has changed meanwhile", 0.0)
        return offset, found.data


def _requests(ranges: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Ranges, long ones in parts."""
    for offset, length in ranges:
        for start in range(0, length, _REQUEST):
            yield offset + start, min(_REQUEST, length - start)
