"""Errors of uploads of symbols."""

from __future__ import annotations

from symbolicate.errors import SymbolicateError

__all__ = ["BadArchiveError"]


class BadArchiveError(SymbolicateError, ValueError):
    """An upload cannot be extracted. The message states why, and names the file in it."""
