"""Crash-free devices: the share of the active devices of a day, or of a period, that no crash ended."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from symbolicate.store.counts.devices import ACTIVE, ALL, CRASHED, DIMENSIONS
from symbolicate.store.counts.sketch import ERROR, Sketch
from symbolicate.store.database.clock import day_of
from symbolicate.store.database.tables import DEVICES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from symbolicate.store.query.trends import Range

__all__ = ["CrashFree", "Devices", "crash_free"]

_DEVIATIONS = 2  # standard errors: 19 of 20 estimates are within this


class Devices(NamedTuple):
    """The devices of a day or of a period.

    Attributes:
        active: devices that were in use, with those that crashed.
        crashed: devices on which a crash ended the program, never more than are active.
        active_error: how far `active` may be off, as a share of it; 0 if it is exact. 19 of 20 estimates are within it.
        crashed_error: the same of `crashed`.
    """

    active: int
    crashed: int
    active_error: float
    crashed_error: float

    @property
    def share(self) -> float:
        """The share of devices without a crash, from 0 to 1."""
        return 1 - self.crashed / self.active

    @property
    def error(self) -> float:
        """How far `share` may be off; 0 if it is exact."""
        return self.crashed / self.active * math.hypot(self.active_error, self.crashed_error)


class CrashFree(NamedTuple):
    """The devices of a period, by the filters of a range.

    Attributes:
        days: of each day; None if no device was reported as active.
        period: of the days that are known, together: a device that was active on several days is one.
        before: the same of the period before.
        unknown: why the period is unknown; empty if it is known.
    """

    days: list[Devices | None]
    period: Devices | None
    before: Devices | None
    unknown: str

    @property
    def known_days(self) -> int:
        """On how many days devices were reported as active."""
        return sum(day is not None for day in self.days)


def crash_free(connection: Connection, app_id: int, wanted: Range) -> CrashFree:
    """The crash-free devices of a period. The kind of event of the range does not matter.

    Devices are counted by version, by system and by market, not by combinations of them, nor by other dimensions.
    """
    days = wanted.days
    if len(wanted.values) > 1 or not wanted.values.keys() <= set(DIMENSIONS):
        return CrashFree([None] * days, None, None, "devices are counted by version, system or market, one at a time")
    dimension, value = next(iter(wanted.values.items()), (ALL, ""))
    first = day_of(wanted.before)
    rows = sa.select(DEVICES.c.day, DEVICES.c.kind, DEVICES.c.sketch).where(
        DEVICES.c.app_id == app_id,
        DEVICES.c.day.between(first, day_of(wanted.end)),
        DEVICES.c.kind.in_((ACTIVE, CRASHED)),
        DEVICES.c.dimension == dimension,
        DEVICES.c.value == value,
    )
    kinds: dict[str, dict[int, Sketch]] = defaultdict(dict)
    for day, kind, data in connection.execute(rows):
        kinds[kind][day - first] = Sketch.read(bytes(data))
    active, crashed = kinds[ACTIVE], kinds[CRASHED]
    # Without session logs of a day, its crashed devices would seem to be all there are.
    pairs = [(active[day], crashed.get(day, _NONE)) if day in active else None for day in range(2 * days)]
    period = _devices(pair for pair in pairs[days:] if pair is not None)
    return CrashFree(
        [_devices([pair]) if pair is not None else None for pair in pairs[days:]],
        period,
        _devices(pair for pair in pairs[:days] if pair is not None),
        "" if period is not None else "no session logs of these days",
    )


_NONE = Sketch()


def _devices(pairs: Iterable[tuple[Sketch, Sketch]]) -> Devices | None:
    active, crashed = Sketch(), Sketch()
    for one_active, one_crashed in pairs:
        active.merge(one_active)
        crashed.merge(one_crashed)
    active.merge(crashed)
    count = active.count()
    if not count:
        return None
    errors = [0.0 if one.is_exact else _DEVIATIONS * ERROR for one in (active, crashed)]
    return Devices(count, min(crashed.count(), count), *errors)
