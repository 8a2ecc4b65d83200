"""Parts of files on servers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Range"]


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
