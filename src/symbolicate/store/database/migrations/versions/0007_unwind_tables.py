"""Unwind tables of uploaded binaries, beside the symbols of uploads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; all files so far have symbols."""
    op.add_column("symbol_file", sa.Column("part", sa.Text(), server_default="symbols", nullable=False))
