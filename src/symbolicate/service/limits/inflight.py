"""How many bytes of requests may be held at a time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from symbolicate.service.errors import busy

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Inflight", "Share"]


class Inflight:
    """The bytes that all requests hold at a time: decompressed bodies and copies of them. Used by one event loop.

    Args:
        limit: how many bytes may be held.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """A body's share, released at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self.held -= share.size


class Share:
    """The bytes that one body holds."""

    def __init__(self, inflight: Inflight) -> None:
        self._inflight = inflight
        self.size = 0

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
