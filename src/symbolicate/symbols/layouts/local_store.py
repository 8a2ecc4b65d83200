"""The layout of the local symbol store, as pure path arithmetic; `symbols.store` describes it.

Nothing here leads out of the folder of the store: each part of a path is one plain name.
"""

from __future__ import annotations

import os

from symbolicate.record import Record
from symbolicate.symbols import ids
from symbolicate.symbols.layouts.breakpad import sym_names
from symbolicate.symbols.names import is_plain, leaf, safe_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate._native import DebugFile

__all__ = [
    "ADDED_UNWIND",
    "CONVERTED",
    "DEBUG_UNWIND",
    "FIRST_USE",
    "INDEX",
    "INDEXES",
    "SYMBOLS",
    "TEXT",
    "UNPACKING",
    "UNWIND",
    "StorePaths",
    "added_unwind",
    "added_unwind_path",
    "converted_path",
    "index_of",
    "index_path",
    "stored_path",
]

SYMBOLS = "symbols"
"""The folder of added symbol files."""
ADDED_UNWIND = "unwind"
"""The folder of unwind tables that were added."""
INDEXES = "index"
"""The folder of the indexes of symbol files, wherever these are."""
CONVERTED = "converted"
"""The folder of what is made from debug information files, binaries and texts in UTF-16."""
UNPACKING = "unpacking"
"""The folder of temporary files of archives that are being added."""

TEXT = ".sym"
"""The suffix of symbol files."""
INDEX = ".syx"
"""The suffix of indexes."""
UNWIND = ".unwind"
"""The suffix of unwind tables."""
FIRST_USE = ".first"
"""The suffix of empty files that say of a debug file without an index that it was used once."""
DEBUG_UNWIND = f".debug{UNWIND}"
"""The suffix of those of a debug information file, which are used after those of its binary."""


class StorePaths(Record):
    """Where the files of a store are.

    Attributes:
        root: the folder of the store.
    """

    root: str

    @property
    def symbols(self) -> str:
        """The folder of added symbol files."""
        return os.path.join(self.root, SYMBOLS)

    @property
    def unwind(self) -> str:
        """The folder of added unwind tables."""
        return os.path.join(self.root, ADDED_UNWIND)

    @property
    def converted(self) -> str:
        """The folder of what is made from other files."""
        return os.path.join(self.root, CONVERTED)

    @property
    def unpacking(self) -> str:
        """The folder of temporary files of archives."""
        return os.path.join(self.root, UNPACKING)

    def text(self, name: str, identifier: str) -> str:
        """An added symbol file, see `stored_path`."""
        return os.path.join(self.symbols, *stored_path(name, identifier))

    def index(self, name: str, identifier: str) -> str:
        """The index of a symbol file, see `index_path`."""
        return os.path.join(self.root, INDEXES, *index_path(name, identifier))

    def converted_text(self, name: str, identifier: str, version: str) -> str:
        """A symbol file that is made from a version of another file."""
        return os.path.join(self.converted, *converted_path(name, identifier, version))

    def made_of(self, build: DebugFile, suffix: str, seconds: float | None = None) -> str:
        """The index, or the unwind tables, of a build in a file elsewhere.

        Raises:
            TimeoutError: the files that belong to it were not found in so many seconds.
        """
        parts = converted_path(build.name, ids.of_build(build), build.version(seconds))
        return os.path.join(self.converted, *parts).removesuffix(TEXT) + suffix

    def kept_unwind(self, build: DebugFile) -> str:
        """The unwind tables of a build that was added."""
        is_debug = build.kind == "debug"
        return os.path.join(self.unwind, *added_unwind_path(build.name, ids.of_build(build), of_debug_file=is_debug))


def index_of(text: str) -> str:
    """The path of an index that lies beside its symbol file."""
    return os.path.splitext(text)[0] + INDEX


def index_path(debug_file: str, identifier: str) -> tuple[str, str]:
    """Where the index of a symbol file lies in a store: `<ID[:2]>/<ID>-<debug file>.syx`, as its two parts."""
    known = _known(identifier)
    return (known[:2], f"{known}-{safe_name(debug_file)}{INDEX}")


def stored_path(debug_file: str, identifier: str) -> tuple[str, str, str]:
    """Where a symbol file lies in a store, as the three parts of a path in Breakpad layout, whatever its name is.

    Args:
        debug_file: the name of the debug file; one that is unusable as a file name is replaced, see `safe_name`.
        identifier: a debug id, or the code id of a module that has none.
    """
    name = leaf(debug_file)
    name = name if is_plain(name) else safe_name(name)
    return (name, _known(identifier), sym_names(name)[0])


def converted_path(debug_file: str, identifier: str, version: str) -> tuple[str, str]:
    """Where the text made from a debug information file lies in a store: `<ID[:2]>/<ID>-<debug file>-<version>.sym`."""
    known = _known(identifier)
    return (known[:2], f"{known}-{safe_name(debug_file)}-{version}{TEXT}")


def added_unwind(identifier: str) -> tuple[str, str]:
    """Where the unwind tables of an id that were added lie: a folder, and how their names begin."""
    known = _known(identifier)
    return (known[:2], f"{known}-")


def added_unwind_path(name: str, identifier: str, *, of_debug_file: bool) -> tuple[str, str]:
    """Where the unwind tables of a binary or a debug information file lie that was added."""
    folder, prefix = added_unwind(identifier)
    return (folder, prefix + safe_name(name) + (DEBUG_UNWIND if of_debug_file else UNWIND))


def _known(identifier: str) -> str:
    """An id as it is part of a path: the canonical debug id, or the code id in upper case; `0` for any other text."""
    known = ids.debug_id(identifier)
    if known is None and ids.is_code_id(identifier):
        known = identifier.upper()
    return known or "0"
