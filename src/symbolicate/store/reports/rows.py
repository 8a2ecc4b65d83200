"""The rows of reports, as `intake` and `processing` write them within their transactions."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from symbolicate.store.database.bulk import Bulk
from symbolicate.store.database.tables import REPORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

__all__ = ["REPORTS", "ReportRow", "identity", "insert_reports"]


class ReportRow(NamedTuple):
    """A row of the table; `identity` is different for each report."""

    identity: bytes
    app_id: int
    log_id: str
    kind: str
    client_time: int | None
    receive_time: int
    event_time: int
    install_id: str | None = None
    annotations: str | None = None
    wants_minidump: bool = False
    user_agent: str | None = None


REPORTS = Bulk(REPORT, ReportRow._fields, "ON CONFLICT (identity) DO NOTHING", returning="id, identity")
_NEWEST = sa.select(sa.func.coalesce(sa.func.max(REPORT.c.id), 0))
_NUMBERED = Bulk(REPORT, ("id", *ReportRow._fields), "ON CONFLICT (identity) DO NOTHING")
_NEWER = sa.select(REPORT.c.id, REPORT.c.identity).where(REPORT.c.id > sa.bindparam("newest"))


def insert_reports(connection: Connection, rows: Sequence[ReportRow]) -> dict[bytes, int]:
    """Write reports that are not there yet; the numbers of those that were written, by their identities."""
    if not rows:
        return {}
    if connection.dialect.name == "sqlite":
        # This transaction is the only one that writes, so the numbers after the newest are free.
        newest = connection.execute(_NEWEST).scalar_one()
        numbered = [(number, *row) for number, row in enumerate(rows, newest + 1)]
        if _NUMBERED.write(connection, numbered) == len(rows):
            return {row.identity: number for number, row in enumerate(rows, newest + 1)}
        return {bytes(key): number for number, key in connection.execute(_NEWER, {"newest": newest})}
    return {key: number for number, key in REPORTS.write_on_postgresql(connection, rows)}


def identity(kind: bytes, app_id: int, *parts: str | bytes) -> bytes:
    """A 16-byte hash of an app, some ids and the content: equal for identical uploads."""
    digest = hashlib.blake2b(digest_size=16, person=kind)
    digest.update(app_id.to_bytes(8, "little"))
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.digest()
