"""The roll-ups of an app in memory, as columns of numbers, in step with the database.

Each query about failures reads a month's roll-up rows, of which a busy app has a million; a database takes a second for
what numpy does in milliseconds. A day is loaded by the first query that needs it. After that, each query reads the
versions of its days from the database, and only the rows that changed since. So results are those of the database at
that moment, in every process.

Reading a million rows takes seconds, so a process that has read many packs them for the next process: see `packs`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from symbolicate.store.database.tables import APP, BUCKET, DIMENSIONS, ROLLUP, ROLLUP_DAY
from symbolicate.store.database.transactions import in_chunks
from symbolicate.store.decisions.aliases import aliases
from symbolicate.store.errors import StoreUnavailable
from symbolicate.store.query import packs
from symbolicate.summary.dimensions import Dimensions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Connection

    from symbolicate.store.database.transactions import Database

__all__ = ["BUCKET_FIELDS", "Columns", "Day", "Ints", "Loaded", "Names", "Snapshot"]

Ints: TypeAlias = npt.NDArray[np.int32]

BUCKET_FIELDS = ("hash", "name", "symbol")

_WORTH_PACKING = 500  # rows; fewer are read in a millisecond or two
_MOST_ROWS = 48_000_000  # in memory over all apps, 12 bytes each; the least recently used apps are removed first


@dataclass(slots=True)
class Day:
    """A day's roll-up: for each row the positions of its bucket and its dimensions in `Names`, and the count."""

    version: int
    buckets: Ints
    dimensions: Ints
    counts: Ints


