"""A PDB on a server that answers ranges, of which only the parts are fetched that some addresses need."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from symbolicate.errors import SymbolFileError
from symbolicate.symbols.deadline import left
from symbolicate.symbols.fetching.failure import FetchError, time_is_over

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from symbolicate._native import SymbolFile
    from symbolicate.symbols.fetching.ranges import Range

__all__ = ["CALL_BYTES", "LARGE", "REQUEST_BYTES", "PdbInPart", "Ranges"]

LARGE = 32 << 20
"""A PDB of more bytes is read in part for reports and stacks: that takes some dozen requests one after another."""

REQUEST_BYTES = 1 << 20
"""Bytes of one range, at most."""
CALL_BYTES = 32 << 20
"""Bytes of all ranges of a call, at most."""

_ROUNDS = 200
_SHARE = 4
"""A part of the file, such as 4 for a fourth: when more is needed, the whole file is fetched instead."""
_HELD = 256 << 20
"""Bytes of a file that are held in memory, at most: when more are needed, the whole file is fetched instead."""


class Ranges(Protocol):
    """Fetches ranges of one file: offset and length of each, and the version that earlier ranges were of."""

    def __call__(self, wanted: Sequence[tuple[int, int]], tag: str = "") -> list[Range]:
        """The ranges.

        Raises:
            FetchError: they cannot be fetched.
        """
        ...


class PdbInPart:
    """A PDB on a server. Many threads may use it; they wait for each other.

    Args:
        ranges: fetches ranges of it.
        head: its first bytes.
        name: the name of the PDB.
        debug_id: the id that it must have.
        with_rules: whether all of its unwind rules are wanted, beside the symbols of addresses.

    Raises:
        FetchError: it has another id, is no PDB, or needs more memory than there is.
    """

    def __init__(self, ranges: Ranges, head: Range, name: str, debug_id: str, *, with_rules: bool = False) -> None:
        from symbolicate._native import PartialPdb

        self._ranges = ranges
        self._lock = threading.Lock()
        self._tag = head.tag
        try:
            self._pdb = PartialPdb(head.size, name, with_rules)
        except OSError as error:
            raise FetchError("denied", f"too large to be read in part: {error}", 0.0) from None
        self._most = min(head.size // _SHARE, _HELD)
        self._pdb.provided(0, head.data)
        self._complete(None)
        if self._pdb.debug_id != debug_id:
            raise FetchError("mismatched", self._pdb.debug_id or "")
        self._known: set[int] = set()
        self._symbols: SymbolFile | None = None

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return self._pdb.size

    @property
    def bytes_fetched(self) -> int:
        """Bytes that are at hand."""
        return self._pdb.bytes_present

    def open_for(self, addresses: list[int]) -> SymbolFile:
        """Symbols that answer for these addresses, relative to the module, as those of the whole file do.

        Raises:
            FetchError: something cannot be fetched, or the whole file is better fetched.
        """
        with self._lock:
            self._complete(addresses)
            return self._opened(addresses)

    def extended(self, addresses: Iterable[int] = ()) -> SymbolFile:
        """Symbols that answer for these addresses and for all that were given before.

        Raises:
            FetchError: something cannot be fetched, or the whole file is better fetched.
        """
        with self._lock:
            further = set(addresses) - self._known
            if further or self._symbols is None:
                # Answers for an address do not depend on the others, so that only these need further bytes.
                self._complete(sorted(further))
                self._symbols = self._opened(sorted(self._known | further))
                self._known |= further
            return self._symbols

    def _opened(self, addresses: list[int]) -> SymbolFile:
        try:
            return self._pdb.open_for(addresses, left())
        except TimeoutError:
            raise time_is_over() from None
        except SymbolFileError as error:
            raise FetchError("malformed", str(error)) from error

    def _complete(self, addresses: list[int] | None) -> None:
        """Fetch what is needed."""
        for _ in range(_ROUNDS):
            try:
                needed = self._pdb.needed(addresses, left())
            except TimeoutError:
                raise time_is_over() from None
            except SymbolFileError as error:
                raise FetchError("malformed", str(error)) from error
            if not needed:
                return
            if self._pdb.bytes_present + sum(length for _, length in needed) > self._most:
                raise FetchError("denied", "the answers need too much of it", 0.0)
            for wanted in _calls(needed):
                self._fetch(wanted)
        raise FetchError("malformed", "what it says does not end")

    def _fetch(self, wanted: Sequence[tuple[int, int]]) -> None:
        for (offset, length), found in zip(wanted, self._ranges(wanted, self._tag), strict=True):
            if found.size != self._pdb.size or found.tag != self._tag or len(found.data) != length:
                raise FetchError("malformed", "the file has changed meanwhile", 0.0)
            self._pdb.provided(offset, found.data)


def _calls(ranges: Iterable[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The ranges of each call, long ones in parts."""
    call: list[tuple[int, int]] = []
    held = 0
    for offset, length in ranges:
        for start in range(0, length, REQUEST_BYTES):
            part = min(REQUEST_BYTES, length - start)
            if held + part > CALL_BYTES:
                yield call
                call, held = [], 0
            call.append((offset + start, part))
            held += part
    if call:
        yield call
