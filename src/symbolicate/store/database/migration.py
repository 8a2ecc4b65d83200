"""Migrates a database to the tables of this version, with Alembic. The steps are in `migrations/versions`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from symbolicate.store.database.transactions import lock
from symbolicate.store.errors import StoreUnavailable

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import Connection

    from symbolicate.store.database.transactions import Database

__all__ = ["bring_up_to_date", "revisions", "upgrade", "version"]


def bring_up_to_date(database: Database, *, allowed: bool = True) -> None:
    """Run the steps that a database lacks, all in one transaction. Several processes may do this at once.

    Raises:
        StoreUnavailable: migrations are necessary and not allowed, or the database is from a newer version of this
            program.
    """
    newest = _newest()
    if database.read(version) == newest:
        return
    if not allowed:
        raise StoreUnavailable("the database is of another version; open it once with migrations allowed")
    database.write(_upgrade)


def upgrade(connection: Connection, to: str) -> None:
    """Run the steps up to a version, within the caller's transaction."""
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def version(connection: Connection) -> str | None:
    """The version of a database; None for an empty one."""
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    lock(connection, ("migration",))
    now, newest = version(connection), _newest()
    if now is not None and now not in revisions():
        raise StoreUnavailable(
            f"the database has version {now}, which is newer than this program, whose newest version is {newest}"
        )
    if now != newest:
        upgrade(connection, newest)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", os.path.join(os.path.dirname(__file__), "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def revisions() -> list[str]:
    """Every version of the schema that this program can create, the newest first."""
    from alembic.script import ScriptDirectory

    return [step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()]


def _newest() -> str:
    return revisions()[0]
