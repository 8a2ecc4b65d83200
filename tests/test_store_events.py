"""Handled errors, requested dumps and crashes of one failure are one bucket with three counts; installations."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from store_samples import NOON, SECRET, document, finish, hash_of, hits, upload
from symbolicate.store import App, Done, QueryError, Settings, Store, Upload
from symbolicate.store.database import migration
from symbolicate.store.database.tables import INSTALLATION, JOB, METADATA
from symbolicate.store.database.transactions import Database

if TYPE_CHECKING:
    from pathlib import Path

    from postgresql import PostgreSQL

NAME = "APP_EXCEPTION_ParseError_e0657863_p.exe!sell"
OTHER = "APP_EXCEPTION_OutOfCheeseError_e0657863_p.exe!sell"


@pytest.fixture
def app(store: Store) -> App:
    return store.apps.create(SECRET, settings=Settings(throttle_per_minute=None))


def report(event: str, name: str = NAME) -> bytes:
    failure = {"name": name, "hash": hash_of(name), "symbol": "p.exe!sell", "event_type": event}
    return document(name, failure=failure)


def take(store: Store, app: App, events: list[tuple[str, str | None]], name: str = NAME, first: int = 1) -> list[int]:
    """Have events counted, each with its installation; their rows."""
    uploads = [upload(first + i, install_id=install) for i, (_, install) in enumerate(events)]
    accepted = store.accept(app, uploads).reports
    documents = {one.id: report(event, name) for one, (event, _) in zip(accepted, events, strict=True)}
    assert finish(store, documents) == len(events)
    return list(documents)


def numbers(store: Store, app: App, name: str = NAME) -> tuple[int, ...]:
    found = store.buckets.get(app, hash_of(name))
    assert found is not None
    return found.count, found.crashes, found.handled, found.requested, found.installations, found.handled_installations


def test_a_bucket_says_how_many_crashes_and_how_many_handled_errors(store: Store, app: App) -> None:
    events = [("crash", "a"), ("handled", "a"), ("handled", "b"), ("jse", "b"), ("requested", "c"), ("crash", None)]
    take(store, app, events)
    take(store, app, [("handled", "a")] * 9, OTHER, first=50)
    assert numbers(store, app) == (6, 3, 2, 1, 2, 2)
    assert numbers(store, app, OTHER) == (9, 0, 9, 0, 0, 1)
    # Those with the most crashes are first, however often others were handled.
    listed = store.buckets.list
    assert [one.hash for one in listed(app)] == [hash_of(NAME), hash_of(OTHER)]
    assert [one.hash for one in listed(app, events="handled")] == [hash_of(OTHER), hash_of(NAME)]
    assert [one.hash for one in listed(app, events="crash")] == [hash_of(NAME)]
    assert [one.hash for one in listed(app, events="requested")] == [hash_of(NAME)]
    assert listed(app, events="requested", state="closed") == []


def test_hits_are_distinguished_by_their_event_type(store: Store, app: App) -> None:
    ids = take(store, app, [("crash", None), ("handled", None), ("handled", None), ("requested", None)])
    rows = {row["eventType"]: row["eventCount"] for row in hits(store, app)}
    assert rows == {"crash": 1, "handled": 2, "requested": 1}
    assert {row["failureHash"] for row in hits(store, app)} == {hash_of(NAME)}
    for event, count in rows.items():
        assert [row["eventCount"] for row in hits(store, app, filter=f"eventType eq '{event}'")] == [count]
        assert [row["eventCount"] for row in hits(store, app, filter=f"eventType eq '{event.upper()}'")] == [count]
    assert store.reports.get(ids[1]).event_type == "handled"


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ({"groupby": "failureName"}, [1]),
        ({"groupby": "failureName", "filter": "market eq 'US'"}, [1]),
        ({"groupby": "market", "aggregationLevel": "week"}, [1]),
        ({"groupby": "failureName,eventType"}, [2, 1, 1]),
        ({"groupby": "failureName", "filter": "eventType eq 'handled'"}, [2]),
        ({"groupby": "failureName", "filter": "eventType ne 'hang'"}, [4]),
        ({"groupby": "failureName", "filter": "not (market eq 'DE' or eventType eq 'requested')"}, [3]),
    ],
)
def test_a_count_that_does_not_say_its_event_type_is_of_crashes(
    store: Store, app: App, given: dict[str, str], counts: list[int]
) -> None:
    take(store, app, [("crash", None), ("handled", None), ("handled", None), ("requested", None)])
    assert [row["eventCount"] for row in hits(store, app, **given)] == counts


def test_details_say_their_event_type(store: Store, app: App) -> None:
    take(store, app, [("crash", None), ("handled", None)])

    def details(**more: str) -> list[str]:
        given = {"applicationId": SECRET, "failureHash": hash_of(NAME), "startDate": "1/1/2018", "endDate": "1/1/2019"}
        return [row["eventType"] for row in store.query.failuredetails(given | more).value]

    assert sorted(details()) == ["crash", "handled"]
    assert details(filter="eventType eq 'handled'") == ["handled"]
    assert details(orderby="eventType desc") == ["handled", "crash"]


@pytest.mark.parametrize(
    "wanted", ["eventType eq 'foo'", "not (eventType ne '')", "date eq 'never'", "market eq 'US' or eventType eq 7"]
)
def test_a_value_that_no_row_can_have_is_an_error(store: Store, app: App, wanted: str) -> None:
    with pytest.raises(QueryError, match="which it cannot be; use") as raised:
        hits(store, app, filter=wanted)
    assert raised.value.status == 400
    # Markets and devices are open sets.
    assert hits(store, app, filter="market eq 'Atlantis' or deviceType eq 'Toaster'") == []


def test_what_is_processed_again_moves_its_counts(store: Store, app: App) -> None:
    ids = take(store, app, [("crash", "a"), ("crash", "a"), ("crash", "b")])
    assert numbers(store, app) == (3, 3, 0, 0, 2, 0)
    store.queue.requeue(ids[1:])
    finish(store, {ids[1]: report("handled"), ids[2]: report("crash", OTHER)})
    assert numbers(store, app) == (2, 1, 1, 0, 1, 1)
    assert numbers(store, app, OTHER) == (1, 1, 0, 0, 1, 0)
    store.queue.requeue(ids)
    finish(store, dict.fromkeys(ids, report("crash")))
    assert numbers(store, app) == (3, 3, 0, 0, 2, 0)


def test_what_expires_is_not_counted_any_more(store: Store, app: App) -> None:
    take(store, app, [("crash", "a"), ("handled", "a"), ("requested", "b")])
    store.accept(app, [upload(90, install_id="a")], received=NOON + timedelta(days=10_000))
    [job] = store.queue.lease(5, worker="w", at=NOON + timedelta(days=10_000))
    assert store.queue.complete([Done(job, report("crash"))]) == [True]
    assert numbers(store, app) == (4, 2, 1, 1, 1, 1)
    store.sweep(NOON + timedelta(days=10_000))
    assert numbers(store, app) == (1, 1, 0, 0, 1, 0)
    rows = store.database.read(lambda connection: connection.execute(sa.select(INSTALLATION)).all())
    assert [(row.handled, row.install_id, row.hits) for row in rows] == [(False, "a", 1)]


def test_images_are_counted(store: Store, app: App) -> None:
    take(store, app, [("crash", "a"), ("crash", "b"), ("handled", "c")])
    take(store, app, [("crash", "a"), ("crash", "d"), ("requested", "e")], OTHER, first=50)
    library = "INVALID_POINTER_SIGSEGV_libm.so!sqrt"
    failure = {"name": library, "hash": hash_of(library), "symbol": "libm.so!sqrt", "event_type": "handled"}
    one = store.accept(app, [upload(90, install_id="a")]).reports[0].id
    finish(store, {one: document(library, failure=failure)})
    found = [
        (one.image, one.buckets, one.count, one.crashes, one.handled, one.requested)
        for one in store.buckets.images(app)
    ]
    assert found == [("p.exe", 2, 6, 4, 1, 1), ("libm.so", 1, 1, 0, 1, 0)]
    assert [one.image for one in store.buckets.images(app, top=1)] == ["p.exe"]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/old.db"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.database()


def test_a_database_of_an_earlier_version_is_counted_anew(empty_url: str, tmp_path: Path) -> None:
    """An earlier version counted all of these as crashes; its data show which of them were not."""
    logs: dict[int, tuple[str, dict[str, Any]]] = {
        1: ("managedError", {"fatal": True}),
        2: ("handledError", {}),
        3: ("managedError", {"fatal": False, "pad": "x" * 400}),
        4: ("managedError", {}),
        5: ("managedError", {"fatal": "false"}),
        6: ("minidump", {}),
    }
    with Store.open(data=tmp_path / "new") as store:
        app = store.apps.create(SECRET)
        uploads = [
            Upload(str(i), kind, json.dumps({"id": str(i)} | log).encode(), NOON, install_id=f"i{i % 2}")
            for i, (kind, log) in logs.items()
        ]
        ids = [one.id for one in store.accept(app, uploads).reports]
        finish(store, {number: report("crash") for number in ids[:5]} | {ids[5]: report("requested")})
        _write_as_before(store, empty_url)
    with Store.open(empty_url, data=tmp_path) as store:
        assert store.health()["schema"] == migration._newest()
        assert numbers(store, app) == (6, 5, 0, 1, 2, 0)
        again = store.database.read(lambda connection: list(connection.execute(sa.select(JOB.c.report_id)).scalars()))
        assert sorted(again) == [ids[1], ids[2], ids[4]]
        finish(store, dict.fromkeys(again, report("handled")))
        assert numbers(store, app) == (6, 2, 3, 1, 2, 2)


def _rows(table: sa.Table, connection: sa.Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def _write_as_before(store: Store, url: str) -> None:
    """The rows of a store in the tables of the version before."""
    versions = migration.revisions()
    database = Database(url)
    database.write(lambda connection: migration.upgrade(connection, versions[versions.index("0005") + 1]))

    def work(connection: sa.Connection) -> None:
        tables = sa.MetaData()
        tables.reflect(connection)
        for name in ("app", "report", "body", "bucket", "dimensions", "hit", "rollup", "rollup_day"):
            rows = store.database.read(partial(_rows, METADATA.tables[name]))
            old = tables.tables[name]
            connection.execute(sa.insert(old), [{key: row[key] for key in row if key in old.c} for row in rows])
        if not database.sqlite:
            connection.execute(sa.text("SELECT setval(pg_get_serial_sequence('dimensions', 'id'), 1000)"))

    database.write(work)
    database.close()
