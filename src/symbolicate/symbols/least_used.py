"""Keeps files that can be fetched again within a size, least recently used first."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["remove_least_used"]

# Files that were used in this time are not removed: a process may be about to open them.
_SPARED_SECONDS = 600.0


def remove_least_used(paths: Iterable[str], limit: int) -> list[str]:
    """Remove the least recently used files until the others are within a limit; files used just now are kept.

    Args:
        paths: all files that count; those that another process removes meanwhile are skipped.
        limit: bytes of all of them together.

    Returns:
        The paths that were removed.
    """
    found: list[tuple[float, int, str]] = []
    for path in paths:
        try:
            about = os.lstat(path)
        except OSError:
            continue
        found.append((max(about.st_atime, about.st_mtime), about.st_size, path))
    size, newest = sum(one for _, one, _ in found), time.time() - _SPARED_SECONDS
    removed: list[str] = []
    for used, bytes_, path in sorted(found):
        if size <= limit or used > newest:
            break
        try:
            os.unlink(path)
        except OSError:
            continue
        removed.append(path)
        size -= bytes_
    return removed
