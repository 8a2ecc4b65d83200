"""What can be wrong with an upload of symbols."""

from __future__ import annotations

from symbolicate.errors import SymbolicateError

__all__ = ["BadArchiveError"]


class BadArchiveError(SymbolicateError, ValueError):
    """An upload cannot be taken apart. Its message says why, and names the file in it."""
