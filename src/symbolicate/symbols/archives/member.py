"""A file in an archive, before it is extracted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from symbolicate.symbols.archives.limits import Budget

__all__ = ["Member", "is_junk", "reported_name"]

_NAME_LENGTH = 1000
# Metadata files of Finder and others.
_JUNK = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")


class Member(Protocol):
    """A file in an archive. Each kind of archive has its own class; one is used before the next is requested."""

    @property
    def name(self) -> str:
        """Its name in the archive, with forward slashes; only to be reported."""
        ...

    @property
    def modified(self) -> float | None:
        """When it was last changed, in seconds since 1970, if the archive says so."""
        ...

    def head(self) -> bytes:
        """Its first bytes: `limits.HEAD`, or all that it has. Raises as `extract`."""
        ...

    def extract(self, target: str, budget: Budget) -> int:
        """Write it to a path; returns its size.

        Raises:
            MemberError: it is damaged, or cannot be read; the next file can be.
            BadArchiveError: the archive is damaged, or exceeds a limit.
            OSError: the path cannot be written.
        """
        ...


def is_junk(name: str) -> bool:
    """Whether a file only describes others to the system that wrote the archive."""
    return _JUNK.search(name) is not None


def reported_name(name: str) -> str:
    """A name in an archive, with forward slashes and of bounded length."""
    return name.replace("\\", "/").replace("\0", "")[:_NAME_LENGTH]
