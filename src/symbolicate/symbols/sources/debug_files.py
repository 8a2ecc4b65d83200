"""Debug information files as sources: found by the id in them, wherever they lie in a folder.

A search reads headers alone, once for each source, and only for a module that has no symbol file in the folder.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from symbolicate.symbols import ids
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.debug_files import TOO_MANY_FILES, best
from symbolicate.symbols.module_line import ModuleLine
from symbolicate.symbols.resolution import Offer
from symbolicate.symbols.sources.deprecated import FindMixin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate._native import DebugFile
    from symbolicate.symbols.resolution import Wanted

__all__ = ["DebugFileSource", "DebugFiles"]

# How many files of the same name and another id are named where the right one is not found.
_SIMILAR = 3
# Digits of an id before the age.
_GUID_DIGITS = 32


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

    def candidates(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        """Offer the files of this build; without one, name those of the same name that are of another build."""
        identifier = ids.debug_id(wanted.debug_id)
        if identifier is None:
            return
        known = self._all()
        named = wanted.debug_file.lower()
        others = [file for files in known.values() for file in files if file.name.lower() == named]
        if identifier not in known:
            for file in others[:_SIMILAR]:
                yield Candidate(file.path, self.root, "mismatched", file.debug_id or "")
            if self._is_cut:
                yield Candidate(self.root, self.root, "denied", TOO_MANY_FILES)
        yield from (_offer(file) for file in known.get(identifier, ()))

    def search(self, text: str) -> Iterator[str]:
        """Every file here whose id or name is `text`, ignoring case; an id may have dashes and no age."""
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


class DebugFileSource(FindMixin):
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

    @property
    def name(self) -> str:
        """The path of the file."""
        return self.path

    def candidates(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        """Offer the build of the module, else one of the same name so that a mismatch is reported."""
        offers = [_offer(file) for file in self._builds]
        right = [offer for offer in offers if offer.line is not None and wanted.is_of(offer.line)]
        if right:
            yield from right
            return
        named = [file for file in self._builds if file.name.lower() == wanted.debug_file.lower()]
        if named:
            yield _offer(named[0])
        else:
            yield Candidate(self.path, self.name, "missing")

    def search(self, text: str) -> Iterator[str]:
        """The file itself if it has this id or name."""
        if any(_is_called(file, text) for file in self._builds):
            yield self.path


def _offer(file: DebugFile) -> Offer:
    return Offer(file.path, ModuleLine(file.debug_id or "", file.name), file)


def _is_called(file: DebugFile, text: str) -> bool:
    if text.lower() == file.name.lower():
        return True
    identifier, wanted = file.debug_id, ids.debug_id(text)
    # A GUID without the age is that of a file of any age.
    same_guid = identifier is not None and text.replace("-", "").upper() == identifier[:_GUID_DIGITS]
    return same_guid or (wanted is not None and wanted == identifier)
