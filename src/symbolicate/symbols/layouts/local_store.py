"""The layout of the local symbol store, as pure path arithmetic; see `symbols.store`.

Nothing it returns leads out of the folder it is joined to: each part is one plain name.
"""

from __future__ import annotations

from symbolicate.symbols import ids
from symbolicate.symbols.layouts.breakpad import sym_names
from symbolicate.symbols.names import is_plain, leaf, safe_name

__all__ = [
    "ADDED_UNWIND",
    "DEBUG_UNWIND",
    "INDEX",
    "SYMBOLS",
    "UNPACKING",
    "UNWIND",
    "added_unwind",
    "added_unwind_path",
    "converted_path",
    "index_path",
    "stored_path",
]

SYMBOLS = "symbols"
"""The folder of added symbol files."""
UNPACKING = "unpacking"
"""The folder of temporary files of archives that are being added."""
ADDED_UNWIND = "unwind"
"""The folder of unwind tables that were added."""

INDEX = ".syx"
"""The suffix of indexes."""
UNWIND = ".unwind"
"""The suffix of unwind tables."""
DEBUG_UNWIND = f".debug{UNWIND}"
"""The suffix of those of a debug information file, which are used after those of its binary."""


def index_path(debug_file: str, identifier: str) -> tuple[str, str]:
    """Where the index of a symbol file lies in a store: `<ID[:2]>/<ID>-<debug file>.syx`, as its two parts."""
    known = ids.debug_id(identifier) or "0"
    return (known[:2], f"{known}-{safe_name(debug_file)}.syx")


def stored_path(debug_file: str, identifier: str) -> tuple[str, str, str]:
    """Where a symbol file lies in a store, as the three parts of a path in Breakpad layout, whatever its name is.

    Args:
        debug_file: the name of the debug file; one that is unusable as a file name is replaced, see `safe_name`.
        identifier: a debug id, or the code id of a module that has none.
    """
    name = leaf(debug_file)
    name = name if is_plain(name) else safe_name(name)
    return (name, ids.debug_id(identifier) or identifier.upper(), sym_names(name)[0])


def converted_path(debug_file: str, identifier: str, version: str) -> tuple[str, str]:
    """Where the text made from a debug information file lies in a store: `<ID[:2]>/<ID>-<debug file>-<version>.sym`."""
    known = ids.debug_id(identifier) or "0"
    return (known[:2], f"{known}-{safe_name(debug_file)}-{version}.sym")


def added_unwind(identifier: str) -> tuple[str, str]:
    """Where the unwind tables of an id that were added lie: a folder, and how their names begin."""
    known = ids.debug_id(identifier) or identifier.upper()
    return (known[:2], f"{known}-")


def added_unwind_path(name: str, identifier: str, *, of_debug_file: bool) -> tuple[str, str]:
    """Where the unwind tables of a binary or a debug information file lie that was added."""
    folder, prefix = added_unwind(identifier)
    return (folder, prefix + safe_name(name) + (DEBUG_UNWIND if of_debug_file else UNWIND))
