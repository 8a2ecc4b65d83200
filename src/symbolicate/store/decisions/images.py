"""Failures by the image that their names blame: a program or a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from symbolicate.store.database.tables import BUCKET
from symbolicate.store.records import Image

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["images"]


def images(connection: Connection, app_id: int, top: int) -> list[Image]:
    """The images of an app's failures, those with the most crashes first.

    This adds up buckets, not reports: an app has thousands of buckets, and millions of reports.
    """
    statement = sa.select(BUCKET.c.symbol, BUCKET.c.hits, BUCKET.c.handled, BUCKET.c.requested)
    found: dict[str, list[Any]] = {}
    for row in connection.execute(statement.where(BUCKET.c.app_id == app_id, BUCKET.c.hits > 0)):
        found.setdefault(row.symbol.partition("!")[0], []).append(row)
    counted = [
        Image(
            image=image,
            buckets=len(rows),
            count=sum(row.hits for row in rows),
            crashes=sum(row.hits - row.handled - row.requested for row in rows),
            handled=sum(row.handled for row in rows),
            requested=sum(row.requested for row in rows),
        )
        for image, rows in found.items()
    ]
    counted.sort(key=lambda one: (-one.crashes, -one.count, one.image))
    return counted[:top]
