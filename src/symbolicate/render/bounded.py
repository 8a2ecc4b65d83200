"""A rendered report as bytes, piece by piece, with a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["RENDERED_BYTES", "bounded"]

RENDERED_BYTES = 10 << 20
"""The limit of a rendered report, unless its JSON is larger."""

# Bytes of a piece: large enough for few system calls, small in memory.
_PIECE = 1 << 16


def bounded(lines: Iterable[str], limit: int) -> Iterator[bytes]:
    """The lines in UTF-8, some at a time.

    Lines are made when their turn comes, so that a text of megabytes is never in memory as a whole. A text of more than
    `limit` bytes is cut there, and a last line reports it.
    """
    held = bytearray()
    left = limit
    for line in lines:
        encoded = line.encode("utf-8", "backslashreplace")
        if len(encoded) >= left:
            held += encoded[:left].decode("utf-8", "ignore").encode()
            held += f"\nShortened  the text ends here, after {limit:,} bytes; the JSON has the whole report\n".encode()
            break
        held += encoded
        held += b"\n"
        left -= len(encoded) + 1
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)
