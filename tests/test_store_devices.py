"""Active and crashed devices are counted per day, by version, system and market."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from store_samples import document, finish, upload
from symbolicate.store import Settings, Sighting, Store
from symbolicate.store.counts.devices import MOST_VALUES
from symbolicate.store.database.tables import DEVICES
from symbolicate.store.query import Range
from symbolicate.summary.dimensions import Dimensions, derive

if TYPE_CHECKING:
    from symbolicate.store import App

DAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
TODAY = DAY.date()


def described(version: str = "2.2.2.0", os_ver: str = "10.0.15063 850", locale: str = "en_US") -> Dimensions:
    device = {"os_name": "Windows NT", "os_version": os_ver, "locale": locale}
    return derive({"device": device, "app": {"version": version}})


def use(
    store: Store, app: App, *names: str, at: datetime = DAY, received: datetime = DAY, version: str = "2.2.2.0"
) -> bool:
    """Whether anything was written."""
    seen = [Sighting(name, at, described(version)) for name in names]
    new = store.active_devices.new(app, seen, received)
    if new:
        store.active_devices.add(new)
    return bool(new)


def crash(store: Store, app: App, *names: str, at: datetime = DAY, first: int = 1, report: bytes | None = None) -> None:
    uploads = [replace(upload(first + number, at), install_id=name) for number, name in enumerate(names)]
    accepted = store.accept(app, uploads, received=at)
    finish(store, {one.id: report or document() for one in accepted.reports})


def asked(days: int = 1, end: date = TODAY, **values: str) -> Range:
    return Range(end - timedelta(days=days - 1), end, values)


def test_the_share_of_devices_without_a_crash(store: Store) -> None:
    app = store.apps.ensure("one")
    unknown = store.query.crash_free(app, asked(2))
    assert (unknown.days, unknown.period, unknown.unknown) == ([None, None], None, "no session logs of these days")
    use(store, app, *(f"device {number}" for number in range(20)))
    crash(store, app, "device 1", "device 1", "device 2", "no session was sent")
    crash(store, app, "device 3", first=20, report=document("A", failure={"name": "A", "event_type": "handled"}))
    found = store.query.crash_free(app, asked(2))
    assert found.known_days == 1
    [before, day] = found.days
    assert before is None
    assert day is not None
    assert day == found.period
    assert (day.active, day.crashed, day.error) == (21, 3, 0)
    assert day.share == 1 - 3 / 21


def test_a_day_without_session_logs_is_unknown_even_with_crashes(store: Store) -> None:
    app = store.apps.ensure("one")
    crash(store, app, "a", "b")
    use(store, app, "a", at=DAY - timedelta(days=1))
    found = store.query.crash_free(app, asked(2))
    assert [one is None for one in found.days] == [False, True]
    assert found.period is not None
    assert (found.period.active, found.period.crashed) == (1, 0)
    assert store.query.crash_free(app, asked()).period is None


def test_a_device_counts_once_in_a_period_and_by_each_filter(store: Store) -> None:
    app = store.apps.ensure("one")
    for days in range(3):
        use(store, app, "a", "b", at=DAY - timedelta(days=days))
    use(store, app, "c", version="3.0")
    crash(store, app, "a", report=document(version="3.0"))
    whole = store.query.crash_free(app, asked(3)).period
    assert whole is not None
    assert (whole.active, whole.crashed) == (3, 1)

    def of(**values: str) -> tuple[int, int] | None:
        found = store.query.crash_free(app, Range(TODAY - timedelta(days=2), TODAY, values)).period
        return None if found is None else (found.active, found.crashed)

    assert of(application_version="3.0") == (2, 1)
    assert of(application_version="2.2.2.0") == (2, 0)
    assert of(os_version="Windows 10") == (3, 1)
    assert of(market="US") == (3, 1)
    assert of(market="DE") is None
    combined = store.query.crash_free(app, asked(3, market="US", os_version="Windows 10"))
    assert (combined.period, combined.unknown) == (
        None,
        "devices are counted by version, system or market, one at a time",
    )
    assert store.query.crash_free(app, asked(3, device_type="PC")).period is None
    later = store.query.crash_free(app, asked(3, end=TODAY + timedelta(days=3))).before
    assert later is not None
    assert later.active == 3


def test_crashed_devices_are_never_more_than_active_ones(store: Store) -> None:
    app = store.apps.ensure("one")
    names = [f"device {number}" for number in range(700)]
    use(store, app, "another")
    new = {
        key._replace(kind="crashed"): members
        for key, members in store.active_devices.new(
            app, [Sighting(name, DAY, described()) for name in names], DAY
        ).items()
    }
    store.active_devices.add(new)
    found = store.query.crash_free(app, asked()).period
    assert found is not None
    assert 0 <= found.share < 0.1
    assert found.crashed <= found.active
    assert 0 < found.error < 0.1
    assert abs(found.active - 701) <= 701 * found.active_error


def test_what_is_known_is_not_written_again(store: Store) -> None:
    app = store.apps.ensure("one")
    assert use(store, app, "a")
    assert not use(store, app, "A-GUID", "a", at=DAY - timedelta(days=40))
    assert not use(store, app, "a")
    assert not use(store, app, "a", at=DAY + timedelta(hours=1))
    assert use(store, app, "a", at=DAY + timedelta(days=1))
    assert not use(store, app, "a", at=DAY + timedelta(days=90))  # a clock that is wrong: the day of receipt


def test_processes_add_to_the_same_rows(store: Store) -> None:
    app = store.apps.ensure("one")
    other = Store(store.database, store.blobs)
    use(store, app, "a", "b")
    use(other, app, "b", "c")
    use(store, app, "d")
    found = other.query.crash_free(app, asked()).period
    assert found is not None
    assert found.active == 4


def test_values_beyond_the_most_are_counted_among_all(store: Store) -> None:
    app = store.apps.ensure("one")
    for number in range(MOST_VALUES + 5):
        assert use(store, app, f"device {number}", version=f"{number}.0")
    rows = sa.select(sa.func.count()).where(DEVICES.c.dimension == "application_version")
    assert store.database.read(lambda connection: connection.execute(rows).scalar()) == MOST_VALUES
    found = store.query.crash_free(app, asked()).period
    assert found is not None
    assert found.active == MOST_VALUES + 5
    assert store.query.crash_free(app, asked(application_version=f"{MOST_VALUES}.0")).period is None
    assert not use(store, app, f"device {MOST_VALUES}", version=f"{MOST_VALUES}.0")
    assert use(store, app, "one more", version="0.0")


def test_counts_expire_and_take_space(store: Store) -> None:
    app = store.apps.ensure("one")
    app = store.apps.update(app.id, settings=Settings(retention_days=10))
    other = store.apps.ensure("two")
    use(store, app, "a")
    use(store, other, "a")
    sizes = sa.select(sa.func.sum(sa.func.length(DEVICES.c.sketch))).where(DEVICES.c.app_id == app.id)
    used = store.database.read(lambda connection: connection.execute(sizes).scalar())
    assert store.usage.of(app.id) == store.usage.all()[app.id] == used == 4 * 9
    store.sweep(DAY + timedelta(days=10))
    assert store.query.crash_free(app, asked()).period is not None
    store.sweep(DAY + timedelta(days=11, hours=12))
    assert store.query.crash_free(app, asked()).period is None
    assert store.query.crash_free(other, asked()).period is not None
    assert store.usage.of(app.id) == 0
