"""Sources of symbol files: a folder (see `directory`) or a single file.

Any folder may hold debug information files, such as dSYM bundles, at any depth, and any file may be one.

A source says which files it would offer for a module, and which paths it looked at. It never opens an index; the store
does. Each file that a source offers is of the module's id, whatever its name.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from symbolicate.errors import SymbolFileError, SymbolSourceError
from symbolicate.symbols import layout
from symbolicate.symbols.access import is_denied
from symbolicate.symbols.debug_files import DebugFileSource, is_debug_file
from symbolicate.symbols.directory import DirectorySource
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.resolution import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.symbols.resolution import Wanted

__all__ = ["DirectorySource", "FileSource", "Source", "is_no_symbol_file", "open_source"]


class Source(Protocol):
    """Something that may have the symbol file of a module."""

    def find(self, wanted: Wanted, tried: list[str]) -> Iterator[Place]:
        """Offer files for this module, the likeliest first; append each place looked at in vain to `tried`."""
        ...

    def search(self, text: str) -> Iterator[str]:
        """Every symbol file here whose id or debug file is `text`, ignoring case."""
        ...


class FileSource:
    """One symbol file, for the module that its MODULE line names."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._line = module_line(self.path)

    def __repr__(self) -> str:
        return f"FileSource({self.path!r})"

    def find(self, wanted: Wanted, tried: list[str]) -> Iterator[Place]:
        """Offer the file if it is of this build, and for a module of the same name so that a mismatch is told."""
        line = self._line
        named = layout.leaf(wanted.debug_file).lower()
        if line is not None and (wanted.is_of(line) or line.debug_file.lower() == named):
            yield Place(self.path, line)
        else:
            tried.append(f"{self.path}{' (permission denied)' if is_denied(self.path) else ''}")

    def search(self, text: str) -> Iterator[str]:
        """The file itself if it is the one."""
        if self._line is not None and self._line.is_called(text):
            yield self.path


def open_source(place: str | os.PathLike[str]) -> Source:
    """The source that a path stands for.

    Raises:
        SymbolSourceError: it is no path that exists, an address on the network, or a Mach-O file that is damaged.
    """
    path = os.fspath(place)
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
    """Whether it is a file of which nobody can tell whose symbols it has: it will not be used."""
    return os.path.isfile(path) and not is_debug_file(path) and module_line(path) is None
