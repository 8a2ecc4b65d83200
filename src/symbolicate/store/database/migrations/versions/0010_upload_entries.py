"""Uploads of symbols whose own bytes are not stored beside those of their files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table. Uploads so far keep their bytes: it is not known whether all that they held is stored."""
    op.create_table(
        "symbol_upload_entry",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "number"),
        sqlite_with_rowid=False,
    )
