"""How many frames the modules of a report cost that have no symbols or no unwind rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column. Reports that were processed before have no numbers."""
    op.add_column("hit", sa.Column("lost", sa.Text()))
