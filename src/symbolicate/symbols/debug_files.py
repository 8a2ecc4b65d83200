"""Debug information files, such as dSYM bundles: found by the id in them, wherever they lie in a folder.

A search reads headers alone, once for each source, and only when a module is wanted that no symbol file is there for.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from symbolicate.errors import SymbolFileError
from symbolicate.symbols import layout
from symbolicate.symbols.module_line import ModuleLine
from symbolicate.symbols.resolution import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate._native import DebugFile
    from symbolicate.symbols.resolution import Wanted

__all__ = ["TOO_MANY_FILES", "DebugFileSource", "DebugFiles", "addable", "best", "is_debug_file", "is_uuid", "losses"]

TOO_MANY_FILES = "too many files to look at each for debug information"
"""What is said of a folder in which only some names were looked at."""

# The first four bytes of thin and fat Mach-O files, of either byte order.
_MAGICS = frozenset(
    bytes.fromhex(magic) for magic in ("feedface", "cefaedfe", "feedfacf", "cffaedfe", "cafebabe", "cafebabf")
)
# A UUID and the age 0.
_UUID_DIGITS = 33
# How many files of the same name and another id are named where the right one is not found.
_SIMILAR = 3


def is_uuid(identifier: str) -> bool:
    """Whether a debug id may be that of a Mach-O file: a UUID and the age 0."""
    return len(identifier) == _UUID_DIGITS and identifier.endswith("0")


def is_debug_file(path: str) -> bool:
    """Whether a file begins as a Mach-O file does."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return file.read(4) in _MAGICS
    except OSError:
        return False


def best(files: Iterable[DebugFile]) -> list[DebugFile]:
    """Those with an id, the one that tells most first: an image and its dSYM have the same id."""
    usable = (file for file in files if file.debug_id is not None)
    return sorted(usable, key=lambda file: (not file.has_dwarf, file.kind != "dSYM", not file.has_symbols, file.path))


def losses(lost: tuple[int, int], refused_slices: int = 0) -> tuple[str, ...]:
    """What a conversion says about what is missing in its text, each in a clause.

    Args:
        lost: how many parts of the file could not be read, and how many exceed a limit.
        refused_slices: how many slices of it are not read.
    """
    unread, left_out = lost
    counted = (
        (unread, "damaged"),
        (left_out, "left out or shortened: beyond a limit"),
    )
    parts = [f"{count:,} part{'' if count == 1 else 's'} {what}" for count, what in counted if count]
    if refused_slices:
        slices = f"{refused_slices:,} slice{'' if refused_slices == 1 else 's'}"
        parts.append(f"{slices} not read: damaged, or overlapping others")
    return tuple(parts)


class DebugFiles:
    """The debug information files below a folder, by their ids. May be used by many threads.

    Args:
        root: the folder.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._by_id: dict[str, list[DebugFile]] | None = None
        self._is_cut = False

    def find(self, wanted: Wanted, tried: list[str]) -> Iterator[Place]:
        """Offer the files of this build; append those that only have its name to `tried`."""
        identifier = layout.debug_id(wanted.debug_id)
        if identifier is None or not is_uuid(identifier):
            return
        known = self._all()
        named = wanted.debug_file.lower()
        others = [file for files in known.values() for file in files if file.name.lower() == named]
        if identifier not in known:
            tried.extend(f"{file.path} (is of {file.debug_id})" for file in others[:_SIMILAR])
            if self._is_cut:
                tried.append(f"{self.root} ({TOO_MANY_FILES})")
        yield from (_place(file) for file in known.get(identifier, ()))

    def search(self, text: str) -> Iterator[str]:
        """Every file here whose id or name is `text`, ignoring case; a UUID may have dashes and no age."""
        for files in self._all().values():
            yield from (file.path for file in files if _is_called(file, text))

    def _all(self) -> dict[str, list[DebugFile]]:
        from symbolicate._native import find_debug_files

        with self._lock:
            if self._by_id is None:
                self._by_id = {}
                files, self._is_cut = find_debug_files(self.root)
                for file in best(files):
                    self._by_id.setdefault(file.debug_id or "", []).append(file)
            return self._by_id


class DebugFileSource:
    """One debug information file, for the modules whose ids are in it.

    Raises:
        SymbolFileError: its headers are damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        from symbolicate._native import debug_files

        self.path = os.fspath(path)
        self._builds = best(debug_files(self.path))

    def __repr__(self) -> str:
        return f"DebugFileSource({self.path!r})"

    def find(self, wanted: Wanted, tried: list[str]) -> Iterator[Place]:
        """Offer the build that is wanted, and one of the same name so that a mismatch is told."""
        places = [_place(file) for file in self._builds]
        right = [place for place in places if place.line is not None and wanted.is_of(place.line)]
        if right:
            yield from right
            return
        named = [file for file in self._builds if file.name.lower() == wanted.debug_file.lower()]
        if named:
            yield _place(named[0])
        else:
            tried.append(self.path)

    def search(self, text: str) -> Iterator[str]:
        """The file itself if it is the one."""
        if any(_is_called(file, text) for file in self._builds):
            yield self.path


def _place(file: DebugFile) -> Place:
    return Place(file.path, ModuleLine(file.debug_id or "", file.name), file)


def _is_called(file: DebugFile, text: str) -> bool:
    wanted = text.lower()
    identifier = (file.debug_id or "").lower()
    return wanted == file.name.lower() or wanted.replace("-", "") in {identifier, identifier[:-1]}


def addable(path: str, builds: Iterable[DebugFile]) -> list[DebugFile]:
    """Those of the builds in a file, or below a folder, that can be added to a store, the one that tells most first.

    Raises:
        SymbolFileError: there is none.
    """
    builds = list(builds)
    if not builds:
        raise SymbolFileError(f"{path}: neither a symbol file nor a Mach-O file")
    known = best(builds)
    if not known:
        raise SymbolFileError(f"{path}: no LC_UUID in it, so that no crash can be of it")
    usable = [file for file in known if file.has_dwarf or file.has_symbols]
    if not usable:
        raise SymbolFileError(f"{path}: no symbol records")
    return usable
