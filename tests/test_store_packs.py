"""A reader that begins with packed days returns the counts of the hits, whatever was written meanwhile."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import sqlalchemy as sa

from store_samples import NOON, SECRET, document, finish, hits, take_in
from symbolicate.store import Settings, Store
from symbolicate.store.database.tables import BUCKET, DIMENSIONS, HIT, PACK
from symbolicate.store.query import Query, columns, packs

if TYPE_CHECKING:
    from symbolicate.store import App

NAMES = tuple(f"CLASS_c000000{i}_app.exe!f{i}" for i in range(5))


@pytest.fixture
def app(store: Store, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setattr(columns, "_WORTH_PACKING", -1)  # as if there were many rows
    return store.apps.create(SECRET, application_id="10238467886765136388", settings=Settings(retention_days=None))


def answered(store: Store, app: App, query: Query | None = None) -> Counter[Any]:
    """The result of a reader with nothing in memory."""
    query = query or Query(store.database, store.blobs, store.apps)
    params = {"applicationId": app.application_id, "startDate": "1/1/2018", "endDate": "12/31/2018"}
    counts: Counter[Any] = Counter()
    for row in query.failurehits(params).value:
        counts[row["date"], row["failureName"], row["market"]] += row["eventCount"]
    return counts


def counted(store: Store) -> Counter[Any]:
    wanted = sa.select(HIT.c.event_time, BUCKET.c.name, DIMENSIONS.c.market)
    wanted = wanted.join(BUCKET, BUCKET.c.id == HIT.c.bucket_id).join(
        DIMENSIONS, DIMENSIONS.c.id == HIT.c.dimensions_id
    )

    def work(connection: sa.Connection) -> Counter[Any]:
        return Counter(
            (datetime.fromtimestamp(time / 1000, UTC).date().isoformat(), name, market)
            for time, name, market in connection.execute(wanted)
        )

    return store.database.read(work)


def kept(store: Store) -> list[Any]:
    return store.database.read(lambda connection: list(connection.execute(sa.select(PACK).order_by(*PACK.primary_key))))


@pytest.mark.parametrize("seed", range(2))
def test_a_cold_reader_equals_a_naive_count(store: Store, app: App, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    known: list[int] = []
    warm = Query(store.database, store.blobs, store.apps)
    for step in range(12):
        if chance.random() < 0.6 or not known:
            some = [
                (NOON + timedelta(days=chance.randrange(3)), document(chance.choice(NAMES), locale=f"en-{market}"))
                for market in chance.choices(("US", "DE", "JP"), k=chance.randrange(1, 8))
            ]
            known += take_in(store, app, some, 100 * step)
        else:
            again = chance.sample(known, chance.randrange(1, len(known) + 1))
            store.queue.requeue(again, "rules")
            finish(store, {one: document(chance.choice(NAMES)) for one in again})
            store.sweep()  # buckets that are empty now
        if chance.random() < 0.8:
            assert answered(store, app) == counted(store)
        if chance.random() < 0.5:
            assert answered(store, app, warm) == counted(store)
    assert {row.kind for row in kept(store)} == {"buckets", "day", "dimensions"}


def test_packs_made_while_others_write_are_right(store: Store, app: App) -> None:
    ended = threading.Event()

    def work() -> None:
        try:
            for step in range(15):
                ids = take_in(store, app, [(NOON, document(NAMES[step % 5])), (NOON, document(NAMES[0]))], 10 * step)
                store.queue.requeue(ids[:1], "rules")
                finish(store, {ids[0]: document(NAMES[(step + 1) % 5])})
        finally:
            ended.set()

    writer = threading.Thread(target=work)
    writer.start()
    before = 0
    while not ended.is_set():
        total = answered(store, app).total()
        assert total >= before, "hits were forgotten"
        before = total
    writer.join()
    assert answered(store, app) == counted(store)
    assert answered(store, app).total() == 30


def test_packs_are_used_and_damaged_ones_are_ignored(store: Store, app: App) -> None:
    take_in(store, app, [(NOON, document(NAMES[i % 5])) for i in range(12)])
    right = answered(store, app)
    assert right == counted(store)
    before = kept(store)

    def keep(data: bytes, *which: str) -> None:
        change = sa.update(PACK).where(PACK.c.kind.in_(which)).values(data=data)
        store.database.write(lambda connection: connection.execute(change))

    (day,) = [row for row in before if row.kind == "day"]
    unpacked = packs.unpack_day(bytes(day.data))
    assert unpacked is not None
    twice = replace(unpacked, counts=unpacked.counts * 2)
    keep(packs.pack_day(twice), "day")
    assert answered(store, app).total() == 24, "the pack is what is answered from"
    nine = np.full(3, 9, np.int32)
    wrong = replace(unpacked, buckets=nine, dimensions=nine, counts=nine)
    for data in (b"", b"x", bytes(day.data)[:-1], bytes(day.data) + b"x", b"\x02" + bytes(day.data)[1:]):
        keep(data, "day", "buckets", "dimensions")
        assert answered(store, app) == right
    keep(packs.pack_day(wrong), "day")
    assert answered(store, app) == right


def test_a_failure_after_others_were_removed_has_its_own_name(store: Store, app: App) -> None:
    (number,) = take_in(store, app, [(NOON, document(NAMES[0]))])
    assert {row["failureName"] for row in hits(store, app)} == {NAMES[0]}
    app = store.apps.update(app.id, settings=Settings(retention_days=1))
    later = datetime.now(UTC) + timedelta(days=100)
    assert (store.sweep(later).reports, number > 0) == (1, True)
    store.sweep(later)
    take_in(store, app, [(NOON, document(NAMES[1]))], 7)
    assert {row["failureName"] for row in hits(store, app)} == {NAMES[1]}
    assert answered(store, app) == counted(store)


def test_warming_up_packs_the_last_days_of_every_app(store: Store, app: App) -> None:
    take_in(store, app, [(NOON, document(NAMES[0])), (NOON - timedelta(days=90), document(NAMES[0]))])
    store.query.warm(today=NOON.date() + timedelta(days=2))
    assert [row.day for row in kept(store) if row.kind == "day"] == [int(NOON.timestamp() // 86400)]
