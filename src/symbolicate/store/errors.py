"""What can go wrong with the store and is not a fault of ours.

SymbolicateError
├── StoreUnavailable    the database or the blobs cannot be had just now; what was asked may be asked again
│   └── StoreFull       because their disk is full
├── NotFound            there is no such thing
├── Conflict            it cannot be done to the thing as it is
└── StoreUrlError       (ValueError) what was given to open is no database or no place for blobs
"""

from __future__ import annotations

from symbolicate.errors import SymbolicateError

__all__ = ["Conflict", "NotFound", "StoreFull", "StoreUnavailable", "StoreUrlError"]


class StoreUnavailable(SymbolicateError):  # noqa: N818 - a state, not a mistake
    """The database or the blobs cannot be had: down, full, locked. Nothing was done, or it may be done once more."""


class StoreFull(StoreUnavailable):
    """The disk of the database or of the blobs is full."""


class NotFound(SymbolicateError):  # noqa: N818 - the names of the HTTP answers they become
    """There is no such thing."""


class Conflict(SymbolicateError):  # noqa: N818
    """The thing is in a state in which this cannot be done."""


class StoreUrlError(SymbolicateError, ValueError):
    """A database URL or a place for blobs that cannot be used."""
