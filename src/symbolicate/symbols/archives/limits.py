"""What an archive may hold; what is left of it while it is extracted."""

from __future__ import annotations

import errno
import time
from dataclasses import dataclass

from symbolicate.errors import ArchiveLimitError, SymbolicateError

__all__ = [
    "CHUNK",
    "HEAD",
    "LZMA_MEMORY",
    "TOO_LONG",
    "BadArchiveError",
    "Budget",
    "LimitError",
    "Limits",
    "MemberError",
    "damage",
    "most_of",
]

CHUNK = 1024 * 1024
"""Bytes that are extracted at a time."""
HEAD = 512
"""Bytes of a file by which it is recognised."""
LZMA_MEMORY = 1 << 30
"""Bytes for the dictionary of an LZMA stream: that of the highest level of xz needs a tenth of it."""
TOO_LONG = "the archive takes longer to unpack than it may"
"""Why no more of an archive is extracted when its time is over."""

# The largest ratio of extracted to compressed bytes; the limit of deflate itself is 1032.
_RATIO = 1100


class BadArchiveError(SymbolicateError, ValueError):
    """An archive cannot be extracted. The message states why, and names the file in it."""


class MemberError(BadArchiveError):
    """A file in an archive cannot be extracted, but the others can. The message does not name it."""


class LimitError(BadArchiveError):
    """An archive exceeds a limit, so that nothing more of it is extracted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold, together with the archives in it.

    Attributes:
        unpacked_bytes: the largest total size of its files.
        files: the largest number of its files.
        depth: how many archives may be in each other, the outer one included.
        ends: until when it is extracted, see `time.monotonic`.
    """

    unpacked_bytes: int = 64 << 30
    files: int = 200_000
    depth: int = 4
    ends: float = float("inf")


class Budget:
    """What an archive may still hold.

    Args:
        limits: what it may hold.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._files = 0
        self._left = limits.unpacked_bytes

    @property
    def left(self) -> int:
        """Bytes that may still be extracted."""
        return self._left

    @property
    def ends(self) -> float:
        """Until when it may be extracted, see `time.monotonic`."""
        return self._limits.ends

    def count_file(self) -> None:
        """Count a file.

        Raises:
            LimitError: there are too many.
        """
        self._files += 1
        if self._files > self._limits.files:
            raise LimitError(f"the archive holds more than {self._limits.files} files")

    @property
    def files_left(self) -> int:
        """Files that may still be extracted."""
        return self._limits.files - self._files

    def expect_files(self, count: int) -> None:
        """Check the number of files in an archive before they are listed; none is counted.

        Raises:
            LimitError: there are too many.
        """
        if count > self.files_left:
            raise LimitError(f"the archive holds more than {self._limits.files} files")

    def take(self, size: int, name: str) -> None:
        """Count extracted bytes.

        Raises:
            LimitError: there are too many, or it takes too long.
        """
        if time.monotonic() >= self._limits.ends:
            raise LimitError(f"{name}: takes longer to unpack than it may")
        self._left -= size
        if self._left < 0:
            raise LimitError(f"{name}: unpacks to more than it may")


def most_of(compressed: int) -> int:
    """The largest size that so many compressed bytes may extract to."""
    return compressed * _RATIO + CHUNK


def damage(error: Exception, member: str = "") -> Exception:
    """The error to raise for one of a library that reads an archive: those of the disk stay as they are.

    Args:
        error: what the library raised.
        member: the file that it was reading, if the others do not need its bytes.
    """
    if isinstance(error, ArchiveLimitError):
        return LimitError(f"{member or 'the archive'}: {error}")
    # Offsets before the file raise EINVAL; damage that a library reports as an OSError has no number.
    if isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}:
        return error
    reason = str(error)
    if isinstance(error, (OSError, EOFError)):
        # The message, if there is one, is about numbers of the format.
        reason = "it is cut short or damaged"
    elif isinstance(error, UnicodeDecodeError):
        reason = "a name in it is not UTF-8"
    return (
        MemberError(f"cannot be read: {reason}") if member else BadArchiveError(f"the archive cannot be read: {reason}")
    )
