"""Reports whose name may become better when other symbols of a module come that they were named with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "improvable",
        sa.Column("report_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("debug_id", sa.Text(), nullable=False),
        sa.Column("app_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", "debug_id"),
    )
    op.create_index("improvable_by_id", "improvable", ["debug_id", "app_id"], unique=False)
