"""The usage of apps is counted exactly, whatever is stored, removed and processed again."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from store_samples import NOON, document, finish, upload
from symbolicate.store import Attachment, Done, Settings, Store, StoreFull, StoreUnavailable, Upload
from symbolicate.store.content.usage import BODY_ROWS
from symbolicate.store.database import migration
from symbolicate.store.database.tables import ATTACHMENT, BODY, HIT, REPORT, USAGE
from symbolicate.store.database.transactions import Database

if TYPE_CHECKING:
    from pathlib import Path

    from postgresql import PostgreSQL

START = datetime(2020, 1, 1, tzinfo=UTC)


def summed(store: Store, app_id: int) -> int:
    """The usage of an app, computed from the rows."""
    kept = sa.case((BODY.c.place.is_(None), sa.func.length(BODY.c.bytes)), else_=BODY.c.size) + BODY_ROWS
    keys = sa.union_all(
        sa.select(REPORT.c.identity).where(REPORT.c.app_id == app_id),
        sa.select(ATTACHMENT.c.identity).where(ATTACHMENT.c.app_id == app_id),
        sa.select(HIT.c.body).where(HIT.c.app_id == app_id),
    )
    wanted = sa.select(sa.func.sum(kept)).where(BODY.c.key.in_(keys))
    return int(store.database.read(lambda connection: connection.execute(wanted).scalar()) or 0)


def test_bytes_are_counted_when_stored_and_removed(store: Store) -> None:
    apps = [store.apps.ensure(f"app {number}") for number in range(2)]
    apps = [store.apps.update(app.id, settings=Settings(retention_days=10)) for app in apps]

    def check() -> list[int]:
        found = [store.usage.of(app.id) for app in apps]
        assert found == [summed(store, app.id) for app in apps]
        assert {app.id: size for app, size in zip(apps, found, strict=True) if size} == {
            number: size for number, size in store.usage.all().items() if size
        }
        return found

    assert check() == [0, 0]
    big = os.urandom(300_000)
    for day, app in enumerate([*apps, *apps]):
        received = START + timedelta(days=day)
        crash = Upload(str(day), "minidump", big + bytes([day]), NOON)
        files = [Attachment(str(day), "a", b"x" * 5000), Attachment(f"stray {day}", "b", big[:70_000])]
        for _ in range(2):  # sent again, it is not stored again
            store.accept(app, [crash, crash, upload(day)], files, received)
    first = check()
    assert min(first) > 2 * 370_000
    numbers = {job.report_id: document(f"NAME_{job.report_id % 3}") for job in store.queue.lease(100, worker="w")}
    store.queue.requeue(numbers)
    store.database.write(lambda connection: connection.execute(sa.text("UPDATE job SET available = 0, token = NULL")))
    finish(store, numbers)
    assert min(map(sum, zip(check(), (-size for size in first), strict=True))) > 4 * BODY_ROWS
    store.queue.requeue(numbers)
    finish(store, {number: document(f"OTHER_{number % 3}", version="1" * 500) for number in numbers})
    check()
    # A worker that lost its lease leaves nothing.
    store.queue.requeue(list(numbers)[:1])
    [job] = store.queue.lease(1, worker="slow")
    store.queue.release([job])
    assert store.queue.complete([Done(job, document("LOST"))]) == [False]
    before = check()
    store.sweep(START + timedelta(days=11.5))
    assert check() < before
    store.sweep(START + timedelta(days=99))
    assert check() == [0, 0]


def test_attachments_without_a_crash_are_stored_for_a_day(store: Store) -> None:
    app = store.apps.update(store.apps.ensure("app").id, settings=Settings(retention_days=None))
    store.accept(app, [upload(1)], [Attachment(upload(1).log_id, "kept", b"1")], START)
    store.accept(app, [], [Attachment("nobody", "stray", os.urandom(100_000))], START, {"nobody": {"a": "b"}})
    assert store.sweep(START + timedelta(hours=23)).attachments == 0
    assert store.sweep(START + timedelta(hours=25), orphan_hours=48).attachments == 0
    assert store.sweep(START + timedelta(hours=25)).attachments == 2
    [report] = store.reports.by_log_id(app, upload(1).log_id)
    assert [one.attachment_id for one in report.attachments] == ["kept"]
    assert store.usage.of(app.id) == summed(store, app.id) > 0
    assert list(store.blobs.list()) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_older_database_is_summed_up(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    if kind == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        url = server.database()
    with Store.open(url, data=tmp_path) as store:
        app = store.apps.ensure("app")
        store.accept(app, [upload(1), Upload("2", "minidump", os.urandom(90_000))], [Attachment("2", "a", b"x" * 999)])
        finish(store, {1: document("A"), 2: document("B")})
        known = store.usage.of(app.id)
        assert known == summed(store, app.id) > 90_000
        # As in earlier versions: no sums.
        store.database.write(lambda connection: connection.execute(sa.delete(USAGE)))
        script = ScriptDirectory.from_config(migration._config()).get_revision("0006")
        assert script is not None
        sums = sa.text(script.module.SUMS).bindparams(rows=BODY_ROWS)
        store.database.write(lambda connection: connection.execute(sums))
        assert store.usage.of(app.id) == known


def test_a_database_says_that_its_disk_is_full(store: Store) -> None:
    if store.database.sqlite:
        count = store.database.read(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar())

        def fill(connection: sa.Connection) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {count}")
            for number in range(10_000):
                connection.exec_driver_sql(
                    "INSERT INTO secret (name, value) VALUES (?, ?)", (f"filling {number}", b"x" * 4096)
                )

    else:

        def fill(connection: sa.Connection) -> None:
            connection.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION 'No space' USING ERRCODE = '53100'; END $$")

    with pytest.raises(StoreFull):
        store.database.write(fill)
    store.ping()


def test_a_full_disk_and_an_unavailable_database_are_different_errors(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as raised:
        Database("postgresql://nobody@127.0.0.1:1/x", wait_seconds=0)
    assert not isinstance(raised.value, StoreFull)
    assert list(tmp_path.iterdir()) == []
