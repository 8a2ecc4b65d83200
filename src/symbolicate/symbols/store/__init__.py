"""The local symbol store: symbol files and their indexes, keyed by debug id.

    <dir>/symbols/<debug file>/<DEBUG ID>/<name>.sym       files that were added, in Breakpad layout
    <dir>/unwind/<ID[:2]>/<ID>-<file>.unwind               unwind tables of binaries and debug files that were added
    <dir>/index/<ID[:2]>/<ID>-<debug file>.syx             indexes of added files and of files in sources
    <dir>/converted/<ID[:2]>/<ID>-<debug file>-<version>.sym, .syx
                                                           made from files in sources: indexes of debug files,
                                                           texts of UTF-16 files and their indexes
    <dir>/converted/<ID[:2]>/<ID>-<debug file>-<version>.unwind
                                                           unwind tables of files in sources
    <dir>/unpacking/                                       files of archives while these are added

`layouts.local_store` has these paths. `searching` selects the files of a module, `indexes` opens them, `results`
remembers what was found, and `keeping` adds files.
"""

from __future__ import annotations

from symbolicate.symbols.store.symbol_store import SymbolStore, default_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.store.keeping import Added

__all__ = ["Added", "SymbolStore", "default_dir"]


def __getattr__(name: str) -> object:
    if name == "Added":
        from symbolicate.symbols.store import keeping  # what adds files is loaded when some are added

        return keeping.Added
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
