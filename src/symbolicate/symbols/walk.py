"""The files below a folder, however deep they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["files_below"]


def files_below(folder: str, refused: Callable[[OSError], object] = lambda _: None) -> Iterator[str]:
    """Every file below a folder, the folder's own first, in the order of their names.

    Links to folders are not followed. Until Python 3.12 `os.walk` recurses, so that a thousand nested folders exceed
    its limit; here the depth is unlimited, and a path too long for the system is refused like a folder without access.

    Args:
        folder: the folder to list; if it is a link, it is followed.
        refused: called with the error of each folder that cannot be read.
    """
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            refused(error)
            continue
        folders = []
        for entry in entries:
            if _is_folder(entry):
                folders.append(entry.path)
            elif not entry.is_symlink() or not os.path.isdir(entry.path):
                yield entry.path
        waiting += reversed(folders)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False  # removed meanwhile
