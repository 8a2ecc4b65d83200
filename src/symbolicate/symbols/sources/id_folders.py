"""The folders of a tree in Breakpad layout by their ids: `<any name>/<ID>`, and `<ID>` directly below the root.

A symbol file is found by its id although the tree has it under another name than the dump. The tree is listed once, two
levels deep and up to a number of entries; no file is opened. In the unlisted rest of a larger tree, an id is looked up
below each name, at a system call per name.
"""

from __future__ import annotations

import os

from symbolicate.locks import Lock
from symbolicate.symbols import ids

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["IdFolders"]

# Listing so many entries takes a tenth of a second and some 40 MB.
_LISTED = 1 << 18
# A GUID and an age of one digit.
_USUAL = 33


class IdFolders:
    """Finds the folders of an id. May be used by many threads.

    Args:
        root: the tree.
        limit: how many entries are listed.
    """

    def __init__(self, root: str, limit: int = _LISTED) -> None:
        self._root = root
        self._limit = limit
        self._lock = Lock()
        self._listed: dict[str, list[tuple[str, str]]] | None = None
        self._unlisted: list[str] = []

    def find(self, identifier: str) -> Iterator[tuple[str, str]]:
        """The folders of a debug id or a code id, each with the name of the folder that it is in; empty for the root.

        Ids are compared without case, and without leading zeros of an age.
        """
        known = ids.debug_id(identifier)
        if known is None:
            return
        yield from (self._place(found) for found in self._all().get(known.lower(), ()))
        for name in self._unlisted:
            for spelling in dict.fromkeys((known, known.upper(), known.lower(), identifier)):
                folder = os.path.join(self._root, name, spelling)
                if os.path.isdir(folder):
                    yield name, folder
                    break

    def folders(self) -> Iterator[str]:
        """Every folder that was listed."""
        for places in self._all().values():
            yield from (self._place(found)[1] for found in places)

    def _place(self, found: tuple[str, str]) -> tuple[str, str]:
        name, identifier = found
        return name, os.path.join(self._root, name, identifier)

    def _all(self) -> dict[str, list[tuple[str, str]]]:
        with self._lock:
            if self._listed is None:
                self._listed = self._list()
            return self._listed

    def _list(self) -> dict[str, list[tuple[str, str]]]:
        listed: dict[str, list[tuple[str, str]]] = {}
        left = self._limit
        for name in _folders(self._root):
            if key := _key(name):
                listed.setdefault(key, []).append(("", name))
            entries = _names(os.path.join(self._root, name)) if left > 0 else []
            left -= len(entries) + 1
            if left < 0:
                self._unlisted.append(name)
                continue
            for entry in entries:
                # Most are ids in the usual spelling, which are not checked.
                key = entry.lower() if len(entry) == _USUAL else _key(entry)
                if key:
                    listed.setdefault(key, []).append((name, entry))
        return listed


def _key(entry: str) -> str:
    """What an id is compared by; empty for a name that is not an id."""
    return (ids.debug_id(entry) or "").lower()


def _names(folder: str) -> list[str]:
    """The names in a folder. Listing them is twice as quick as scanning, which makes an object for each."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _folders(root: str) -> list[str]:
    """The names of the folders in a folder, in order."""
    try:
        with os.scandir(root) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except OSError:
        return []
