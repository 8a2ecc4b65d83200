"""The files below a folder, for a batch: links to folders are followed, and what cannot be read becomes an entry."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from symbolicate.corpus.entries import Entry, kind_of
from symbolicate.errors import InputNotFoundError
from symbolicate.symbols.archives.member import is_junk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    _Id = tuple[int, int]

__all__ = ["entry_of", "files_below"]

_KINDS = {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}


def entry_of(path: str) -> Entry:
    """The entry of a path that is not a folder. A pipe is not opened: it would wait for a writer."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return Entry.of(path, error="no such file", kind=kind_of(InputNotFoundError))
    except (OSError, ValueError) as error:
        return Entry.of(path, error=_reason(error))
    if not stat.S_ISREG(found.st_mode):
        return Entry.of(path, error=f"is a {_KINDS.get(stat.S_IFMT(found.st_mode), 'folder')}, not a file")
    return Entry.of(path, found.st_size)


def files_below(folder: str, skipped: AbstractSet[_Id] = frozenset()) -> Iterator[Entry]:
    """Every file below a folder in the order of their names, those of the folder itself before those of its folders.

    A link to a folder is followed; one that leads back to a folder which contains it is an entry with an error. A
    folder that was listed before, by another link, is not listed again: a few nested folders with several links each
    have more paths than any number of files. Metadata files of Finder and others are left out.

    Args:
        folder: the folder.
        skipped: device and inode of files and folders that are left out, such as the output.
    """
    skipped_inodes = {inode for _, inode in skipped}
    waiting: list[tuple[str, tuple[_Id, ...]]] = [(folder, ())]
    listed: set[_Id] = set()
    while waiting:
        here, above = waiting.pop()
        try:
            own = _id(os.stat(here))
            if own in above:
                yield Entry.of(here, error="is a link to a folder that contains it")
                continue
            if own in listed or own in skipped:
                continue
            listed.add(own)
            with os.scandir(here) as found:
                children = sorted(found, key=lambda child: child.name)
        except OSError as error:
            yield Entry.of(here, error=_reason(error))
            continue
        folders = []
        for child in children:
            if _is_folder(child):
                folders.append((child.path, (*above, own)))
            elif not (is_junk(child.name) or (child.inode() in skipped_inodes and _is_in(child, skipped))):
                yield entry_of(child.path)
        del children
        waiting += reversed(folders)


def _is_folder(child: os.DirEntry[str]) -> bool:
    try:
        return child.is_dir()
    except OSError:  # a link that leads to itself, or a folder that was removed meanwhile
        return False


def _is_in(child: os.DirEntry[str], skipped: AbstractSet[_Id]) -> bool:
    return _id(child.stat()) in skipped


def _id(found: os.stat_result) -> _Id:
    return found.st_dev, found.st_ino


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
