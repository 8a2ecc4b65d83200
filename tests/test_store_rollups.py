"""The roll-ups agree with a count of the hits after any operations in any order."""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from store_samples import NOON, SECRET, document, finish, hash_of, hits, symbol_file, take_in
from symbolicate.store import Attachment, Done, Settings, Store, Upload
from symbolicate.store.database.tables import BUCKET, HIT, ROLLUP

if TYPE_CHECKING:
    from symbolicate.store import App

NAMES = tuple(f"CLASS_c000000{i}_app.exe!f{i}" for i in range(6))
MARKETS = ("US", "DE", "JP")
LEVELS = ("day", "week", "month")


@pytest.fixture
def app(store: Store) -> App:
    return store.apps.create(SECRET, application_id="10238467886765136388", settings=Settings(retention_days=None))


def table_counts(store: Store) -> tuple[Counter[Any], Counter[Any], dict[int, int]]:
    def work(connection: sa.Connection) -> tuple[Counter[Any], Counter[Any], dict[int, int]]:
        rolled = connection.execute(sa.select(ROLLUP).where(ROLLUP.c.count != 0))
        counted = connection.execute(sa.select(HIT))
        return (
            Counter({(row.day, row.bucket_id, row.dimensions_id): row._mapping["count"] for row in rolled}),
            Counter((row.day, row.bucket_id, row.dimensions_id) for row in counted),
            {row.id: row.hits for row in connection.execute(sa.select(BUCKET)) if row.hits},
        )

    return store.database.read(work)


@pytest.mark.parametrize("seed", range(int(os.environ.get("SYMBOLICATE_ROUNDS", "2"))))
def test_rollups_equal_a_naive_count(store: Store, app: App, seed: int) -> None:
    """Random uploads, processing under new names, merges, splits and expiry, compared with plain Python."""
    chance = random.Random(seed)  # noqa: S311
    state: dict[int, tuple[datetime, str, str]] = {}  # report: when, name, market
    leader = {name: name for name in NAMES}
    number = 0
    for _ in range(30):
        action = chance.random()
        if action < 0.5 or not state:
            some = [
                (NOON + timedelta(days=chance.randrange(40)), chance.choice(NAMES), chance.choice(MARKETS))
                for _ in range(chance.randrange(1, 6))
            ]
            ids = take_in(store, app, [(time, document(name, locale=f"en-{m}")) for time, name, m in some], number)
            number += len(some)
            state |= dict(zip(ids, some, strict=True))
        elif action < 0.75:
            again = chance.sample(sorted(state), min(len(state), chance.randrange(1, 6)))
            for one in again:
                time, _, market = state[one]
                state[one] = (time, chance.choice(NAMES), chance.choice((market, "FR")))
            store.queue.requeue(again, "rules")
            finish(store, {one: document(state[one][1], locale=f"en-{state[one][2]}") for one in again})
        elif action < 0.9:
            there = sorted({name for _, name, _ in state.values()})
            if len(there) > 1:
                check_merge(store, app, leader, *chance.sample(there, 2))
        compare(store, app, state, leader, chance)
    rolled, counted, buckets = table_counts(store)
    assert rolled == counted
    assert buckets == Counter(bucket for _, bucket, _ in counted.elements())


def check_merge(store: Store, app: App, leader: dict[str, str], one: str, other: str) -> None:
    """Merge two failures and undo it at once; merges before a renaming are tested with the aliases."""
    store.buckets.merge(app, hash_of(one), hash_of(other))
    together = sum(
        row["eventCount"] for row in hits(store, app, groupby="failureHash") if row["failureHash"] == hash_of(other)
    )
    apart = {row.hash: row.count for row in store.buckets.list(app)}
    assert together == apart[hash_of(one)] + apart[hash_of(other)]
    assert hits(store, app, filter=f"failureHash eq '{hash_of(one)}'") == hits(
        store, app, filter=f"failureHash eq '{hash_of(other)}'"
    )
    store.buckets.unmerge(app, hash_of(one))
    assert leader[one] == one


