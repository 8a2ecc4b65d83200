"""Bytes kept per app, tokens for some apps, why a report was set aside, attempts to install an upload."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"

_ROWS = 1024  # bytes that count for the rows of a body, as in `usage.py`
SUMS = (
    "INSERT INTO usage (app_id, slot, bytes)"
    " SELECT app_id, 0, SUM(CASE WHEN place IS NULL THEN length(bytes) ELSE size END + :rows) FROM ("
    "  SELECT report.app_id, body.* FROM body JOIN report ON report.identity = body.key"
    "  UNION ALL"
    "  SELECT attachment.app_id, body.* FROM body JOIN attachment ON attachment.identity = body.key"
    "  UNION ALL"
    "  SELECT hit.app_id, body.* FROM body JOIN hit ON hit.body = body.key"
    " ) AS kept GROUP BY app_id"
)
"""Sums up what is kept already."""


def upgrade() -> None:
    """Add tables and columns, and sum up the bytes that are kept already."""
    op.add_column("token", sa.Column("apps", sa.Text(), nullable=True))
    op.add_column("client", sa.Column("apps", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("cause", sa.Text(), nullable=True))
    op.add_column("symbol_upload", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "usage",
        sa.Column("app_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "slot"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "probe",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(sa.text(SUMS).bindparams(rows=_ROWS))
