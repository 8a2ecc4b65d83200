"""Places that symbol files come from: a folder in Breakpad layout, a flat folder of files, a single file.

Any folder may hold debug information files, such as dSYM bundles, at any depth, and any file may be one.

A source says which file it would offer for a module, and which places it looked at. It never opens an index; the
store does. Listings and MODULE lines are read once and remembered, for as long as the source lives.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Protocol

from symbolicate.errors import SymbolFileError, SymbolSourceError
from symbolicate.symbols import layout
from symbolicate.symbols.debug_files import DebugFiles, DebugFileSource, is_debug_file
from symbolicate.symbols.module_line import module_line
from symbolicate.symbols.resolution import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from symbolicate.symbols.resolution import Wanted

__all__ = ["DirectorySource", "FileSource", "Source", "is_denied", "is_no_symbol_file", "open_source"]


class Source(Protocol):
    """Something that may have the symbol file of a module."""

    def find(self, wanted: Wanted, tried: list[str]) -> Iterator[Place]:
        """Offer files for this module, the likeliest first; append each place looked at in vain to `tried`."""
        ...

    def search(self, text: str) -> Iterator[str]:
        """Every symbol file here whose id or debug file is `text`, ignoring case."""
        ...


class DirectorySource:
    """A folder: in Breakpad layout, or flat with `.sym` files in it, or with debug information files anywhere in it.

    Names are compared without case where the exact one is not there: stores are copied between systems that differ.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.fspath(root)
        self._lock = threading.Lock()
        self._listings: dict[str, dict[str, list[str]]] = {}
        self._flat: dict[str, list[Place]] | None = None
        self._denied: list[str] = []
        self._debug_files = DebugFiles(self.root)

    def __repr__(self) -> str:
        return f"DirectorySource({self.root!r})"

    def find(self, wanted: Wanted, tried: list[str]) -> Iterator[Place]:
        """Offer files in layout first, then others whose head names this build."""
        paths = layout.sym_paths(wanted.debug_file, wanted.debug_id)
        for parts in paths or layout.code_paths(wanted.code_file, wanted.code_id):
            found = False
            for path in self._matching(parts):
                found = True
                yield Place(path)
            if not found:
                path = os.path.join(self.root, *parts)
                tried.append(f"{path}{' (permission denied)' if is_denied(path) else ''}")
        if paths:
            named = layout.leaf(wanted.debug_file).lower()
            flat = self._flat_files().get(paths[0][1], [])
            if not flat:  # any of the unreadable ones may have been it
                tried.extend(f"{path} (permission denied)" for path in self._denied)
            # One id may be in several files, such as a library and its stripped twin: the same name goes first.
            yield from sorted(flat, key=lambda place: place.line is None or place.line.debug_file.lower() != named)
            yield from self._debug_files.find(wanted, tried)
        elif wanted.code_id:
            yield from self._of_image(wanted)

    def _of_image(self, wanted: Wanted) -> Iterator[Place]:
        """Files that name the image. A dump may know it by no debug id, such as one without CodeView records."""
        for name in layout.debug_files_of(wanted.code_file):
            for folder in self._listing(self.root).get(name, []):
                for path in self._below(os.path.join(self.root, folder)):
                    line = module_line(path)
                    if line is not None and wanted.is_of_image(line):
                        yield Place(path, line)
        for places in self._flat_files().values():
            yield from (place for place in places if place.line is not None and wanted.is_of_image(place.line))

    def search(self, text: str) -> Iterator[str]:
        """Every file under this folder whose id or debug file is `text`."""
        wanted = text.lower()
        for folder in self._names(self.root):
            by_name = folder.lower() == wanted
            inside = os.path.join(self.root, folder)
            for identifier in self._names(inside):
                if by_name or identifier.lower() == wanted:
                    yield from self._files(os.path.join(inside, identifier))
        for places in self._flat_files().values():
            yield from (place.path for place in places if place.line is not None and place.line.is_called(wanted))
        yield from self._debug_files.search(text)

    def _below(self, folder: str) -> Iterator[str]:
        """The symbol files of every id of one debug file."""
        for identifier in self._names(folder):
            yield from self._files(os.path.join(folder, identifier))

    def _files(self, folder: str) -> Iterator[str]:
        """The symbol files lying in a folder."""
        yield from (os.path.join(folder, name) for name in self._names(folder) if name.lower().endswith(".sym"))

    def _matching(self, parts: Sequence[str]) -> Iterator[str]:
        """Files at this path: exactly, or, only where there is none, in other case."""
        exact = os.path.join(self.root, *parts)
        if os.path.isfile(exact):
            yield exact
            return
        found = [self.root]
        for part in parts:
            found = [
                os.path.join(folder, name) for folder in found for name in self._listing(folder).get(part.lower(), [])
            ]
        yield from (path for path in found if os.path.isfile(path))

    def _listing(self, folder: str) -> dict[str, list[str]]:
        """The names in a folder by their lower case."""
        with self._lock:
            listing = self._listings.get(folder)
            if listing is None:
                listing = {}
                try:
                    for name in sorted(os.listdir(folder)):
                        listing.setdefault(name.lower(), []).append(name)
                except OSError:
                    pass  # no folder, no names
                self._listings[folder] = listing
            return listing

    def _names(self, folder: str) -> list[str]:
        return [name for names in self._listing(folder).values() for name in names]

    def _flat_files(self) -> dict[str, list[Place]]:
        """The symbol files lying in the folder itself, by their id."""
        files = list(self._files(self.root))
        with self._lock:
            if self._flat is None:
                self._flat = {}
                for path in files:
                    line = module_line(path) if os.path.isfile(path) else None
                    if line is not None:
                        self._flat.setdefault(line.debug_id, []).append(Place(path, line))
                    elif is_denied(path):
                        self._denied.append(path)
            return self._flat


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
        if self._line is not None and self._line.is_called(text.lower()):
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


def is_denied(path: str) -> bool:
    """Whether the file may not be read, or the folder it would be in not be searched."""
    try:
        os.stat(path)
    except PermissionError:
        return True
    except (OSError, ValueError):
        # Where a folder cannot be listed, names in other case are not found.
        return False
    return not os.access(path, os.R_OK)


def is_no_symbol_file(path: str) -> bool:
    """Whether it is a file of which nobody can tell whose symbols it has: it will not be used."""
    return os.path.isfile(path) and not is_debug_file(path) and module_line(path) is None
