"""Trimming a store: what nobody has used for long goes, least recently used first.

An index, and a text made from a debug file, is made again when it is wanted, so trimming costs time and no answers.
Symbol files that were added are somebody's only copy perhaps: they go only when asked for.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbolicate.symbols.walk import files_below

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Trimmed", "Unused", "trim", "unused"]

_ABANDONED = 24 * 3600.0  # seconds after which a file under a temporary name belongs to nobody


@dataclass(frozen=True, slots=True)
class Unused:
    """A file of a store.

    Attributes:
        path: where it lies.
        size: bytes.
        used: when it was last read or written, seconds since 1970; on volumes that note no reading, when written.
        kind: `index`, `converted` for texts made from debug files, `symbols` for files that were added, or `temporary`
            for what an interrupted process left.
    """

    path: str
    size: int
    used: float
    kind: str


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What was removed, or would be: the files; what could not be removed, with its reason; the bytes that are left."""

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
    """Remove what is not worth its place in a store.

    Temporary files that were abandoned always go. A process that has an index mapped keeps it until it ends.

    Args:
        store: the store's folder.
        unused_for: seconds; indexes and converted texts (and symbol files, if `symbols`) not used for longer go.
        max_size: bytes; of what may go, the least recently used go until the store holds no more than that.
        symbols: symbol files that were added may go, too.
        dry_run: say what would go and remove nothing.
        now: the time, seconds since 1970.
    """
    now = time.time() if now is None else now
    files = sorted(unused(store), key=lambda file: file.used)
    size = sum(file.size for file in files)
    removed: list[Unused] = []
    refused: list[tuple[str, str]] = []
    for file in files:
        old = now - file.used
        if file.kind == "temporary":
            goes = old > _ABANDONED
        elif file.kind == "symbols" and not symbols:
            goes = False
        else:
            goes = (unused_for is not None and old > unused_for) or (max_size is not None and size > max_size)
        if not goes:
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
        ("index", "index", ".syx"),
        ("converted", "converted", (".sym", ".syx")),
        ("symbols", "symbols", ""),
    ):
        for path in files_below(os.path.join(store, folder)):
            try:
                found = os.lstat(path)
            except OSError:
                continue  # gone meanwhile
            if not stat.S_ISREG(found.st_mode):
                continue
            name = os.path.basename(path)
            whose = kind if name.endswith(suffix) and not name.startswith(".") else "temporary"
            yield Unused(path, found.st_size, max(found.st_atime, found.st_mtime), whose)


def _remove_empty(folder: str, store: str) -> None:
    """Remove a folder and those above it, up to the store's own, as far as they are empty."""
    while len(folder) > len(store) + 1 and os.path.dirname(folder) != store:
        try:
            os.rmdir(folder)
        except OSError:
            return
        folder = os.path.dirname(folder)
