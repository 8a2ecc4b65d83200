"""The layout of the local symbol store, as pure path arithmetic; see `symbols.store`.

Nothing it returns leads out of the folder it is joined to: each part is one plain name.
"""

from __future__ import annotations

from symbolicate.symbols.ids import debug_id
from symbolicate.symbols.layouts.breakpad import sym_names
from symbolicate.symbols.names import is_plain, leaf, safe_name

__all__ = ["converted_path", "index_path", "stored_path"]


def index_path(debug_file: str, identifier: str) -> tuple[str, str]:
    """Where the index of a symbol file lies in a store: `<ID[:2]>/<ID>-<debug file>.syx`, as its two parts."""
    known = debug_id(identifier) or "0"
    return (known[:2], f"{known}-{safe_name(debug_file)}.syx")


def stored_path(debug_file: str, identifier: str) -> tuple[str, str, str]:
    """Where a symbol file lies in a store, as the three parts of a path in Breakpad layout, whatever its name is.

    Args:
        debug_file: the name of the debug file; one that is unusable as a file name is replaced, see `safe_name`.
        identifier: a debug id, or the code id of a module that has none.
    """
    name = leaf(debug_file)
    name = name if is_plain(name) else safe_name(name)
    return (name, debug_id(identifier) or identifier.upper(), sym_names(name)[0])


def converted_path(debug_file: str, identifier: str, version: str) -> tuple[str, str]:
    """Where the text made from a debug information file lies in a store: `<ID[:2]>/<ID>-<debug file>-<version>.sym`."""
    known = debug_id(identifier) or "0"
    return (known[:2], f"{known}-{safe_name(debug_file)}-{version}.sym")
