"""Counts the devices that session logs come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from symbolicate.store.access.apps import normal_id
from symbolicate.store.counts.devices import ACTIVE, device_rows
from symbolicate.store.database.clock import DAY, MOST_AHEAD, day_of, milliseconds
from symbolicate.summary.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from symbolicate.store.counts.devices import DeviceKey, DeviceRows
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.records import App
    from symbolicate.summary.dimensions import Dimensions

__all__ = ["ActiveDevices", "Sighting"]

_OLDEST = 30 * DAY  # SDKs keep logs that they cannot send; App Center took them for 25 days


class Sighting(NamedTuple):
    """A device that was in use.

    Attributes:
        install_id: its installation.
        time: when, by its own clock; None if it does not say.
        dimensions: its version, system and market.
    """

    install_id: str
    time: datetime | None
    dimensions: Dimensions


class ActiveDevices:
    """Counts active devices. May be used by any thread."""

    def __init__(self, database: Database, rows: DeviceRows) -> None:
        self._database = database
        self._rows = rows

    def new(
        self, app: App, sightings: Iterable[Sighting], received: datetime | None = None
    ) -> dict[DeviceKey, set[int]]:
        """What these add to the counts; empty if this process knows that all of them are counted.

        A time in the future counts as the time of receipt, as for reports; devices that were seen more than 30 days ago
        are not counted.
        """
        at = milliseconds(received)
        found = []
        for one in sightings:
            time = at if one.time is None else milliseconds(one.time)
            if time < at - _OLDEST:
                continue
            day = day_of(time if time <= at + MOST_AHEAD else at)
            found.append(device_rows(app.id, day, ACTIVE, clean(normal_id(one.install_id)), one.dimensions))
        return self._rows.new(found)

    def add(self, new: dict[DeviceKey, set[int]]) -> None:
        """Write what `new` returned; it is durable when this returns.

        Raises:
            StoreUnavailable: it is not counted.
        """
        self._rows.learn(self._database.write(lambda connection: self._rows.write(connection, new)))
