"""How many bytes of requests may be held at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.service.errors import busy

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Inflight", "Share"]


class Inflight:
    """The bytes that all requests hold at a time: decompressed bodies and copies of them. Used by one event loop.

    Args:
        limit: how many bytes may be held.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0

    def share(self) -> Share:
        """A body's share, for a `with` statement, at whose end it is released."""
        return Share(self)


class Share:
    """The bytes that one body holds."""

    __slots__ = ("_inflight", "size")

    def __init__(self, inflight: Inflight) -> None:
        self._inflight = inflight
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._inflight.held -= self.size

    def take(self, size: int) -> None:
        """Hold `size` bytes more.

        Raises:
            RefusedError: the service is full; the client should try again later.
        """
        # A single body may always be read, however small the limit is.
        if self._inflight.held > self.size and self._inflight.held + size > self._inflight.limit:
            raise busy("too many requests are being read")
        self._inflight.held += size
        self.size += size
