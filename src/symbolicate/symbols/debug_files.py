"""Debug information files: what a file is, and which of its builds are used. The formats are a native table."""

from __future__ import annotations

import warnings

from symbolicate.errors import SymbolFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from symbolicate._native import DebugFile

__all__ = ["TOO_MANY_FILES", "addable", "best", "is_debug_file", "losses"]

TOO_MANY_FILES = "too many files to look at each for debug information"
"""The reason given for a folder in which only some entries were visited."""


def is_debug_file(path: str) -> bool:
    """Whether a file begins like a debug file of a supported format."""
    from symbolicate._native import debug_file_format

    return debug_file_format(path) is not None


def best(files: Iterable[DebugFile]) -> list[DebugFile]:
    """Those with an id, the most informative first: an image and its debug file have the same id.

    Of a plain PDB and one that is compressed inside the plain one is first, as its parts are read without the rest.
    """
    identified = (file for file in files if file.debug_id is not None or file.code_id is not None)
    usable = (file for file in identified if file.kind != "part")

    def order(file: DebugFile) -> tuple[bool, bool, bool, bool, str]:
        is_debug, has_info = file.kind == "debug", file.debug_info is not None
        return (not has_info, not is_debug, not file.has_symbols, file.is_compressed, file.path)

    return sorted(usable, key=order)


def losses(lost: tuple[int, int, int], refused_builds: int = 0) -> tuple[str, ...]:
    """What the symbols of a debug file lack, one clause for each reason.

    Args:
        lost: how many parts of the file could not be read, how many exceed a limit, and how many are in other files,
            which were not found.
        refused_builds: how many builds of it are not read.
    """
    unread, left_out, missing = lost
    counted = (
        (unread, "damaged"),
        (left_out, "left out or shortened: beyond a limit"),
    )
    parts = [f"{count:,} part{'' if count == 1 else 's'} {what}" for count, what in counted if count]
    if missing:
        what = f"{missing:,} part{'' if missing == 1 else 's'} of the debug information"
        parts.append(f"{what} {'is' if missing == 1 else 'are'} in other files, which were not found")
    if refused_builds:
        slices = f"{refused_builds:,} slice{'' if refused_builds == 1 else 's'}"
        parts.append(f"{slices} not read: damaged, or overlapping others")
    return tuple(parts)


def addable(path: str, builds: Iterable[DebugFile]) -> list[DebugFile]:
    """Those of the builds in a file, or below a folder, that can be added to a store, the most informative first.

    Raises:
        SymbolFileError: none can be added.
    """
    from symbolicate._native import debug_file_formats

    builds = list(builds)
    if not builds:
        raise SymbolFileError(f"{path}: neither a symbol file nor a debug file ({', '.join(debug_file_formats())})")
    known = best(builds)
    if not known:
        raise SymbolFileError(f"{path}: no id in it, so no crash can be matched to it")
    usable = [file for file in known if file.debug_info or file.has_symbols or file.unwind_tables]
    if not usable:
        raise SymbolFileError(f"{path}: no symbol records and no unwind tables")
    return usable


# A UUID and the age 0.
_UUID_DIGITS = 33


def is_uuid(identifier: str) -> bool:
    """Deprecated: whether a debug id may be that of a Mach-O file, a UUID and the age 0."""
    warnings.warn("is_uuid is deprecated: formats are recognised by content", DeprecationWarning, stacklevel=2)
    return len(identifier) == _UUID_DIGITS and identifier.endswith("0")


def __getattr__(name: str) -> object:
    if name in {"DebugFileSource", "DebugFiles"}:
        import importlib  # the sources import this module

        warnings.warn(f"{name} was moved to symbolicate.symbols.sources", DeprecationWarning, stacklevel=2)
        return getattr(importlib.import_module("symbolicate.symbols.sources.debug_files"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
