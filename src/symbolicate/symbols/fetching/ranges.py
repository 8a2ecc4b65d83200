"""Parts of files on servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["HEAD", "Range", "side_by_side"]

HEAD = 256 << 10
"""Bytes that are fetched first of a file that may be read in part; a smaller file is there with one request."""

_AT_A_TIME = 8


@dataclass(frozen=True, slots=True)
class Range:
    """A part of a file on a server.

    Attributes:
        data: its bytes; fewer than asked for only at the end of the file.
        size: the size of the whole file.
        tag: what identifies this version of the file; give it with the next range. Empty if the server has none.
    """

    data: bytes
    size: int
    tag: str = ""


def side_by_side(wanted: Sequence[tuple[int, int]], fetch: Callable[[int, int], Range]) -> list[Range]:
    """Ranges, each by one request, some at a time.

    Args:
        wanted: offset and length of each.
        fetch: fetches one; what it raises is raised.
    """
    from concurrent.futures import ThreadPoolExecutor

    if len(wanted) == 1:
        return [fetch(*wanted[0])]
    with ThreadPoolExecutor(min(_AT_A_TIME, max(len(wanted), 1)), "symbols-ranges") as pool:
        return list(pool.map(lambda one: fetch(*one), wanted))
