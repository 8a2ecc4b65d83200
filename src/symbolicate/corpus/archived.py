"""What an archive of a batch may hold. Loaded for archives alone, with their readers."""

from __future__ import annotations

from symbolicate.symbols.archives import Limits

__all__ = ["ARCHIVE_LIMITS"]

ARCHIVE_LIMITS = Limits(unpacked_bytes=1 << 40, files=1_000_000)
"""The limits of an archive, or of a part of one."""
