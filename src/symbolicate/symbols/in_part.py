"""Symbols of files that are read in part, see `resolution.FileInPart`."""

from __future__ import annotations

from symbolicate.symbols.fetching.failure import FetchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from symbolicate._native import SymbolFile
    from symbolicate.symbols.resolution import FileInPart

__all__ = ["extended"]


def extended(file: FileInPart, addresses: Iterable[int]) -> SymbolFile | None:
    """The symbols, which answer for these addresses, too; None if the whole file is to be used."""
    try:
        return file.extended(addresses)
    except FetchError:
        return None
