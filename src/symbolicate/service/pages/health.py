"""`/apps/{app}`: the health of an app: hits per day with versions, and the failures that matter most."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from litestar import Request, Response, get

from symbolicate.render.html.chart import Series, Sparkline, change, sparkline, stacked
from symbolicate.service.context import context_of
from symbolicate.service.health_facts import crash_free_facts
from symbolicate.service.health_lines import line_of_devices
from symbolicate.service.pages.apps import app_of
from symbolicate.service.pages.filters import LABELS, NAMES, PERIODS, asked_range, query_of
from symbolicate.service.pages.rendering import page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from symbolicate.store.query import FailureHistory, Range, Trends
    from symbolicate.store.query.trends import FailureTrend, Stacked

__all__ = ["EVENT_LABELS", "FailureRow", "failure_rows", "health"]

_TOP = 50
_FRESH = 10

EVENT_LABELS = {"crash": "Crashes", "handled": "Handled errors", "requested": "Requested dumps", "any": "All events"}
"""The kinds of events as people read them."""


class FailureRow(NamedTuple):
    """A failure in a list.

    Attributes:
        mark: `new` if its first hit is in the period, `returned` if it has earlier hits but none in the period before.
    """

    hash: str
    name: str
    hits: int
    change: str
    before: int
    line: Sparkline
    state: str
    mark: str
    installations: int
    first_seen: date | None


@get("/apps/{app:int}")
async def health(request: Request[Any, Any, Any], app: int) -> Response[bytes]:
    """The health of an app, filtered as the address says."""
    context = context_of(request)

    def work() -> Response[bytes]:
        found = app_of(request, app)
        wanted = asked_range(request)
        query = context.store.query
        counted = query.trends(found, wanted, top=_TOP)
        shown = [*counted.fresh[:_FRESH], *counted.failures]
        crash_free = crash_free_facts(query.crash_free(found, wanted))
        known = query.histories(found, [one.hash for one in shown])
        days = [wanted.start + timedelta(days=number) for number in range(wanted.days)]
        return page(
            request,
            "health.html",
            "Health",
            app=found,
            wanted=wanted,
            charts_of_events=[
                (label, stacked(days, _series(found_of)), sum(one.total for one in found_of))
                for label, found_of in (("Crashes", counted.crashes), ("Handled errors", counted.handled))
            ],
            counted=counted,
            crash_free=crash_free,
            line=line_of_devices(days, crash_free),
            change=change(counted.total, counted.before),
            fresh=failure_rows(counted.fresh[:_FRESH], known, wanted.start),
            failures=failure_rows(counted.failures, known, wanted.start),
            last=None if counted.total or counted.before else query.last_day(found),
            filters=_filters(counted),
            periods=[(days, query_of(wanted, **_period(wanted, days))) for days in PERIODS],
            events=EVENT_LABELS,
            query=query_of(wanted),
            days=days,
        )

    return await asyncio.to_thread(work)


def failure_rows(failures: Sequence[FailureTrend], known: dict[str, FailureHistory], start: date) -> list[FailureRow]:
    """Failures as lists show them.

    Args:
        failures: their counts.
        known: their histories.
        start: the first day of the period.
    """
    rows = []
    for one in failures:
        history = known.get(one.hash)
        first = history.first_seen if history is not None else None
        mark = "" if one.before or first is None else "new" if first >= start else "returned"
        rows.append(
            FailureRow(
                one.hash,
                one.name,
                one.hits,
                change(one.hits, one.before),
                one.before,
                sparkline(one.days),
                history.state if history is not None else "open",
                mark,
                history.installations if history is not None else 0,
                first,
            )
        )
    return rows


def _series(found: Sequence[Stacked]) -> list[Series]:
    return [Series(one.version or "", one.days) for one in found]


def _period(wanted: Range, days: int) -> dict[str, str]:
    return {"from": (wanted.end - timedelta(days=days - 1)).isoformat()}


def _filters(counted: Trends) -> list[dict[str, Any]]:
    """The fields of the form: for each dimension the values there are, with their counts."""
    wanted = counted.range
    fields = []
    for parameter, name in NAMES.items():
        chosen = wanted.values.get(name, "")
        options = [(share.value, share.hits) for share in counted.shares[name]]
        if chosen and chosen not in {value for value, _ in options}:
            options.insert(0, (chosen, 0))
        if chosen or len(options) > 1:
            fields.append({"name": parameter, "label": LABELS[parameter], "chosen": chosen, "options": options})
    return fields
