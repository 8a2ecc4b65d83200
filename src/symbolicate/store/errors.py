"""Errors of the store that are not bugs.

SymbolicateError
├── StoreUnavailable    the database or the blob store is not available now; the call may be repeated
│   └── StoreFull       because their disk is full
├── NotFound            what was asked for does not exist
├── Conflict            the object's state does not allow the operation
└── StoreUrlError       (ValueError) the URL of the database or of the blobs is invalid
"""

from __future__ import annotations

from symbolicate.errors import SymbolicateError

__all__ = ["Conflict", "NotFound", "StoreFull", "StoreUnavailable", "StoreUrlError"]


class StoreUnavailable(SymbolicateError):  # noqa: N818 - it describes a state
    """The database or the blob store is down, full or locked. Nothing was done, or it is safe to do it again."""


class StoreFull(StoreUnavailable):
    """The disk of the database or of the blobs is full."""


class NotFound(SymbolicateError):  # noqa: N818 - named like the HTTP responses that they become
    """What was asked for does not exist, or has expired."""


class Conflict(SymbolicateError):  # noqa: N818
    """The object's state does not allow the operation."""


class StoreUrlError(SymbolicateError, ValueError):
    """The URL of the database, or the URL or folder of the blobs, cannot be used."""
