"""Debug information files, such as dSYM bundles: what a file is, and which of its builds are used."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from symbolicate.errors import SymbolFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from symbolicate._native import DebugFile

__all__ = ["TOO_MANY_FILES", "addable", "best", "is_debug_file", "is_uuid", "losses"]

TOO_MANY_FILES = "too many files to look at each for debug information"
"""What is said of a folder in which only some names were looked at."""

# The first four bytes of thin and fat Mach-O files, of either byte order.
_MAGICS = frozenset(
    bytes.fromhex(magic) for magic in ("feedface", "cefaedfe", "feedfacf", "cffaedfe", "cafebabe", "cafebabf")
)
# A UUID and the age 0.
_UUID_DIGITS = 33


def is_uuid(identifier: str) -> bool:
    """Whether a debug id may be that of a Mach-O file: a UUID and the age 0."""
    return len(identifier) == _UUID_DIGITS and identifier.endswith("0")


def is_debug_file(path: str) -> bool:
    """Whether a file begins as a Mach-O file does."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return file.read(4) in _MAGICS
    except OSError:
        return False


def best(files: Iterable[DebugFile]) -> list[DebugFile]:
    """Those with an id, the one that tells most first: an image and its dSYM have the same id."""
    usable = (file for file in files if file.debug_id is not None)
    return sorted(usable, key=lambda file: (not file.has_dwarf, file.kind != "dSYM", not file.has_symbols, file.path))


def losses(lost: tuple[int, int], refused_slices: int = 0) -> tuple[str, ...]:
    """What a conversion says about what is missing in its text, each in a clause.

    Args:
        lost: how many parts of the file could not be read, and how many exceed a limit.
        refused_slices: how many slices of it are not read.
    """
    unread, left_out = lost
    counted = (
        (unread, "damaged"),
        (left_out, "left out or shortened: beyond a limit"),
    )
    parts = [f"{count:,} part{'' if count == 1 else 's'} {what}" for count, what in counted if count]
    if refused_slices:
        slices = f"{refused_slices:,} slice{'' if refused_slices == 1 else 's'}"
        parts.append(f"{slices} not read: damaged, or overlapping others")
    return tuple(parts)


def addable(path: str, builds: Iterable[DebugFile]) -> list[DebugFile]:
    """Those of the builds in a file, or below a folder, that can be added to a store, the one that tells most first.

    Raises:
        SymbolFileError: there is none.
    """
    builds = list(builds)
    if not builds:
        raise SymbolFileError(f"{path}: neither a symbol file nor a Mach-O file")
    known = best(builds)
    if not known:
        raise SymbolFileError(f"{path}: no LC_UUID in it, so that no crash can be of it")
    usable = [file for file in known if file.has_dwarf or file.has_symbols]
    if not usable:
        raise SymbolFileError(f"{path}: no symbol records")
    return usable
