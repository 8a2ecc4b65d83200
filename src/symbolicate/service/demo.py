"""A throw-away store with real crashes of the project's own fixtures, for `serve --demo`."""

from __future__ import annotations

import glob
import os
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from symbolicate.store import Sighting, Store, Upload
from symbolicate.summary.dimensions import derive

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["fill", "fixtures"]

_DAYS = 45
_MOST = 6
_VERSIONS = ("1.0", "1.1", "1.2", "2.0-beta")
_COUNTRIES = ("US", "DE", "FR", "JP")
_INSTALLATIONS = 400  # with crashes
_DEVICES = 3000
_SESSION_DAYS = 27
_SATURDAY = 5


def fixtures() -> str | None:
    """The folder of fixtures, of the current folder or of the checkout that this file is in; None without one."""
    checkout = os.path.abspath(__file__)
    for _ in range(4):
        checkout = os.path.dirname(checkout)
    for folder in (os.getcwd(), checkout):
        found = os.path.join(folder, "symbols-fixtures")
        if os.path.isfile(os.path.join(found, "demo.txt")):
            return found
    return None


def fill(data: str, folder: str, now: datetime | None = None, db: str | None = None) -> int:
    """Put every dump of the fixtures into the queue of a new store, some of them several times; returns how many.

    Devices are active on the last days alone, as if the program had sent no session logs before.

    Args:
        data: the folder of the store.
        folder: the fixtures.
        now: the time of the newest crash; the others are spread over the weeks before.
        db: the URL of its database; by default an SQLite file in its folder.
    """
    now = now or datetime.now(UTC)
    with Store.open(db, data=data) as store:
        app = store.apps.ensure("demo")
        uploads = list(_uploads(folder, now))
        for start in range(0, len(uploads), 50):
            store.accept(app, uploads[start : start + 50])
        for age in range(_SESSION_DAYS):
            at = now - timedelta(days=age)
            if new := store.active_devices.new(app, _devices(age, at), at):
                store.active_devices.add(new)
    return len(uploads)


def _devices(age: int, at: datetime) -> Iterator[Sighting]:
    """The devices of a day: fewer at the weekend; each has a version and a country."""
    chance = random.Random(age)  # noqa: S311 - no secret
    weekend = at.weekday() >= _SATURDAY
    for number in range(_DEVICES):
        if chance.random() < (0.35 if weekend else 0.6):
            version = _VERSIONS[number % len(_VERSIONS)]
            device = {"country": _COUNTRIES[number % len(_COUNTRIES)]}
            dimensions = derive({"app": {"version": version}, "device": device})
            yield Sighting(f"installation-{number}", at, dimensions)


def _uploads(folder: str, now: datetime) -> Iterator[Upload]:
    """The crashes, the same each time but for their dates; later versions are more frequent in later weeks."""
    chance = random.Random(20)  # noqa: S311 - no secret
    for path in sorted(glob.glob(os.path.join(folder, "dumps", "**", "*.dmp"), recursive=True)):
        with open(path, "rb") as stream:
            dump = stream.read()
        for _ in range(chance.randint(1, _MOST)):
            age = chance.random() ** 1.5
            version = _VERSIONS[min(len(_VERSIONS) - 1, int((1 - age) * chance.uniform(0.5, 1.3) * len(_VERSIONS)))]
            yield Upload(
                str(uuid.UUID(int=chance.getrandbits(128))),
                "minidump",
                dump,
                client_time=now - timedelta(days=age * _DAYS),
                install_id=f"installation-{chance.randrange(_INSTALLATIONS)}",
                annotations={"_version": version, "_productName": "Demo", "country": chance.choice(_COUNTRIES)},
            )