def compare(
    store: Store, app: App, state: dict[int, tuple[datetime, str, str]], leader: dict[str, str], chance: random.Random
) -> None:
    level = chance.choice(LEVELS)
    start = NOON.date() + timedelta(days=chance.randrange(20))
    end = start + timedelta(days=chance.randrange(40))
    fields = chance.sample(("failureName", "market"), chance.randrange(3))
    market = chance.choice((None, *MARKETS))

    def first(day: Any) -> str:
        days = (day - start).days
        if level == "month":
            months = (day.year - start.year) * 12 + day.month - start.month - (day.day < start.day)
            year, month = divmod(start.month - 1 + months, 12)
            return start.replace(year=start.year + year, month=month + 1).isoformat()
        return (start + timedelta(days=days if level == "day" else days // 7 * 7)).isoformat()

    wanted: Counter[tuple[str, ...]] = Counter()
    for time, name, m in state.values():
        if start <= time.date() <= end and market in (None, m):
            values = {"failureName": leader[name], "market": m}
            wanted[(first(time.date()), *(values[field] for field in fields))] += 1
    params = {"startDate": start.isoformat(), "endDate": end.isoformat(), "aggregationLevel": level}
    if market:
        params["filter"] = f"market eq '{market}'"
    if fields:
        params["groupby"] = ",".join(fields)
    rows = hits(store, app, **params)
    found: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        found[(row["date"], *(row[field] for field in fields))] += row["eventCount"]
    assert found == wanted
    if fields:
        assert len(rows) == len(wanted)


def test_a_second_reader_sees_every_change(
    store: Store, app: App, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Store.open(database_url, data=tmp_path_factory.mktemp("other")) as other:
        for i in range(5):
            (number,) = take_in(store, app, [(NOON, document(NAMES[0]))], i)
            assert hits(other, app, groupby="failureName")[0]["eventCount"] == i + 1
        store.queue.requeue([number])
        finish(store, {number: document(NAMES[1])})
        rows = hits(other, app, groupby="failureName")
        assert [(row["failureName"], row["eventCount"]) for row in rows] == [(NAMES[0], 4), (NAMES[1], 1)]


def test_late_symbols_move_the_counts_and_leave_an_alias(store: Store, app: App) -> None:
    old, new = "WRONG_SYMBOLS_c0000005_app.exe!unknown", NAMES[1]
    ids = take_in(store, app, [(NOON, document(old, missing=[("app.pdb", "ABCDEF1")])), (NOON, document(NAMES[2]))])
    store.buckets.set(app, hash_of(old), "ignored", "known to the vendor")
    assert [one.reports for one in store.symbols.missing(app)] == [1]
    upload_ = store.symbols.begin(app, "Breakpad", "symbols.zip")
    store.symbols.set_status(upload_.id, "committed")
    assert store.symbols.finish(upload_.id, [symbol_file("abcdef1", "app.pdb")]) == 1
    job = store.queue.lease(5, worker="w")
    assert [(one.report_id, one.reason) for one in job] == [(ids[0], "symbols")]
    assert store.queue.complete([Done(job[0], document(new))]) == [True]
    assert {row["failureName"]: row["eventCount"] for row in hits(store, app)} == {new: 1, NAMES[2]: 1}
    assert store.buckets.aliases(app) == {hash_of(old): hash_of(new)}
    moved = store.buckets.get(app, hash_of(old))
    assert moved is not None
    assert (moved.hash, moved.state, moved.note) == (hash_of(new), "ignored", "known to the vendor")
    assert hits(store, app, filter=f"failureHash eq '{hash_of(old)}'")[0]["failureName"] == new
    assert store.symbols.missing(app) == []


def test_what_was_asked_for_is_counted_apart_from_crashes(store: Store, app: App) -> None:
    name = "DUMP_REQUESTED_ffffffff_app!save"
    failure = {"name": name, "hash": hash_of(name), "symbol": "app!save", "event_type": "requested"}
    take_in(store, app, [(NOON, document(name, failure=failure)), (NOON, document(NAMES[1]))])
    assert [row["failureName"] for row in hits(store, app, filter="eventType eq 'crash'")] == [NAMES[1]]
    assert [row["failureName"] for row in hits(store, app, filter="eventType eq 'requested'")] == [name]


def test_decisions_survive_regrouping(store: Store, app: App) -> None:
    a, b, c, d = NAMES[:4]
    ids = take_in(store, app, [(NOON, document(name)) for name in (a, b, c)])
    store.buckets.merge(app, hash_of(a), hash_of(b))
    store.buckets.merge(app, hash_of(c), hash_of(a))  # counted under b, which leads a
    assert [(row["failureName"], row["eventCount"]) for row in hits(store, app, groupby="failureName")] == [(b, 3)]
    store.queue.requeue([ids[1]], "rules")
    finish(store, {ids[1]: document(d)})
    assert [(row["failureName"], row["eventCount"]) for row in hits(store, app, groupby="failureName")] == [(d, 3)]
    store.buckets.split(app, hash_of(c), hash_of(d))
    rows = hits(store, app, groupby="failureName")
    assert {row["failureName"]: row["eventCount"] for row in rows} == {d: 2, c: 1}
    details = store.query.failuredetails(
        {"applicationId": app.application_id, "failureHash": hash_of(a), "startDate": "1/1/2018"}
    )
    assert details.total_count == 2
    assert {row["failureHash"] for row in details.value} == {hash_of(d)}


def test_what_expires_is_counted_no_more(store: Store, app: App) -> None:
    app = store.apps.update(app.id, settings=Settings(retention_days=10))
    start = datetime(2020, 1, 1, tzinfo=UTC)
    big = os.urandom(300_000)
    for i in range(6):
        received = start + timedelta(days=4 * i)
        crash = Upload(str(i), "minidump", big + bytes([i]), NOON)
        number = store.accept(app, [crash], [Attachment(str(i), "a", big + bytes([i]))], received).reports[0].id
        finish(store, {number: document(NAMES[i % 2])})
    orphan = store.accept(app, [], [Attachment("nobody", "a", b"x")], start)
    assert len(list(store.blobs.list())) == 12
    swept = store.sweep(start + timedelta(days=23))
    assert (swept.reports, swept.attachments) == (4, 1)
    assert len(list(store.blobs.list())) == 4
    assert sum(row["eventCount"] for row in hits(store, app)) == 2
    rolled, counted, _ = table_counts(store)
    assert rolled == counted
    assert store.sweep(start + timedelta(days=99)).buckets == 2
    assert hits(store, app) == []
    assert store.buckets.list(app) == []
    assert list(store.blobs.list()) == []
    assert orphan.attachments[0].report_id is None
    take_in(store, app, [(NOON, document(NAMES[0]))], 77)
    assert [row["eventCount"] for row in hits(store, app)] == [1]
