"""Places that symbol files come from: a folder in Breakpad layout, a flat folder of files, a single file.

A source says which file it would offer for a module, and which places it looked at. It never opens an index; the
store does. Listings and MODULE lines are read once and remembered, for as long as the source lives.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Protocol

from symbolicate.errors import SymbolSourceError
from symbolicate.symbols import layout
from symbolicate.symbols.resolution import ModuleLine, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["DirectorySource", "FileSource", "Source", "module_line", "open_source"]

# A MODULE line is some sixty characters and a file name; whatever is longer is none.
_HEAD_BYTES = 4096


class Source(Protocol):
    """Something that may have the symbol file of a module."""

    def find(self, debug_file: str, debug_id: str, tried: list[str]) -> Iterator[Place]:
        """Offer files for this module, the likeliest first; append each place looked at in vain to `tried`."""
        ...

    def search(self, text: str) -> Iterator[str]:
        """Every symbol file here whose id or debug file is `text`, ignoring case."""
        ...


def module_line(path: str) -> ModuleLine | None:
    """Read the MODULE line of a file; None if it does not begin with one or cannot be read."""
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return None
    line = head.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n").split(b"\n", 1)[0]
    fields = line.decode("utf-8", "replace").split(None, 4)
    if len(fields) < 5 or fields[0] != "MODULE":  # noqa: PLR2004 - MODULE os arch id name
        return None
    identifier = layout.debug_id(fields[3])
    return None if identifier is None else ModuleLine(identifier, layout.leaf(fields[4].strip()))


def is_named(line: ModuleLine | None, wanted: str) -> bool:
    """Whether a MODULE line has this id or debug file, given in lower case."""
    return line is not None and wanted in {line.debug_id.lower(), line.debug_file.lower()}


class DirectorySource:
    """A folder: in Breakpad layout, or flat with `.sym` files in it, or both.

    Names are compared without case where the exact one is not there: stores are copied between systems that differ.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.fspath(root)
        self._lock = threading.Lock()
        self._listings: dict[str, dict[str, list[str]]] = {}
        self._flat: dict[str, list[Place]] | None = None

    def __repr__(self) -> str:
        return f"DirectorySource({self.root!r})"

    def find(self, debug_file: str, debug_id: str, tried: list[str]) -> Iterator[Place]:
        """Offer files in layout first, then flat ones with this id in their MODULE line."""
        paths = layout.sym_paths(debug_file, debug_id)
        for parts in paths:
            found = False
            for path in self._matching(parts):
                found = True
                yield Place(path)
            if not found:
                tried.append(os.path.join(self.root, *parts))
        if paths:
            known = paths[0][1]
            named = layout.leaf(debug_file).lower()
            flat = self._flat_files().get(known, [])
            # One id may be in several files, such as a library and its stripped twin: the same name goes first.
            yield from sorted(flat, key=lambda place: place.line is None or place.line.debug_file.lower() != named)

    def search(self, text: str) -> Iterator[str]:
        """Every file under this folder whose id or debug file is `text`."""
        wanted = text.lower()
        for folder in self._names(self.root):
            by_name = folder.lower() == wanted
            inside = os.path.join(self.root, folder)
            for identifier in self._names(inside):
                if by_name or identifier.lower() == wanted:
                    deeper = os.path.join(inside, identifier)
                    yield from (
                        os.path.join(deeper, file) for file in self._names(deeper) if file.lower().endswith(".sym")
                    )
        for places in self._flat_files().values():
            yield from (place.path for place in places if is_named(place.line, wanted))

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
        names = self._names(self.root)
        with self._lock:
            if self._flat is None:
                self._flat = {}
                for name in names:
                    if not name.lower().endswith(".sym"):
                        continue
                    path = os.path.join(self.root, name)
                    line = module_line(path) if os.path.isfile(path) else None
                    if line is not None:
                        self._flat.setdefault(line.debug_id, []).append(Place(path, line))
            return self._flat


class FileSource:
    """One symbol file, for the module that its MODULE line names."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._line = module_line(self.path)

    def __repr__(self) -> str:
        return f"FileSource({self.path!r})"

    def find(self, debug_file: str, debug_id: str, tried: list[str]) -> Iterator[Place]:
        """Offer the file if the id is the same, and for a module of the same name so that a mismatch is told."""
        line = self._line
        known = layout.debug_id(debug_id)
        named = layout.leaf(debug_file).lower()
        if line is not None and known is not None and (line.debug_id == known or line.debug_file.lower() == named):
            yield Place(self.path, line)
            return
        tried.append(self.path)

    def search(self, text: str) -> Iterator[str]:
        """The file itself if it is the one."""
        if is_named(self._line, text.lower()):
            yield self.path


def open_source(place: str | os.PathLike[str]) -> Source:
    """The source that a path stands for.

    Raises:
        SymbolSourceError: it is no path that exists, or an address on the network.
    """
    path = os.fspath(place)
    if "://" in path:
        raise SymbolSourceError(f"symbols from an address on the network are not supported yet: {path}")
    if os.path.isdir(path):
        return DirectorySource(path)
    if os.path.isfile(path):
        return FileSource(path)
    raise SymbolSourceError(f"no such folder or symbol file: {path}")
