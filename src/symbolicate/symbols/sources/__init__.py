"""Sources of symbol files: a file for each kind of source.

`source` defines what a source is, `opening` makes one of what a person names for symbols. The kinds are `directory`,
`symbol_file`, `debug_files`, `remote` for servers and buckets, and `stored` for the store's own files. A new kind is a
new file and a line in `opening`. A kind is loaded when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.symbols.sources.debug_files import DebugFileSource
    from symbolicate.symbols.sources.directory import DirectorySource
    from symbolicate.symbols.sources.opening import is_no_symbol_file, open_source
    from symbolicate.symbols.sources.source import Source
    from symbolicate.symbols.sources.symbol_file import FileSource

__all__ = ["DebugFileSource", "DirectorySource", "FileSource", "Source", "is_no_symbol_file", "open_source"]

_HOMES = {
    "DebugFileSource": "debug_files",
    "DirectorySource": "directory",
    "FileSource": "symbol_file",
    "Source": "source",
    "is_no_symbol_file": "opening",
    "open_source": "opening",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
