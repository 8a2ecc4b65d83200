"""Opens the source of a path that a person names for symbols."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from symbolicate.errors import SymbolFileError, SymbolSourceError
from symbolicate.symbols.access import is_denied
from symbolicate.symbols.debug_files import is_debug_file
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.sources.debug_files import DebugFileSource
from symbolicate.symbols.sources.directory import DirectorySource
from symbolicate.symbols.sources.symbol_file import FileSource

if TYPE_CHECKING:
    from symbolicate.symbols.sources.source import Source

__all__ = ["is_no_symbol_file", "open_source"]


def open_source(location: str | os.PathLike[str]) -> Source:
    """The source of a path.

    Raises:
        SymbolSourceError: the path does not exist, is an address on the network or a damaged debug information file.
    """
    path = os.fspath(location)
    if "://" in path:
        raise SymbolSourceError(f"symbols from an address on the network are not supported yet: {path}")
    if os.path.isdir(path):
        return DirectorySource(path)
    if is_debug_file(path):
        try:
            return DebugFileSource(path)
        except SymbolFileError as error:
            raise SymbolSourceError(str(error)) from error
    if os.path.isfile(path):
        return FileSource(path)
    if os.path.exists(path):
        raise SymbolSourceError(f"neither a folder nor a file: {path}")
    raise SymbolSourceError(f"{'permission denied' if is_denied(path) else 'no such folder or symbol file'}: {path}")


def is_no_symbol_file(path: str) -> bool:
    """Whether it is a file that names no module, so that its symbols cannot be used."""
    return os.path.isfile(path) and not is_debug_file(path) and module_line(path) is None
