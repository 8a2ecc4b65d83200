"""Uploads that are put together from chunks, and uploads under a path that states the id of the file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables, and the columns; uploads so far state no id."""
    op.add_column("symbol_upload", sa.Column("debug_id", sa.Text(), nullable=True))
    op.add_column("symbol_upload", sa.Column("code_id", sa.Text(), nullable=True))
    op.create_table(
        "symbol_chunk",
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("sha1", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "sha1"),
        sqlite_with_rowid=False,
    )
    op.create_index("symbol_chunk_by_age", "symbol_chunk", ["created"])
    op.create_index("symbol_chunk_by_blob", "symbol_chunk", ["blob"])
    op.create_table(
        "symbol_upload_chunk",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("sha1", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("symbol_upload_chunk_by_chunk", "symbol_upload_chunk", ["holder", "sha1"])
