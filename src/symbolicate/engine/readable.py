"""What an object must have to be read as a crash."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ["Readable"]


@runtime_checkable
class Readable(Protocol):
    """A file opened in binary mode, an `io.BytesIO`, a response: any object that returns its bytes at once."""

    def read(self) -> bytes:
        """All remaining bytes."""
        ...
