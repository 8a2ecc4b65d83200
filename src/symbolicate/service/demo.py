"""A throw-away store with real crashes of the project's own fixtures, for `serve --demo`."""

from __future__ import annotations

import glob
import os
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from symbolicate.store import Store, Upload

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["fill", "fixtures"]

_DAYS = 45
_MOST = 6
_VERSIONS = ("1.0", "1.1", "1.2", "2.0-beta")
_COUNTRIES = ("US", "DE", "FR", "JP")
_INSTALLATIONS = 80


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


def fill(data: str, folder: str, now: datetime | None = None) -> int:
    """Put every dump of the fixtures into the queue of a new store, some of them several times; returns how many.

    Args:
        data: the folder of the store.
        folder: the fixtures.
        now: the time of the newest crash; the others are spread over the weeks before.
    """
    with Store.open(data=data) as store:
        app = store.apps.ensure("demo")
        uploads = list(_uploads(folder, now or datetime.now(UTC)))
        for start in range(0, len(uploads), 50):
            store.accept(app, uploads[start : start + 50])
    return len(uploads)


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
