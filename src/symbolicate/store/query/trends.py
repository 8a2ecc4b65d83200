"""Trends: hits per day by version and by failure, compared with the period before; counts of every dimension."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from symbolicate.store.database.clock import day_of
from symbolicate.store.query.columns import BUCKET_FIELDS
from symbolicate.summary.dimensions import CRASHES, EVENT_TYPES, HANDLED, REQUESTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from symbolicate.store.query.columns import Ints, Names, Snapshot

__all__ = ["CHOICES", "EVENTS", "FailureTrend", "Range", "Share", "Stacked", "Trends", "trends"]

CHOICES = ("application_version", "os_version", "os_release", "market", "device_type", "file_name")
"""The dimensions that hits are selected by, and counted by."""

EVENTS: dict[str, tuple[str, ...]] = {
    "crash": CRASHES,
    "handled": (HANDLED,),
    "requested": (REQUESTED,),
    "any": EVENT_TYPES,
}
"""The kinds of events, with their event types."""

_VERSIONS = 6  # versions with a series of their own
_SHARES = 50  # values of a dimension

_Matrix = npt.NDArray[np.int64]
_Weights = npt.NDArray[np.float64]


class Range(NamedTuple):
    """Which hits are counted.

    Attributes:
        start: the first day.
        end: the last day.
        values: the value that each dimension must have.
        events: a key of `EVENTS`.
    """

    start: date
    end: date
    values: Mapping[str, str]
    events: str = "crash"

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.end - self.start).days + 1

    @property
    def before(self) -> date:
        """The first day of the period of the same length before this one."""
        return self.start - timedelta(days=self.days)


class Stacked(NamedTuple):
    """Hits per day of one version. `version` is None for all versions that have no series of their own."""

    version: str | None
    days: list[int]

    @property
    def total(self) -> int:
        """The hits of all days."""
        return sum(self.days)


class FailureTrend(NamedTuple):
    """The hits of a failure: per day, in the whole period, and in the period before."""

    hash: str
    name: str
    symbol: str
    days: list[int]
    hits: int
    before: int


class Share(NamedTuple):
    """The hits with one value of a dimension, in the period and in the period before."""

    value: str
    hits: int
    before: int


class Trends(NamedTuple):
    """Counts of a period.

    Attributes:
        range: which hits were counted.
        crashes: crashes per day by version, the most frequent versions first. These, and the handled errors, do not
            depend on the kind of event of the range.
        handled: handled errors per day by version, in the same form.
        failures: the failures with hits in the period, the most frequent first.
        failure_count: how many failures have hits in the period.
        fresh: the failures with hits in the period and none in the period before, the most frequent first.
        gone: the failures that only had hits in the period before, the most frequent first.
        shares: for each of `CHOICES` the hits by value, the most frequent first.
        total: the hits of the period.
        before: the hits of the period before.
    """

    range: Range
    crashes: list[Stacked]
    handled: list[Stacked]
    failures: list[FailureTrend]
    failure_count: int
    fresh: list[FailureTrend]
    gone: list[FailureTrend]
    shares: dict[str, list[Share]]
    total: int
    before: int


class _Rows(NamedTuple):
    """Rows of roll-ups: the day within two periods, the failure's leader and the dimensions as positions, the count.

    There may be a million of them, so that filters set counts to 0 instead of copying the rows that match: every sum is
    one pass of `numpy.bincount`, which reads counts as floating-point numbers.
    """

    days: Ints
    buckets: Ints
    dimensions: Ints
    counts: _Weights

    def where(self, flags: npt.NDArray[np.bool_]) -> _Rows:
        """The rows of these flags."""
        if flags.all():
            return self
        return _Rows(self.days[flags], self.buckets[flags], self.dimensions[flags], self.counts[flags])

    def of(self, dimensions: npt.NDArray[np.bool_]) -> _Rows:
        """The rows, with no counts but for these dimensions."""
        return self if dimensions.all() else self._replace(counts=self.counts * dimensions[self.dimensions])


def trends(snapshot: Snapshot, wanted: Range, top: int, failure: str | None = None) -> Trends:
    """The counts of a period.

    Args:
        snapshot: the roll-ups of the period and of the one before.
        wanted: which hits are counted.
        top: failures at most, in each list.
        failure: the hash of the only failure that is counted, which leads its bucket.
    """
    rows = _rows(snapshot, wanted)
    if failure is not None:
        buckets = snapshot.buckets
        rows = rows.where((buckets.column("hash") == buckets.code("hash", failure))[rows.buckets])
    chosen = _chosen(snapshot.dimensions, wanted.values)
    # Every choice of a filter is counted without that filter, so that another value can be chosen.
    types = _of_types(snapshot.dimensions, EVENTS[wanted.events])
    by_dimensions = _by_dimensions(rows, len(snapshot.dimensions), wanted.days) * types[:, np.newaxis]
    shares = {name: _shares(snapshot.dimensions, name, by_dimensions, chosen) for name in CHOICES}
    if chosen:
        rows = rows.of(np.logical_and.reduce(list(chosen.values())))
    crashes, handled = _stacked(snapshot.dimensions, rows, wanted.days)
    failures, count, fresh, gone, (before, total) = _failures(snapshot.buckets, rows.of(types), wanted.days, top)
    return Trends(wanted, crashes, handled, failures, count, fresh, gone, shares, total, before)


def _rows(snapshot: Snapshot, wanted: Range) -> _Rows:
    first = day_of(wanted.before)
    some = [(day - first, rows) for day, rows in snapshot.days if first <= day <= day_of(wanted.end)]
    if not some:
        none = np.zeros(0, np.int32)
        return _Rows(none, none, none, np.zeros(0))
    return _Rows(
        np.repeat(np.array([day for day, _ in some], np.int32), [len(rows.counts) for _, rows in some]),
        snapshot.leaders[np.concatenate([rows.buckets for _, rows in some])],
        np.concatenate([rows.dimensions for _, rows in some]),
        np.concatenate([rows.counts for _, rows in some], dtype=np.float64, casting="unsafe"),
    )


def _of_types(dimensions: Names, types: Sequence[str]) -> npt.NDArray[np.bool_]:
    """For each row of dimensions whether it has one of these event types."""
    codes = [code for code, value in enumerate(dimensions.vocabulary("event_type")) if value in types]
    return np.isin(dimensions.column("event_type"), codes)


def _chosen(dimensions: Names, values: Mapping[str, str]) -> dict[str, npt.NDArray[np.bool_]]:
    """For each dimension of a filter: for each row of dimensions whether it has the value."""
    return {name: dimensions.column(name) == dimensions.code(name, value) for name, value in values.items()}


def _by_dimensions(rows: _Rows, size: int, days: int) -> _Matrix:
    """For each row of dimensions the hits of the period before, and those of the period: far fewer rows to add up."""
    return _table(rows.dimensions, rows.days >= days, rows.counts, (size, 2))


def _shares(dimensions: Names, name: str, hits: _Matrix, chosen: Mapping[str, npt.NDArray[np.bool_]]) -> list[Share]:
    """The hits by value of a dimension, with all filters but its own."""
    flags = [mask for other, mask in chosen.items() if other != name]
    if flags:
        hits = hits * np.logical_and.reduce(flags)[:, np.newaxis]
    values, codes = dimensions.vocabulary(name), dimensions.column(name)
    before, counts = (np.bincount(codes, weights=hits[:, one], minlength=len(values)) for one in (0, 1))
    found = [code for code in np.lexsort([-before, -counts])[:_SHARES].tolist() if counts[code] or before[code]]
    return [Share(values[code], int(counts[code]), int(before[code])) for code in found]


def _stacked(names: Names, rows: _Rows, days: int) -> tuple[list[Stacked], list[Stacked]]:
    """The hits per day by version: of crashes, and of handled errors."""
    versions = names.vocabulary("application_version")
    # For each row of dimensions the line of a table: the version as a crash, as a handled error, or neither.
    lines = np.full(len(names), 2 * len(versions), np.int64)
    for place, types in enumerate((CRASHES, (HANDLED,))):
        flags = _of_types(names, types)
        lines[flags] = place * len(versions) + names.column("application_version")[flags]
    table = _table(lines[rows.dimensions], rows.days, rows.counts, (2 * len(versions) + 1, 2 * days))[:-1, days:]
    crashes, handled = (_series(versions, part) for part in np.split(table, 2))
    return crashes, handled


def _series(versions: Sequence[str], table: _Matrix) -> list[Stacked]:
    """The most frequent versions, and the sum of the others."""
    totals = table.sum(axis=1)
    order = [code for code in np.argsort(-totals, kind="stable").tolist() if totals[code]]
    shown = [Stacked(versions[code], table[code].tolist()) for code in order[:_VERSIONS]]
    if len(order) > _VERSIONS:
        shown.append(Stacked(None, table[order[_VERSIONS:]].sum(axis=0).tolist()))
    return shown


def _failures(
    buckets: Names, rows: _Rows, days: int, top: int
) -> tuple[list[FailureTrend], int, list[FailureTrend], list[FailureTrend], tuple[int, int]]:
    """The most frequent failures, their number, new and gone ones, and the hits of the two periods."""
    size = len(buckets)
    both = _table(rows.buckets, rows.days >= days, rows.counts, (size, 2))
    before, counts = both[:, 0], both[:, 1]
    most, fresh = _most(counts, top), _most(np.where(before == 0, counts, 0), top)
    gone = _most(np.where(counts == 0, before, 0), top)
    every = sorted({*most, *fresh, *gone})
    # All other failures have the last line of the table in common.
    place = np.full(size, len(every), np.int64)
    place[every] = np.arange(len(every))
    table = _table(place[rows.buckets], rows.days, rows.counts, (len(every) + 1, 2 * days))[:, days:]
    totals = (int(before.sum()), int(counts.sum()))

    def texts(position: int) -> tuple[str, str, str]:
        values = [buckets.vocabulary(field)[int(buckets.column(field)[position])] for field in BUCKET_FIELDS]
        return values[0], values[1], values[2]

    def listed(positions: list[int]) -> list[FailureTrend]:
        return [
            FailureTrend(*texts(one), table[place[one]].tolist(), int(counts[one]), int(before[one]))
            for one in positions
        ]

    return listed(most), int(np.count_nonzero(counts)), listed(fresh), listed(gone), totals


def _most(counts: npt.NDArray[np.int64], top: int) -> list[int]:
    """The positions with the largest counts, but 0."""
    found: list[int] = np.argsort(-counts, kind="stable")[:top].tolist()
    return [position for position in found if counts[position]]


def _table(rows: npt.NDArray[Any], columns: npt.NDArray[Any], counts: _Weights, shape: tuple[int, int]) -> _Matrix:
    """The sums of counts by row and column."""
    keys = np.multiply(rows, shape[1], dtype=np.int64)
    keys += columns
    return np.bincount(keys, weights=counts, minlength=shape[0] * shape[1]).astype(np.int64).reshape(shape)
