"""Databases of earlier versions are migrated, completely or not at all."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from store_samples import symbol_file
from symbolicate.store import Store, StoreUnavailable, StoreUrlError
from symbolicate.store.database import migration
from symbolicate.store.database.tables import METADATA
from symbolicate.store.database.transactions import Database

if TYPE_CHECKING:
    from pathlib import Path

    from postgresql import PostgreSQL


VERSION_3 = """
INSERT INTO app (id, secret, application_id, settings, configured, created, version)
    VALUES (1, 'old', 'old', '{}', :yes, 0, 0);
INSERT INTO report (id, identity, app_id, log_id, kind, receive_time, event_time, wants_minidump) VALUES
    (7, :seven, 1, '7', 'x', 0, 0, :no), (8, :eight, 1, '8', 'x', 0, 0, :no), (9, :nine, 1, '9', 'x', 0, 0, :no);
INSERT INTO hit (report_id, app_id, bucket_id, dimensions_id, day, event_time, body, processed) VALUES
    (7, 1, 1, 1, 1, 1, :seven, 1), (8, 1, 1, 1, 1, 1, :eight, 1), (9, 1, 1, 1, 1, 1, :nine, 1);
INSERT INTO missing (report_id, debug_id, debug_file, app_id) VALUES
    (7, 'AAAAAAAA0', 'a.pdb', 1), (8, 'AAAAAAAA0', 'a.pdb', 1), (6, 'AAAAAAAA0', 'gone.pdb', 1);
INSERT INTO improvable (report_id, debug_id, app_id) VALUES (8, 'BBBBBBBB0', 1), (7, 'AAAAAAAA0', 1);
INSERT INTO symbol_upload (id, app_id, symbol_type, status, size, blob, created, updated)
    VALUES ('upload', 1, 'Breakpad', 'indexed', 1, 'symbols/uploads/upload', 0, 0);
INSERT INTO symbol_file (app_id, debug_id, debug_file, kind, code_id, size, path, upload_id, created) VALUES
    (1, 'CCCCCCCC0', 'c.pdb', 'breakpad', 'ABC', 1, 'symbols/c.pdb', 'upload', 0),
    (1, 'CCCCCCCC0', 'c.pdb', 'dsym', NULL, 1, 'symbols/c.pdb', 'upload', 0)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new.db"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.database()


def test_the_steps_make_the_tables_that_the_code_uses(empty_url: str, tmp_path: Path) -> None:
    with Store.open(empty_url, data=tmp_path) as store:
        differences = store.database.read(
            lambda connection: compare_metadata(MigrationContext.configure(connection), METADATA)
        )
        assert differences == []
        assert store.health()["schema"] == migration._newest()


def test_every_earlier_version_is_brought_up_to_date_with_its_data(empty_url: str, tmp_path: Path) -> None:
    database = Database(empty_url)
    database.write(lambda connection: migration.upgrade(connection, "0001"))
    row = sa.text(
        "INSERT INTO app (secret, application_id, settings, configured, created, version)"
        " VALUES ('old', 'old', '{}', :yes, 0, 0)"
    )
    database.write(lambda connection: connection.execute(row, {"yes": True}))
    if migration._newest() != "0001":
        with pytest.raises(StoreUnavailable, match="another version"):
            Store.open(empty_url, data=tmp_path, migrate=False)
    with Store.open(empty_url, data=tmp_path) as store:
        assert store.health()["schema"] == migration._newest()
        found = store.apps.by_secret("old")
        assert found is not None
        assert found.settings.retention_days == 90
    database.close()


def test_what_reports_lack_and_what_uploads_held_is_brought_over(empty_url: str, tmp_path: Path) -> None:
    """Version 0003 had a row for each module that a report lacked, and files by their upload."""
    database = Database(empty_url)
    database.write(lambda connection: migration.upgrade(connection, "0003"))

    def fill(connection: sa.Connection) -> None:
        given = {"yes": True, "no": False, "seven": b"7", "eight": b"8", "nine": b"9"}
        for statement in VERSION_3.split(";"):
            used = {name: value for name, value in given.items() if f":{name}" in statement}
            connection.execute(sa.text(statement), used)

    database.write(fill)
    database.close()
    with Store.open(empty_url, data=tmp_path) as store:
        app = store.apps.by_secret("old")
        assert app is not None
        assert [(one.debug_file, one.debug_id, one.reports) for one in store.symbols.missing(app)] == [
            ("a.pdb", "AAAAAAAA0", 2)
        ]
        held = store.symbols.get("upload")
        assert (held.owner, [(file.kind, file.blob) for file in held.contents]) == (
            0,
            [("breakpad", None), ("dsym", None)],
        )
        assert len(store.symbol_files.without_bytes()) == 2
        assert store.symbol_files.candidates(app.id, "CCCCCCCC0", "") == []
        assert store.symbol_files.register(app, [symbol_file("AAAAAAAA0", "a.pdb")]) == 2
        assert store.symbol_files.register(None, [symbol_file("BBBBBBBB0", "b.pdb")]) == 1
        jobs = store.queue.lease(10, worker="w")
        assert sorted(job.report_id for job in jobs) == [7, 8]


def test_a_newer_version_is_refused(empty_url: str, tmp_path: Path) -> None:
    Store.open(empty_url, data=tmp_path).close()
    database = Database(empty_url)
    database.write(lambda connection: connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(StoreUnavailable, match="version 9999"):
        Store.open(empty_url, data=tmp_path)
    database.close()


def test_an_empty_database_is_refused_where_migrating_is_not_allowed(empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="another version"):
        Store.open(empty_url, data=tmp_path, migrate=False)


def test_several_that_open_it_at_once_migrate_once(empty_url: str, tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            Store.open(empty_url, data=tmp_path).close()
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    crew = [threading.Thread(target=work) for _ in range(4)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert failed == []


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://host/db"]
)
def test_urls_that_are_none(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUrlError):
        Database(url)
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_database_is_reported_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as raised:
        Store.open("postgresql://me:hunter2@127.0.0.1:1/db", data=tmp_path, wait_seconds=0)
    assert "hunter2" not in str(raised.value)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable):
        Store.open(data=tmp_path / "file" / "folder")
    (tmp_path / "symbolicate.db").write_bytes(b"no database" * 1000)
    with pytest.raises((StoreUnavailable, StoreUrlError)):
        Store.open(data=tmp_path)
