"""Symbol files with owners, contents and blobs; which of them each report was made with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables, and bring over what reports lack and what uploads held.

    The files themselves lie in the folder of whichever service installed them, and are brought over by it when it
    starts: see `symbolicate.service.symbols.adoption`.
    """
    _make_tables()
    _change_tables()
    op.execute(
        "INSERT INTO symbol_upload_file (upload_id, file_id)"
        " SELECT upload_id, id FROM symbol_file WHERE upload_id IS NOT NULL"
    )
    _bring_over_missing()
    op.drop_table("missing")
    op.drop_table("improvable")


def _make_tables() -> None:
    op.create_table(
        "symbol_set",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("app_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("symbol_set_by_app", "symbol_set", ["app_id", "id"])
    op.create_table(
        "symbol_set_file",
        sa.Column("set_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("debug_id", sa.Text(), nullable=False),
        sa.Column("code_id", sa.Text(), nullable=False),
        sa.Column("debug_file", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("set_id", "debug_id", "code_id"),
        sqlite_with_rowid=False,
    )
    for name in ("debug_id", "code_id"):
        there = sa.text(f"{name} <> ''")
        index, columns = f"symbol_set_file_by_{name}", [name, "set_id"]
        op.create_index(index, "symbol_set_file", columns, postgresql_where=there, sqlite_where=there)
    op.create_table(
        "symbol_upload_file",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "file_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("symbol_upload_file_by_file", "symbol_upload_file", ["file_id"])
    op.create_table(
        "symbol_pool",
        sa.Column("app_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id"),
    )


def _change_tables() -> None:
    op.add_column("hit", sa.Column("symbols_id", sa.BigInteger()))
    op.create_index("hit_by_symbols", "hit", ["app_id", "symbols_id"])
    # What was uploaded until now served all apps.
    op.add_column("symbol_upload", sa.Column("owner", sa.BigInteger(), nullable=False, server_default="0"))
    for name, kind, default in (
        ("content", sa.Text(), ""),
        ("quality", sa.Integer(), "0"),
        ("version", sa.BigInteger(), "0"),
    ):
        op.add_column("symbol_file", sa.Column(name, kind, nullable=False, server_default=default))
    op.execute("UPDATE symbol_file SET content = 'local-' || id, code_id = lower(code_id)")
    op.drop_index("symbol_file_identity", table_name="symbol_file")
    op.drop_index("symbol_file_by_upload", table_name="symbol_file")
    op.create_index("symbol_file_identity", "symbol_file", ["app_id", "debug_id", "debug_file", "content"], unique=True)
    op.create_index("symbol_file_by_code_id", "symbol_file", ["code_id", "app_id"])
    op.create_index("symbol_file_by_owner", "symbol_file", ["app_id", "version"])
    op.create_index("symbol_file_by_blob", "symbol_file", ["blob"])


def _bring_over_missing() -> None:
    """Make a set for each report that lacks symbols, or may be named better with others."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    key = "CAST('report ' || report_id AS BLOB)" if is_sqlite else "convert_to('report ' || report_id, 'UTF8')"
    waiting = "SELECT report_id FROM missing UNION SELECT report_id FROM improvable"
    op.execute(
        "INSERT INTO symbol_set (id, app_id, key)"  # noqa: S608 - of constants
        f" SELECT report_id, app_id, {key} FROM hit WHERE report_id IN ({waiting})"
    )
    op.execute(
        "INSERT INTO symbol_set_file (set_id, debug_id, code_id, debug_file, content)"
        " SELECT report_id, debug_id, '', debug_file, '' FROM missing"
        " WHERE report_id IN (SELECT id FROM symbol_set)"
    )
    op.execute(
        "INSERT INTO symbol_set_file (set_id, debug_id, code_id, debug_file, content)"
        " SELECT report_id, debug_id, '', '', 'local' FROM improvable"
        " WHERE report_id IN (SELECT id FROM symbol_set)"
        " ON CONFLICT DO NOTHING"
    )
    op.execute("UPDATE hit SET symbols_id = report_id WHERE report_id IN (SELECT id FROM symbol_set)")
    if not is_sqlite:
        op.execute(
            "SELECT setval(pg_get_serial_sequence('symbol_set', 'id'),"
            " (SELECT coalesce(max(id), 0) + 1 FROM symbol_set), false)"
        )
