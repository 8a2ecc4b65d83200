"""A file that is being fetched: the bytes that came, and the version of the file that they are of."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbolicate.symbols.fetching.failure import FetchError

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["PART", "TAG", "TAG_LENGTH", "UNFINISHED", "Partial"]

PART, TAG = ".part", ".part.tag"
"""The suffixes of the bytes and of the version."""
UNFINISHED = (PART, TAG)
"""The suffixes of what a fetch that was interrupted leaves, so that the next one can go on."""
TAG_LENGTH = 256
"""Characters of a version, at most."""


@dataclass(frozen=True, slots=True)
class Partial:
    """A file that is being fetched, locked by whoever has this object.

    Attributes:
        stream: its bytes, to be written on at the end.
        path: its path.
        limit: the largest size.
    """

    stream: BinaryIO
    path: str
    limit: int

    @property
    def size(self) -> int:
        """How many bytes came."""
        return self.stream.seek(0, os.SEEK_END)

    @property
    def tag(self) -> str:
        """The version of the file that the bytes are of; empty if it is unknown, so that they cannot be resumed."""
        try:
            with open(self._tag_path, encoding="ascii", errors="replace") as file:
                return file.read(TAG_LENGTH)
        except OSError:
            return ""

    def restart(self, tag: str = "") -> None:
        """Forget the bytes; those that follow are of this version."""
        self.stream.seek(0)
        self.stream.truncate()
        if tag:
            with open(self._tag_path, "w", encoding="ascii", errors="replace") as file:
                file.write(tag[:TAG_LENGTH])
        else:
            self._drop_tag()

    def expect(self, size: int) -> None:
        """Check the size that the whole file will have.

        Raises:
            FetchError: it is beyond the limit.
        """
        if size > self.limit:
            self.restart()
            raise FetchError("denied", f"larger than {self.limit:,} bytes", 3600.0)

    def append(self, data: bytes | memoryview) -> None:
        """Write the next bytes.

        Raises:
            FetchError: the file is beyond the limit.
        """
        self.expect(self.stream.tell() + len(data))
        self.stream.write(data)

    def discard(self) -> None:
        """Remove the file."""
        with contextlib.suppress(OSError):
            os.unlink(self.path)
        self._drop_tag()

    def move(self, path: str) -> None:
        """Give the file its name; it must be complete."""
        self.stream.flush()
        os.replace(self.path, path)
        self._drop_tag()

    @property
    def _tag_path(self) -> str:
        return self.path.removesuffix(PART) + TAG

    def _drop_tag(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._tag_path)
