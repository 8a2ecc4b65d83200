"""How many bytes each app takes: its reports, attachments and finished documents, and its symbols.

The bytes of bodies are counted in the transaction that writes or removes them, in rows of `usage`. A transaction does
so last, so that it locks such a row only for the time of its commit. Symbols change rarely and are summed up on demand,
and so are the counts of devices, which grow to a few megabytes.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import sqlalchemy as sa

from symbolicate.store.database.bulk import Bulk
from symbolicate.store.database.tables import DEVICES, SYMBOL_FILE, SYMBOL_UPLOAD, USAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

    from symbolicate.store.database.transactions import Database

__all__ = ["BODY_ROWS", "Usage", "add"]

BODY_ROWS = 1024
"""Bytes that the rows of a body count as, so that millions of tiny reports count, too."""

# Processes that write at the same time mostly use different slots.
_SLOT = random.SystemRandom().randrange(16)


class Usage:
    """The bytes of the apps of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, app_id: int) -> int:
        """The bytes of an app."""
        return self._sums(app_id).get(app_id, 0)

    def all(self) -> dict[int, int]:
        """The bytes of every app that uses any, by its row."""
        return self._sums(None)

    def _sums(self, app_id: int | None) -> dict[int, int]:
        # A file with several builds has a row for each, and is stored once.
        files = (
            sa.select(SYMBOL_FILE.c.app_id, SYMBOL_FILE.c.blob, SYMBOL_FILE.c.size)
            .where(SYMBOL_FILE.c.blob.is_not(None))
            .distinct()
            .subquery()
        )
        parts = (
            sa.select(USAGE.c.app_id, sa.func.sum(USAGE.c.bytes)).group_by(USAGE.c.app_id),
            # The bytes of the others are those of their files.
            sa.select(SYMBOL_UPLOAD.c.app_id, sa.func.sum(SYMBOL_UPLOAD.c.size))
            .where(SYMBOL_UPLOAD.c.blob != "")
            .group_by(SYMBOL_UPLOAD.c.app_id),
            sa.select(files.c.app_id, sa.func.sum(files.c.size)).group_by(files.c.app_id),
            sa.select(DEVICES.c.app_id, sa.func.sum(sa.func.length(DEVICES.c.sketch))).group_by(DEVICES.c.app_id),
        )

        def work(connection: Connection) -> dict[int, int]:
            sums: dict[int, int] = {}
            for part in parts:
                only = part if app_id is None else part.where(next(iter(part.selected_columns)) == app_id)
                for number, size in connection.execute(only):
                    sums[number] = sums.get(number, 0) + int(size or 0)
            return sums

        return self._database.read(work)


def add(connection: Connection, sizes: Mapping[int, int]) -> None:
    """Add bytes that were written, or subtract those that were removed, by the rows of their apps."""
    # In one order, so that two transactions cannot deadlock.
    _ADDED.write(connection, [(app_id, _SLOT, size) for app_id, size in sorted(sizes.items()) if size])


_ADDED = Bulk(
    USAGE,
    ("app_id", "slot", "bytes"),
    "ON CONFLICT (app_id, slot) DO UPDATE SET bytes = usage.bytes + excluded.bytes",
)
