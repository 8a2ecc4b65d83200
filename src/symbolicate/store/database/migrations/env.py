"""What Alembic runs for each step: within the connection and the transaction of the store that is being opened."""

from __future__ import annotations

from alembic import context

from symbolicate.store.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=False,  # the caller's transaction holds it all, on SQLite too
)
context.run_migrations()
