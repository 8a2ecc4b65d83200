"""Trends against the same counts of `failurehits`, which adds up the rows in another way."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from store_samples import document
from symbolicate.store import Done, Upload
from symbolicate.store.query import Range

if TYPE_CHECKING:
    from symbolicate.store import Store

END = datetime(2026, 5, 20, 12, tzinfo=UTC)


def test_trends_are_the_counts_of_failurehits(store: Store) -> None:
    app = store.apps.ensure("app")
    chance = random.Random(7)  # noqa: S311 - no secret
    names = [f"NULL_CLASS_PTR_READ_c0000005_app.exe!f{number}" for number in range(5)]
    when = [END - timedelta(days=chance.randrange(20)) for _ in range(60)]
    store.accept(app, [Upload(str(uuid.uuid4()), "minidump", f"{n}".encode(), one) for n, one in enumerate(when)])
    for job in store.queue.lease(100, worker="test"):
        sample = document(chance.choice(names), version=chance.choice("123"), locale=chance.choice(["en_US", "de_DE"]))
        assert store.queue.complete([Done(job, sample)]) == [True]
    wanted = Range(END.date() - timedelta(days=9), END.date(), {"market": "US"})
    found = store.query.trends(app, wanted)
    expected: dict[str, Counter[str]] = {}
    for period, start, end in (
        ("now", wanted.start, wanted.end),
        ("before", wanted.before, wanted.start - timedelta(1)),
    ):
        rows = store.query.failurehits(
            {
                "applicationId": "app",
                "startDate": start.isoformat(),
                "endDate": end.isoformat(),
                "filter": "market eq 'US'",
                "groupby": "failureHash,applicationVersion",
            }
        ).value
        for field in ("failureHash", "applicationVersion", "date"):
            counter = expected.setdefault(f"{period} {field}", Counter())
            for row in rows:
                counter[row[field]] += row["eventCount"]
    now = expected["now failureHash"]
    assert {one.hash: one.hits for one in found.failures} == now
    assert {one.hash: one.before for one in found.failures if one.before} == {
        hash_: count for hash_, count in expected["before failureHash"].items() if hash_ in now
    }
    assert {one.hash for one in found.gone} == set(expected["before failureHash"]) - set(now)
    assert {one.hash for one in found.fresh} == set(now) - set(expected["before failureHash"])
    assert (found.total, found.before) == (now.total(), expected["before failureHash"].total())
    assert {one.version: one.total for one in found.crashes} == expected["now applicationVersion"]
    shares = found.shares["application_version"]
    assert {one.value: one.hits for one in shares if one.hits} == expected["now applicationVersion"]
    assert {one.value: one.before for one in shares if one.before} == expected["before applicationVersion"]
    assert {one.value for one in found.shares["market"]} == {"US", "DE"}, "a choice is counted without its own filter"
    days = [sum(day) for day in zip(*(one.days for one in found.crashes), strict=True)]
    by_date = {(wanted.start + timedelta(number)).isoformat(): count for number, count in enumerate(days) if count}
    assert by_date == expected["now date"]
    [one] = [one for one in found.failures if one.hash == found.failures[0].hash]
    alone = store.query.trends(app, wanted, failure=one.hash)
    assert (alone.total, alone.failures) == (one.hits, [one])
