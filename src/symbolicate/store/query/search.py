"""Search for failures by name, hash, function, module or installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from symbolicate.store.database.tables import BUCKET, INSTALLATION
from symbolicate.summary.text import clean

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["FoundFailure", "search_failures"]


class FoundFailure(NamedTuple):
    """A failure that matches a text.

    Attributes:
        by: what matches: `name`, `stack` or `installation`.
    """

    hash: str
    name: str
    hits: int
    state: str
    by: str


def search_failures(connection: Connection, app_id: int, text: str, top: int) -> list[FoundFailure]:
    """The failures of an app whose name, hash or compared frames contain a text, or that an installation had.

    Those whose name or hash matches are first, then those of an installation with exactly this id, then those with a
    function or module in their stack; of each the most frequent first.

    Args:
        connection: the connection.
        app_id: the row of the app.
        text: the text, in any case; the id of an installation as it was sent.
        top: failures at most.
    """
    text = clean(text.strip())
    ours = sa.select(BUCKET.c.id).where(BUCKET.c.app_id == app_id)
    # For each failure the key of a row: the table has no index by installation alone.
    had = sa.select(INSTALLATION.c.bucket_id).where(
        INSTALLATION.c.bucket_id.in_(ours), INSTALLATION.c.handled.in_([False, True]), INSTALLATION.c.install_id == text
    )
    named = sa.or_(BUCKET.c.name.icontains(text, autoescape=True), BUCKET.c.hash == text.lower())
    conditions = {
        "name": named,
        "installation": BUCKET.c.id.in_(had),
        "stack": BUCKET.c.frames.icontains(text, autoescape=True),
    }
    found: dict[str, FoundFailure] = {}
    for by, condition in conditions.items():
        rows = sa.select(BUCKET.c.hash, BUCKET.c.name, BUCKET.c.hits, BUCKET.c.state).where(
            BUCKET.c.app_id == app_id, BUCKET.c.hits > 0, condition
        )
        for row in connection.execute(rows.order_by(BUCKET.c.hits.desc(), BUCKET.c.id).limit(top)):
            found.setdefault(row.hash, FoundFailure(row.hash, row.name, row.hits, row.state, by))
    return list(found.values())[:top]
