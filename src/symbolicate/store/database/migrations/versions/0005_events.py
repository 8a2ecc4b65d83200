"""Handled errors and requested dumps apart from crashes, installations, and attachments that were not kept.

What is counted by bucket follows from what is there. Which reports are handled errors is known of the type that they
were sent with, and of `fatal` in logs that lie in the database; these are processed again, which moves their counts. A
log that lies in the blob store cannot be read here and is processed again, too.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

revision = "0005"
down_revision = "0004"

_AT_ONCE = 500
_NOT_FATAL = re.compile(rb'"fatal"\s*:\s*"?\s*(false|0|no)\b', re.IGNORECASE)


def upgrade() -> None:
    """Add the columns and the table, and fill them."""
    for name in ("handled", "requested", "installations", "handled_installations"):
        op.add_column("bucket", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("attachment", sa.Column("size", sa.BigInteger(), nullable=True))
    op.add_column("attachment", sa.Column("minidump", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "installation",
        sa.Column("bucket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("handled", sa.Boolean(), nullable=False),
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket_id", "handled", "install_id"),
        sqlite_with_rowid=False,
    )
    # Content decides from now on; of what is there the name says it.
    op.execute("UPDATE attachment SET minidump = TRUE WHERE lower(file_name) LIKE '%.dmp' AND fault IS NULL")
    op.execute(
        "UPDATE bucket SET requested = (SELECT coalesce(sum(rollup.count), 0) FROM rollup"
        " JOIN dimensions ON dimensions.id = rollup.dimensions_id"
        " WHERE rollup.bucket_id = bucket.id AND dimensions.event_type = 'requested')"
        " WHERE id IN (SELECT bucket_id FROM rollup JOIN dimensions ON dimensions.id = rollup.dimensions_id"
        " WHERE dimensions.event_type = 'requested')"
    )
    op.execute(
        "INSERT INTO installation (bucket_id, handled, install_id, hits)"
        " SELECT hit.bucket_id, FALSE, report.install_id, count(*) FROM hit"
        " JOIN report ON report.id = hit.report_id JOIN dimensions ON dimensions.id = hit.dimensions_id"
        " WHERE report.install_id IS NOT NULL AND dimensions.event_type <> 'requested'"
        " GROUP BY hit.bucket_id, report.install_id"
    )
    op.execute(
        "UPDATE bucket SET installations = (SELECT count(*) FROM installation WHERE bucket_id = bucket.id)"
        " WHERE id IN (SELECT bucket_id FROM installation)"
    )
    _process_again(op.get_bind())


def _process_again(connection: Connection) -> None:
    """Queue the processed reports that are, or may be, handled errors; what waits already stays as it is."""
    job = sa.text(
        "INSERT INTO job (report_id, app_id, available, aside, attempts, generation, reason, since)"
        " VALUES (:id, :app_id, :receive_time, FALSE, 0, 0, 'rules', :receive_time) ON CONFLICT DO NOTHING"
    )
    for rows in _reports(connection):
        handled = [
            {"id": row.id, "app_id": row.app_id, "receive_time": row.receive_time} for row in rows if _is_handled(row)
        ]
        if handled:
            connection.execute(job, handled)


def _reports(connection: Connection) -> Iterator[list[sa.Row[Any]]]:
    """The processed reports that are logs, some at a time."""
    wanted = sa.text(
        "SELECT report.id, report.app_id, report.receive_time, report.kind, body.encoding, body.bytes FROM report"
        " JOIN hit ON hit.report_id = report.id JOIN body ON body.key = report.identity"
        " WHERE report.id > :last AND report.kind IN ('handledError', 'managedError', 'appleError')"
        " ORDER BY report.id LIMIT :most"
    )
    last = 0
    while rows := list(connection.execute(wanted, {"last": last, "most": _AT_ONCE})):
        yield rows
        last = rows[-1].id


def _is_handled(row: sa.Row[Any]) -> bool:
    if row.kind == "handledError" or row.bytes is None:
        return True
    data = bytes(row.bytes)
    return _NOT_FATAL.search(zlib.decompress(data) if row.encoding else data) is not None
