"""The two locations of a store: its database and its blobs."""

from __future__ import annotations

import os

from symbolicate.store.content.blobs import Blobs
from symbolicate.store.database.transactions import Database

__all__ = ["FILE_NAME", "open_locations"]

FILE_NAME = "symbolicate.db"


def open_locations(
    url: str | None,
    *,
    data: str | os.PathLike[str],
    blobs: str | None = None,
    pool: int = 8,
    wait_seconds: float = 30,
) -> tuple[Database, Blobs]:
    """Open the database and the blob store without a look at their content. The arguments are those of `Store.open`.

    Raises:
        StoreUrlError: the URL of the database or the blobs is invalid.
        StoreUnavailable: the database or the blob store is not available.
    """
    folder = os.path.abspath(os.fspath(data))
    objects = Blobs(blobs or os.path.join(folder, "blobs"))
    return Database(
        url or f"sqlite:///{os.path.join(folder, FILE_NAME)}", pool=pool, wait_seconds=wait_seconds
    ), objects
