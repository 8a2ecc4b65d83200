"""Stores for tests: each test that asks for `store` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import psycopg
import pytest

from postgresql import PostgreSQL
from symbolicate.store import Store
from symbolicate.store.database.tables import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One server for all tests of a process."""
    server = PostgreSQL()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, created once, because migrations take longer than most tests."""
    folder = tmp_path_factory.mktemp("template")
    Store.open(data=folder).close()
    return folder / "symbolicate.db"


@pytest.fixture(scope="session")
def postgresql_migrated(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same on PostgreSQL: the URL of a database that tests use one after the other."""
    url = postgresql.database()
    Store.open(url, data=tmp_path_factory.mktemp("template")).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        (tmp_path / "data").mkdir()
        shutil.copy(template, tmp_path / "data")
        return f"sqlite:///{tmp_path}/data/symbolicate.db"
    url: str = request.getfixturevalue("postgresql_migrated")
    # Emptied, not created again: a database is a thousand files.
    with psycopg.connect(url) as connection:
        names = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables)
        connection.execute(f"TRUNCATE {names} RESTART IDENTITY".encode())
    return url


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with Store.open(database_url, data=tmp_path / "data") as opened:
        yield opened
