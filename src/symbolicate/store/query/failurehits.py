"""`failurehits`: counts of failures by time, place and program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from symbolicate.store.database.clock import date_of, day_of
from symbolicate.store.query.count import Counted, Longs, codes, counted, first_of
from symbolicate.store.query.filter import fields_of
from symbolicate.store.query.page import Page
from symbolicate.store.query.parameters import Order, Parameters, next_link
from symbolicate.store.query.periods import LEVELS, Periods
from symbolicate.store.query.select import BUCKET_NAMES, selection
from symbolicate.store.query.values import DATE, EVENT_TYPE
from symbolicate.summary.dimensions import CRASHES, NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from symbolicate.store.query.columns import Columns, Day, Ints, Snapshot
    from symbolicate.store.query.filter import Node
    from symbolicate.store.query.select import Flags
    from symbolicate.store.records import App

__all__ = ["FIELDS", "GROUP_FIELDS", "ROW", "HitsRequest", "failurehits", "read_hits_request"]

FIELDS = (
    "fileName",
    "applicationVersion",
    "failureName",
    "failureHash",
    "symbol",
    "osVersion",
    "osBuild",
    "osRelease",
    "eventType",
    "market",
    "deviceType",
    "productName",
    "date",
)
"""The fields of filters and orders."""

GROUP_FIELDS = (
    "failureName",
    "failureHash",
    "symbol",
    "osVersion",
    "eventType",
    "market",
    "deviceType",
    # Documented for ordering only; the Store's own examples group by it.
    "osRelease",
    "osBuild",
    "fileName",
    "applicationVersion",
    "productName",
)
"""The fields of groups: those that are documented first, then the others."""

ROW = (
    "date",
    "applicationId",
    "productName",
    "appName",
    "fileName",
    "failureName",
    "failureHash",
    "symbol",
    "osBuild",
    "osVersion",
    "osRelease",
    "eventType",
    "market",
    "deviceType",
    "applicationVersion",
    "eventCount",
)
"""The fields of a row that is not grouped, in the documented order."""

_MOST_BUCKETS = 1000  # in weeks and months
_METHOD = "desktop/failurehits"
_DATE = "date"
_EVENT_TYPE = "eventType"
_VALUES = {_DATE: DATE, _EVENT_TYPE: EVENT_TYPE}


class HitsRequest(NamedTuple):
    """A request, read from its parameters."""

    application_id: str
    start: date
    end: date
    top: int
    skip: int
    filter: Node | None
    filter_text: str
    level: str
    order: list[Order]
    group: list[str]
    group_text: str
    order_text: str

    @property
    def crashes_alone(self) -> bool:
        """Whether handled errors and requested dumps are left out: if neither rows nor filter name the event type.

        A client that adds up rows without an event type takes all of them for crashes.
        """
        named = fields_of(self.filter) if self.filter is not None else set()
        return bool(self.group) and _EVENT_TYPE not in self.group and _EVENT_TYPE not in named

    def next_link(self) -> str:
        """The link to the next page."""
        return next_link(
            _METHOD,
            [
                ("applicationId", self.application_id),
                ("aggregationLevel", self.level),
                ("startDate", self.start.strftime("%Y/%m/%d")),
                ("endDate", self.end.strftime("%Y/%m/%d")),
                ("top", str(self.top)),
                ("skip", str(self.skip + self.top)),
                ("groupby", self.group_text),
                ("filter", self.filter_text),
                ("orderby", self.order_text),
            ],
        )


def read_hits_request(given: Mapping[str, str], today: date | None = None) -> HitsRequest:
    """Read the parameters.

    Raises:
        QueryError: they are wrong.
    """
    read = Parameters(given, today)
    application_id = read.text("applicationId", required=True)
    start, end = read.dates()
    top, skip = read.page()
    level = read.one_of("aggregationLevel", LEVELS, "day")
    group = read.fields("groupby", GROUP_FIELDS)
    order = read.order(FIELDS)
    for one in order:
        if group and one.field not in (*group, _DATE):
            read.problem(f"orderby parameter names '{one.field}', which is not in the groupby parameter")
    request = HitsRequest(
        application_id,
        start,
        end,
        top,
        skip,
        read.filter(FIELDS, _VALUES),
        read.given("filter"),
        level,
        order,
        group,
        read.given("groupby"),
        read.given("orderby"),
    )
    read.check()
    return request


def failurehits(request: HitsRequest, app: App | None, columns: Columns) -> Page:
    """Run the query."""
    if app is None:
        return Page([], 0)
    snapshot = columns.snapshot(app.id, day_of(request.start), day_of(request.end))
    if not snapshot.days:
        return Page([], 0)
    return _Answer(request, app, snapshot).page()


class _Rows(NamedTuple):
    """The rows of a period that match the filter: buckets are the leaders, all as positions in `Names`."""

    period: int
    buckets: Ints
    dimensions: Ints
    counts: Ints


class _Answer:
    def __init__(self, request: HitsRequest, app: App, snapshot: Snapshot) -> None:
        self.request = request
        self.app = app
        self.snapshot = snapshot
        self.periods = Periods(request.level, request.start, request.end)
        fields = request.group or [name for name in FIELDS if name != _DATE]
        self.bucket_fields = [BUCKET_NAMES[name] for name in fields if name in BUCKET_NAMES]
        self.dimension_fields = [NAMES[name] for name in fields if name in NAMES]

    def page(self) -> Page:
        """The requested page."""
        request = self.request
        parts = self._matching()
        if request.level != "day":
            parts = self._most_frequent(parts)
        groups: dict[int, Counted] = {}
        if request.group:
            bucket_codes, bucket_rows = codes(self.snapshot.buckets, self.bucket_fields)
            dimension_codes, dimension_rows = codes(self.snapshot.dimensions, self.dimension_fields)
        else:
            # Buckets differ in their hash, and dimensions in some field: each is a group of its own.
            bucket_codes = bucket_rows = np.arange(len(self.snapshot.buckets), dtype=np.int32)
            dimension_codes = dimension_rows = np.arange(len(self.snapshot.dimensions), dtype=np.int32)
        for period, some in _by_period(parts).items():
            if request.level == "day" and not request.group and not self.snapshot.merged:
                # A day's rows of roll-up differ in bucket or dimensions already.
                groups[period] = Counted(some[0].buckets, some[0].dimensions, some[0].counts)
                continue
            buckets = bucket_codes[np.concatenate([part.buckets for part in some])]
            dimensions = dimension_codes[np.concatenate([part.dimensions for part in some])]
            counts = np.concatenate([part.counts for part in some])
            groups[period] = counted(buckets, dimensions, counts, max(1, len(dimension_rows)), len(bucket_rows))
        total = sum(len(group.counts) for group in groups.values())
        rows = self._ordered(groups, bucket_rows, dimension_rows)
        more = request.skip + len(rows) < total and len(rows) == request.top
        return Page(rows, total, request.next_link() if more else None)

    def _matching(self) -> list[_Rows]:
        """The rows that match the filter."""
        snapshot, periods = self.snapshot, self.periods
        days: list[tuple[int, Day]] = [(periods.number(date_of(day)), rows) for day, rows in snapshot.days]
        mask = None
        if self.request.filter is not None:
            starts = [periods.first(number) for number in range(days[-1][0] + 1)]
            mask = selection(self.request.filter, snapshot, starts)
        of_crash = self._of_crashes() if self.request.crashes_alone else None
        parts = []
        for period, day in days:
            part = _Rows(period, day.buckets, day.dimensions, day.counts)
            if mask is not None:
                matching = mask.rows(day.buckets, day.dimensions, period)
                part = _Rows(period, day.buckets[matching], day.dimensions[matching], day.counts[matching])
            if of_crash is not None:
                matching = of_crash[part.dimensions]
                part = _Rows(period, part.buckets[matching], part.dimensions[matching], part.counts[matching])
            if snapshot.merged:
                part = part._replace(buckets=snapshot.leaders[part.buckets])
            if len(part.counts):
                parts.append(part)
        return parts

    def _of_crashes(self) -> Flags | None:
        """For each row of dimensions whether it is about crashes; None if all are."""
        names = self.snapshot.dimensions
        others = [i for i, value in enumerate(names.vocabulary("event_type")) if value not in CRASHES]
        return ~np.isin(names.column("event_type"), others) if others else None

    def _most_frequent(self, parts: list[_Rows]) -> list[_Rows]:
        """The rows of the buckets with the most hits, if the number of buckets is limited."""
        size = len(self.snapshot.buckets)
        totals = np.zeros(size, np.float64)
        for part in parts:
            totals += np.bincount(part.buckets, weights=part.counts, minlength=size)
        if np.count_nonzero(totals) <= _MOST_BUCKETS:
            return parts
        matching = np.zeros(size, np.bool_)
        matching[np.argsort(-totals, kind="stable")[:_MOST_BUCKETS]] = True
        masks = [matching[part.buckets] for part in parts]
        return [
            _Rows(part.period, part.buckets[mask], part.dimensions[mask], part.counts[mask])
            for part, mask in zip(parts, masks, strict=True)
            if mask.any()
        ]

    def _ordered(self, groups: dict[int, Counted], bucket_rows: Ints, dimension_rows: Ints) -> list[dict[str, Any]]:
        """The rows of the page, in order."""
        request, snapshot = self.request, self.snapshot
        order, skip = request.order, request.skip
        chosen = sorted(groups)
        if not order or order[0].field == _DATE:
            # The page is within some periods; only those are sorted.
            if order and order[0].descending:
                chosen.reverse()
            chosen, skip = _within([(number, len(groups[number].counts)) for number in chosen], skip, request.top)
        if not chosen:
            return []
        sizes = [len(groups[number].counts) for number in chosen]
        place = np.repeat(np.arange(len(chosen)), sizes)
        buckets = bucket_rows[np.concatenate([groups[number].buckets for number in chosen])]
        dimensions = dimension_rows[np.concatenate([groups[number].dimensions for number in chosen])]
        counts = np.concatenate([groups[number].counts for number in chosen])
        keys: list[tuple[Longs, int]] = []
        for one in order:
            if one.field == _DATE:
                # `chosen` is in the requested order already if the date comes first, else ascending.
                turned = one.descending and one is not order[0]
                ranks, bound = (len(chosen) - 1 - place if turned else place), len(chosen)
            else:
                names = snapshot.buckets if one.field in BUCKET_NAMES else snapshot.dimensions
                field = BUCKET_NAMES.get(one.field) or NAMES[one.field]
                ranks = names.rank(field)[names.column(field)][buckets if names is snapshot.buckets else dimensions]
                bound = len(names.vocabulary(field))
                ranks = bound - 1 - ranks if one.descending else ranks
            keys.append((ranks.astype(np.int64), bound))
        if not order:
            most = int(counts.max())
            keys = [(place.astype(np.int64), len(chosen)), (most - counts, most + 1)]
        elif all(one.field != _DATE for one in order):
            keys.append((place.astype(np.int64), len(chosen)))
        picked = first_of(keys, len(counts), skip, request.top)
        dates = [self.periods.first(number).isoformat() for number in chosen]
        return self._rows(
            [dates[i] for i in place[picked].tolist()], buckets[picked], dimensions[picked], counts[picked].tolist()
        )

    def _rows(self, dates: list[str], buckets: Ints, dimensions: Ints, counts: list[int]) -> list[dict[str, Any]]:
        """The rows in the documented form."""
        snapshot = self.snapshot
        size = len(dates)
        columns: dict[str, Sequence[Any]] = {
            "date": dates,
            "applicationId": [self.app.application_id] * size,
            "eventCount": counts,
        }
        for name in self.request.group or ROW:
            if name in columns:
                continue
            names = snapshot.buckets if name in BUCKET_NAMES else snapshot.dimensions
            field = BUCKET_NAMES.get(name) or NAMES[name]
            values, which = names.vocabulary(field), buckets if names is snapshot.buckets else dimensions
            columns[name] = [values[code] for code in names.column(field)[which].tolist()]
        shown: Sequence[str] = ROW
        if self.request.group:
            columns["applicationName"] = [self._application_name()] * size
            shown = ("date", "applicationId", "applicationName", *self.request.group, "eventCount")
        return [dict(zip(shown, row, strict=True)) for row in zip(*(columns[name] for name in shown), strict=True)]

    def _application_name(self) -> str:
        """The app's name for people: as configured, else the most frequent one in its dimensions."""
        if self.app.product_name or self.app.name:
            return self.app.product_name or self.app.name or ""
        names = self.snapshot.dimensions
        return names.vocabulary("product_name")[int(np.bincount(names.column("product_name")).argmax())]


def _by_period(parts: list[_Rows]) -> dict[int, list[_Rows]]:
    found: dict[int, list[_Rows]] = {}
    for part in parts:
        found.setdefault(part.period, []).append(part)
    return found


def _within(sizes: list[tuple[int, int]], skip: int, top: int) -> tuple[list[int], int]:
    """Given the numbers of rows of periods, in order: the periods of a page, and how many rows to skip in them."""
    chosen: list[int] = []
    before = 0
    first = skip
    for number, size in sizes:
        if before + size > skip and before < skip + top:
            if not chosen:
                first = skip - before
            chosen.append(number)
        before += size
    return chosen, first