class Names:
    """Rows that others refer to, numbered in the order of their addition, with the values of each field as codes.

    Args:
        fields: the names of the values.
    """

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        self.ids: list[int] = []
        self.positions: dict[int, int] = {}
        self.values: list[list[str]] = [[] for _ in fields]  # of each code
        self._codes: list[dict[str, int]] = [{} for _ in fields]
        self._columns: list[list[int]] = [[] for _ in fields]
        self._arrays: dict[int, Ints] = {}
        self._ranks: dict[int, Ints] = {}
        self._sorted: tuple[npt.NDArray[np.int64], Ints] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def packed(self) -> bytes:
        """Everything in it, for `unpack`."""
        return packs.pack_names(self.ids, self.fields, self.values, self._columns)

    def unpack(self, data: bytes) -> bool:
        """Fill this object, which is empty, from packed bytes; whether they are valid."""
        found = packs.unpack_names(data, self.fields)
        if found is None:
            return False
        self.ids, self.values, self._columns = found
        self.positions = {number: place for place, number in enumerate(self.ids)}
        self._codes = [{value: code for code, value in enumerate(values)} for values in self.values]
        return True

    def add(self, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Add rows, each by its id, with its values."""
        for number, values in rows:
            if number in self.positions:
                continue
            self.positions[number] = len(self.ids)
            self.ids.append(number)
            for i, value in enumerate(values):
                codes = self._codes[i]
                code = codes.setdefault(value, len(codes))
                if code == len(self.values[i]):
                    self.values[i].append(value)
                self._columns[i].append(code)
        self._arrays.clear()
        self._ranks.clear()
        self._sorted = None

    def unknown(self, ids: npt.NDArray[np.int64]) -> list[int]:
        """Those of these ids that were not added yet."""
        if self.ids:
            known, _ = self._in_order()
            ids = ids[known[np.minimum(np.searchsorted(known, ids), len(known) - 1)] != ids]
        found: list[int] = np.unique(ids).tolist()
        return found

    def locate(self, ids: npt.NDArray[np.int64]) -> Ints:
        """The positions of ids, all of which were added."""
        known, order = self._in_order()
        positions: Ints = order[np.searchsorted(known, ids)]
        return positions

    def _in_order(self) -> tuple[npt.NDArray[np.int64], Ints]:
        """The ids in order, and the position of each."""
        if self._sorted is None:
            known = np.array(self.ids, np.int64)
            order = np.argsort(known, kind="stable").astype(np.int32)
            self._sorted = known[order], order
        return self._sorted

    def column(self, field: str) -> Ints:
        """The code of a field's value for each row."""
        i = self.fields.index(field)
        if i not in self._arrays:
            self._arrays[i] = np.array(self._columns[i], np.int32)
        return self._arrays[i]

    def vocabulary(self, field: str) -> list[str]:
        """The values of a field, by their codes."""
        return self.values[self.fields.index(field)]

    def code(self, field: str, value: str) -> int:
        """The code of a value; -1 if no row has it."""
        return self._codes[self.fields.index(field)].get(value, -1)

    def rank(self, field: str) -> Ints:
        """For each code of a field the rank of its value in alphabetical order."""
        i = self.fields.index(field)
        if i not in self._ranks:
            values = self.values[i]
            ranks = np.empty(len(values), np.int32)
            ranks[np.array(sorted(range(len(values)), key=values.__getitem__), np.int64)] = np.arange(len(values))
            self._ranks[i] = ranks
        return self._ranks[i]


@dataclass(slots=True)
class Loaded:
    """The data of an app in memory."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    days: dict[int, Day] = field(default_factory=dict)
    buckets: Names = field(default_factory=lambda: Names(BUCKET_FIELDS))
    dimensions: Names = field(default_factory=lambda: Names(Dimensions._fields))
    leaders: Ints | None = None
    leaders_version: int = -1
    unpacked: dict[int, int] = field(default_factory=dict)  # for each day the number of rows that are not in its pack
    packed: dict[str, int] = field(default_factory=dict)  # for each kind the number of names in its pack

    @property
    def rows(self) -> int:
        """The number of rows of roll-ups."""
        return sum(len(day.counts) for day in self.days.values())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An app's roll-ups of some days at one moment.

    Attributes:
        days: by day, in order; days without hits are left out.
        buckets: the buckets of the rows.
        dimensions: the dimensions of the rows.
        leaders: for each bucket the position of the one it is counted under.
        merged: whether any bucket is counted under another.
        renamed: the hash that a hash has now.
    """

    days: list[tuple[int, Day]]
    buckets: Names
    dimensions: Names
    leaders: Ints
    merged: bool
    renamed: dict[str, str]


class Columns:
    """The roll-ups in memory."""

    def __init__(self, database: Database, *, most_rows: int = _MOST_ROWS) -> None:
        self._database = database
        self._most_rows = most_rows
        self._apps: OrderedDict[int, Loaded] = OrderedDict()
        self._lock = threading.Lock()

    def snapshot(self, app_id: int, first: int, last: int) -> Snapshot:
        """An app's roll-ups from the first to the last day, as the database has them now."""
        with self._lock:
            loaded = self._apps.setdefault(app_id, Loaded())
            self._apps.move_to_end(app_id)
        with loaded.lock:
            found = self._database.read(lambda connection: _refresh(connection, loaded, app_id, first, last))
            self._pack(loaded, app_id)
        self._release(app_id)
        return found

    def _pack(self, loaded: Loaded, app_id: int) -> None:
        """Pack what was read for other processes, in short transactions, so that no upload waits long."""
        made: list[tuple[str, int, int, bytes]] = []
        for kind, names in _names_of(loaded):
            if len(names) > _WORTH_PACKING + loaded.packed.get(kind, 0) * 5 // 4:
                made.append((kind, 0, len(names), names.packed()))
                loaded.packed[kind] = len(names)
        for number, count in loaded.unpacked.items():
            if count > max(_WORTH_PACKING, len(loaded.days[number].counts) // 4):
                made.append(("day", number, loaded.days[number].version, _packed(loaded, loaded.days[number])))
                loaded.unpacked[number] = 0
        # Without a pack the next start is slower; nothing else depends on it.
        with suppress(StoreUnavailable):
            for kind, number, version, data in made:
                self._database.write(
                    partial(packs.write, app_id=app_id, kind=kind, day=number, version=version, data=data),
                    durable=False,
                )

    def _release(self, wanted: int) -> None:
        """Remove the least recently used apps if there is too much in memory."""
        with self._lock:
            total = sum(loaded.rows for loaded in self._apps.values())
            while total > self._most_rows and next(iter(self._apps)) != wanted:
                _, gone = self._apps.popitem(last=False)
                total -= gone.rows


def _refresh(connection: Connection, loaded: Loaded, app_id: int, first: int, last: int) -> Snapshot:
    """Bring the days up to date; called by one thread at a time for an app."""
    for kind, names in _names_of(loaded):
        if kind not in loaded.packed:
            pack = packs.read(connection, app_id, kind) if not names.ids else None
            loaded.packed[kind] = pack[0] if pack is not None and names.unpack(pack[1]) else 0
    statement = sa.select(ROLLUP_DAY.c.day, ROLLUP_DAY.c.version, ROLLUP_DAY.c.removed).where(
        ROLLUP_DAY.c.app_id == app_id, ROLLUP_DAY.c.day.between(first, last)
    )
    days = connection.execute(statement.order_by(ROLLUP_DAY.c.day)).all()
    for day, version, removed in days:
        known = loaded.days.get(day)
        if known is not None and known.version < removed:
            known = None
        if known is None:
            loaded.unpacked[day] = 0
            known = _unpacked(connection, loaded, app_id, day, removed)
        if known is None or known.version != version:
            known = _load(connection, loaded, app_id, day, version, known)
        loaded.days[day] = known
    app_version = connection.execute(sa.select(APP.c.version).where(APP.c.id == app_id)).scalar() or 0
    if loaded.leaders is None or loaded.leaders_version != app_version or len(loaded.leaders) != len(loaded.buckets):
        loaded.leaders = _leaders(connection, loaded, app_id)
        loaded.leaders_version = app_version
    merged = bool((loaded.leaders != np.arange(len(loaded.leaders))).any())
    found = [(row.day, loaded.days[row.day]) for row in days]
    return Snapshot(found, loaded.buckets, loaded.dimensions, loaded.leaders, merged, aliases(connection, app_id))


def _load(connection: Connection, loaded: Loaded, app_id: int, day: int, version: int, known: Day | None) -> Day:
    """A day with the rows that changed since it was last loaded."""
    statement = sa.select(ROLLUP.c.bucket_id, ROLLUP.c.dimensions_id, ROLLUP.c.count)
    statement = statement.where(ROLLUP.c.app_id == app_id, ROLLUP.c.day == day)
    if known is not None:
        statement = statement.where(ROLLUP.c.changed > known.version)
    rows = connection.execute(statement).all()
    loaded.unpacked[day] += len(rows)
    table = np.fromiter(chain.from_iterable(rows), np.int64, 3 * len(rows)).reshape(-1, 3)
    _learn(connection, loaded.buckets, table[:, 0], BUCKET, BUCKET_FIELDS)
    _learn(connection, loaded.dimensions, table[:, 1], DIMENSIONS, Dimensions._fields)
    if not len(table):
        empty = np.zeros(0, np.int32)
        return replace(known, version=version) if known is not None else Day(version, empty, empty, empty)
    buckets, dimensions = loaded.buckets.locate(table[:, 0]), loaded.dimensions.locate(table[:, 1])
    counts = table[:, 2].astype(np.int32)
    if known is not None:
        buckets, dimensions = np.concatenate([buckets, known.buckets]), np.concatenate([dimensions, known.dimensions])
        counts = np.concatenate([counts, known.counts])
        # The first of several rows with one key is the newest.
        _, first = np.unique(buckets.astype(np.int64) << 32 | dimensions, return_index=True)
        buckets, dimensions, counts = buckets[first], dimensions[first], counts[first]
    there = counts > 0
    if not there.all():
        buckets, dimensions, counts = buckets[there], dimensions[there], counts[there]
    return Day(version, buckets, dimensions, counts)


def _names_of(loaded: Loaded) -> tuple[tuple[str, Names], tuple[str, Names]]:
    return ("buckets", loaded.buckets), ("dimensions", loaded.dimensions)


def _packed(loaded: Loaded, day: Day) -> bytes:
    """A day as bytes, with ids instead of positions."""
    buckets, by_bucket = np.unique(day.buckets, return_inverse=True)
    dimensions, by_dimensions = np.unique(day.dimensions, return_inverse=True)
    bucket_ids, dimensions_ids = np.array(loaded.buckets.ids, np.int64), np.array(loaded.dimensions.ids, np.int64)
    rows = (by_bucket.reshape(-1).astype(np.int32), by_dimensions.reshape(-1).astype(np.int32), day.counts)
    return packs.pack_day(packs.PackedDay(bucket_ids[buckets], dimensions_ids[dimensions], *rows))


def _unpacked(connection: Connection, loaded: Loaded, app_id: int, day: int, removed: int) -> Day | None:
    """A day from its pack, if there is one and nothing was removed since."""
    pack = packs.read(connection, app_id, "day", day)
    rows = packs.unpack_day(pack[1]) if pack is not None and pack[0] >= removed else None
    if pack is None or rows is None:
        return None
    _learn(connection, loaded.buckets, rows.bucket_ids, BUCKET, BUCKET_FIELDS)
    _learn(connection, loaded.dimensions, rows.dimensions_ids, DIMENSIONS, Dimensions._fields)
    buckets, dimensions = loaded.buckets.locate(rows.bucket_ids), loaded.dimensions.locate(rows.dimensions_ids)
    return Day(pack[0], buckets[rows.buckets], dimensions[rows.dimensions], rows.counts)


def _learn(
    connection: Connection, names: Names, ids: npt.NDArray[np.int64], table: sa.Table, fields: Sequence[str]
) -> None:
    """Read the rows that are referred to and were not added yet."""
    unknown = names.unknown(ids)
    if not unknown:
        return
    columns = [table.c[name] for name in fields]
    found: dict[int, Sequence[str]] = {}
    for some in in_chunks(unknown, 5000):
        statement = sa.select(table.c.id, *columns).where(table.c.id.in_(some))
        found |= {row[0]: row[1:] for row in connection.execute(statement)}
    # The row was removed: only a count of 0 may refer to it.
    names.add((number, found.get(number, [""] * len(fields))) for number in unknown)


def _leaders(connection: Connection, loaded: Loaded, app_id: int) -> Ints:
    """For each bucket the position of the one it is counted under: itself, if it is not merged."""
    merged = sa.select(BUCKET.c.id, BUCKET.c.leader_id).where(
        BUCKET.c.app_id == app_id, BUCKET.c.leader_id.is_not(None)
    )
    pairs: list[Any] = list(connection.execute(merged))
    _learn(connection, loaded.buckets, np.array([row.leader_id for row in pairs], np.int64), BUCKET, BUCKET_FIELDS)
    _learn(connection, loaded.buckets, np.array([row.id for row in pairs], np.int64), BUCKET, BUCKET_FIELDS)
    leaders = np.arange(len(loaded.buckets), dtype=np.int32)
    for row in pairs:
        leaders[loaded.buckets.positions[row.id]] = loaded.buckets.positions[row.leader_id]
    return leaders
