"""Packed columns beside the roll-ups; ids of buckets that are never given again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, and have SQLite number buckets on."""
    op.create_table(
        "pack",
        sa.Column("app_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "kind", "day"),
    )
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("bucket", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
