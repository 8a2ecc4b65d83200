"""A drawing as bytes, made piece by piece, which ends at its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["DRAWING_BYTES", "drawn"]

DRAWING_BYTES = 10 << 20
"""What a drawing may have if its report has fewer bytes."""

# Enough to make few system calls, little enough to be no matter in memory.
_PIECE = 1 << 16


def drawn(lines: Iterable[str], limit: int) -> Iterator[bytes]:
    """The lines in UTF-8, some at a time.

    Lines are drawn when their turn comes, so that a drawing of megabytes is never in memory as a whole. One that would
    have more than `limit` bytes ends with a line that says so.
    """
    held = bytearray()
    left = limit
    for line in lines:
        encoded = line.encode("utf-8", "backslashreplace")
        if len(encoded) >= left:
            held += encoded[:left].decode("utf-8", "ignore").encode()
            held += f"\nShortened  the text ends here, after {limit:,} bytes; the JSON has all of the report\n".encode()
            break
        held += encoded
        held += b"\n"
        left -= len(encoded) + 1
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)
