"""How many devices were active and how many crashed, by day: sketches of installation ids.

A device is counted in four rows of its day: among all, with its version, with its system, and with its market. So a
question with one of these filters reads one row for each day. A row has at most 4 KiB, and a day at most
`MOST_VALUES` of them for each dimension; devices with further values are counted among all alone.

Rows only grow. What this process knows to be in a row is not written again, so a device that is active all day costs
one write, and among a million devices few change a row at all.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from symbolicate.store.counts.sketch import Sketch, hash_of
from symbolicate.store.database.bulk import Bulk
from symbolicate.store.database.tables import DEVICES
from symbolicate.store.database.transactions import in_chunks, lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import Connection

    from symbolicate.summary.dimensions import Dimensions

__all__ = ["ACTIVE", "ALL", "CRASHED", "DIMENSIONS", "MOST_VALUES", "DeviceKey", "DeviceRows", "device_rows"]

ACTIVE, CRASHED = "active", "crashed"
"""What a device was: in use, as session logs say; ended by a crash."""

ALL = ""
"""The dimension of the row with all devices; its value is empty, too."""

DIMENSIONS = ("application_version", "os_version", "market")
"""The dimensions that devices are counted by."""

MOST_VALUES = 100
"""Values of a dimension on a day that have rows."""

_REMEMBERED = 1024  # rows; an exact one takes up to 50 KB of memory


class DeviceKey(NamedTuple):
    """The key of a row."""

    app_id: int
    day: int
    kind: str
    dimension: str
    value: str


def device_rows(app_id: int, day: int, kind: str, install_id: str, dimensions: Dimensions) -> dict[DeviceKey, int]:
    """The rows that a device belongs to, with what it adds to each."""
    member = hash_of(app_id, install_id)
    rows = {DeviceKey(app_id, day, kind, ALL, ""): member}
    for name in DIMENSIONS:
        rows[DeviceKey(app_id, day, kind, name, getattr(dimensions, name))] = member
    return rows


class DeviceRows:
    """The rows, as far as this process has seen them. May be used by any thread."""

    def __init__(self) -> None:
        self._known: dict[DeviceKey, Sketch | None] = {}  # None: a value beyond the most that have rows
        self._lock = threading.Lock()

    def new(self, seen: Iterable[Mapping[DeviceKey, int]]) -> dict[DeviceKey, set[int]]:
        """What is not known to be in its row."""
        found: dict[DeviceKey, set[int]] = {}
        with self._lock:
            for rows in seen:
                for key, member in rows.items():
                    sketch = self._known.get(key, _EMPTY)
                    if sketch is not None and not sketch.has(member):
                        found.setdefault(key, set()).add(member)
        return found

    def write(self, connection: Connection, new: Mapping[DeviceKey, set[int]]) -> dict[DeviceKey, Sketch | None]:
        """Add members to rows; the rows as they are now, for `learn` once the transaction is committed."""
        if not new:
            return {}
        lock(connection, *{("devices", key.app_id, key.day, key.kind) for key in new})
        there, values = _read(connection, new)
        written: dict[DeviceKey, Sketch | None] = {}
        rows: list[tuple[object, ...]] = []
        for key, members in sorted(new.items()):
            sketch = there.get(key)
            if sketch is None:
                if values[key[:4]] >= MOST_VALUES:
                    written[key] = None
                    continue
                values[key[:4]] += 1
                sketch = Sketch()
            if not all(sketch.has(member) for member in members):
                sketch.add(members)
                rows.append((*key, sketch.bytes()))
            written[key] = sketch
        _WRITTEN.write(connection, rows)
        return written

    def learn(self, written: Mapping[DeviceKey, Sketch | None]) -> None:
        """Remember rows that were written and committed."""
        with self._lock:
            if len(self._known) + len(written) > _REMEMBERED:
                self._known.clear()
            self._known.update(written)


_EMPTY = Sketch()


def _read(
    connection: Connection, new: Mapping[DeviceKey, set[int]]
) -> tuple[dict[DeviceKey, Sketch], Counter[tuple[object, ...]]]:
    """The rows that there are, and for rows that there are not how many values their dimensions have on their days."""
    there: dict[DeviceKey, Sketch] = {}
    values: Counter[tuple[object, ...]] = Counter()
    for app_id, day, kind in sorted({key[:3] for key in new}):
        keys = [key for key in new if key[:3] == (app_id, day, kind)]
        of_day = {"of_app": app_id, "of_day": day, "of_kind": kind}
        for some in in_chunks(sorted({key.value for key in keys})):
            for dimension, value, data in connection.execute(_SOME, of_day | {"some": some}):
                there[DeviceKey(app_id, day, kind, dimension, value)] = Sketch.read(bytes(data))
        if any(key not in there for key in keys):
            for dimension, count in connection.execute(_COUNTS, of_day):
                values[app_id, day, kind, dimension] = count
    return there, values


_OF_DAY = (
    (DEVICES.c.app_id == sa.bindparam("of_app"))
    & (DEVICES.c.day == sa.bindparam("of_day"))
    & (DEVICES.c.kind == sa.bindparam("of_kind"))
)
_SOME = sa.select(DEVICES.c.dimension, DEVICES.c.value, DEVICES.c.sketch).where(
    _OF_DAY, DEVICES.c.value.in_(sa.bindparam("some", expanding=True))
)
_COUNTS = sa.select(DEVICES.c.dimension, sa.func.count()).where(_OF_DAY).group_by(DEVICES.c.dimension)
_WRITTEN = Bulk(
    DEVICES,
    (*DeviceKey._fields, "sketch"),
    f"ON CONFLICT ({', '.join(DeviceKey._fields)}) DO UPDATE SET sketch = excluded.sketch",
)
