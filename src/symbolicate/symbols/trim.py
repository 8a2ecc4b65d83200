"""Trimming a store: files are removed, least recently used first.

Indexes and texts converted from debug files are made again when they are needed, and files of servers fetched again, so
that trimming costs time but no results. Added symbol files may be the only copy: they are removed only on request.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbolicate.symbols.fetching.fetcher import FOLDER as FETCHED
from symbolicate.symbols.fetching.partial import UNFINISHED
from symbolicate.symbols.in_use import is_abandoned
from symbolicate.symbols.layouts import local_store
from symbolicate.symbols.walk import files_below

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Trimmed", "Unused", "trim", "unused"]

_CONVERTED = (local_store.TEXT, local_store.INDEX, local_store.UNWIND, local_store.FIRST_USE)
_ABANDONED = 24 * 3600.0  # seconds after which a file under a temporary name counts as left behind


@dataclass(frozen=True, slots=True)
class Unused:
    """A file of a store.

    Attributes:
        path: its path.
        size: bytes.
        used: when it was last read or written, seconds since 1970; on volumes without access times, when written.
        kind: `index`, `converted` for what is made from debug files, `symbols` for added files, `fetched` for what is
            from servers, or `temporary` for what an interrupted process left behind.
    """

    path: str
    size: int
    used: float
    kind: str


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The files that were, or would be, removed; those that could not be, with the reason; the bytes that remain."""

    removed: tuple[Unused, ...]
    refused: tuple[tuple[str, str], ...]
    left: int


def trim(
    store: str,
    *,
    unused_for: float | None = None,
    max_size: int | None = None,
    symbols: bool = False,
    dry_run: bool = False,
    now: float | None = None,
) -> Trimmed:
    """Remove files from a store by age and size.

    Temporary files that were left behind are always removed: those of archives when their process has ended, others
    after a day. A process that has an index mapped can use it until the process ends.

    Args:
        store: the store's folder.
        unused_for: seconds; indexes and converted texts (and symbol files, if `symbols`) unused for longer are removed.
        max_size: bytes; the least recently used files are removed until the store is no larger.
        symbols: added symbol files may be removed, too.
        dry_run: report what would be removed and remove nothing.
        now: the time, seconds since 1970.
    """
    now = time.time() if now is None else now
    files = sorted(unused(store), key=lambda file: file.used)
    size = sum(file.size for file in files)
    removed: list[Unused] = []
    refused: list[tuple[str, str]] = []
    abandoned = tuple(_abandoned(local_store.StorePaths(store).unpacking))
    for file in files:
        old = now - file.used
        if file.kind == "temporary":
            is_removable = old > _ABANDONED or file.path.startswith(abandoned)
        elif file.kind == "symbols" and not symbols:
            is_removable = False
        else:
            is_removable = (unused_for is not None and old > unused_for) or (max_size is not None and size > max_size)
        if not is_removable:
            continue
        try:
            if not dry_run:
                os.unlink(file.path)
        except OSError as error:
            refused.append((file.path, (error.strerror or str(error)).lower()))
            continue
        removed.append(file)
        size -= file.size
    if not dry_run:
        for file in removed:
            _remove_empty(os.path.dirname(file.path), store)
    return Trimmed(tuple(removed), tuple(refused), size)


def unused(store: str) -> Iterator[Unused]:
    """Every file of a store's own folders; links are not followed, other files are left alone."""
    for folder, kind, suffix in (
        (local_store.INDEXES, "index", local_store.INDEX),
        (local_store.CONVERTED, "converted", _CONVERTED),
        (local_store.SYMBOLS, "symbols", ""),
        (local_store.ADDED_UNWIND, "symbols", local_store.UNWIND),
        (FETCHED, "fetched", ""),
        (local_store.UNPACKING, "temporary", ""),
    ):
        for path in files_below(os.path.join(store, folder)):
            try:
                found = os.lstat(path)
            except OSError:
                continue  # removed meanwhile
            if not stat.S_ISREG(found.st_mode):
                continue
            name = os.path.basename(path)
            is_whole = name.endswith(suffix) and not name.startswith(".") and not name.endswith(UNFINISHED)
            whose = kind if is_whole else "temporary"
            yield Unused(path, found.st_size, max(found.st_atime, found.st_mtime), whose)


def _abandoned(unpacking: str) -> Iterator[str]:
    """How the paths begin of temporary files of archives whose process has ended."""
    try:
        folders = [entry.path for entry in os.scandir(unpacking) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    yield from (os.path.join(folder, "") for folder in folders if is_abandoned(folder))


def _remove_empty(folder: str, store: str) -> None:
    """Remove a folder and those above it, up to the store's own, as far as they are empty."""
    while len(folder) > len(store) + 1 and os.path.dirname(folder) != store:
        try:
            os.rmdir(folder)
        except OSError:
            return
        folder = os.path.dirname(folder)
