"""`/apps/{app}/compare`: two versions: failures that are new, gone, or more frequent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from litestar import Request, Response, get

from symbolicate.render.html.chart import change
from symbolicate.service.context import context_of
from symbolicate.service.pages.apps import app_of
from symbolicate.service.pages.filters import asked_range, query_of
from symbolicate.service.pages.rendering import page

if TYPE_CHECKING:
    from symbolicate.store.query import Range, Trends
    from symbolicate.store.query.trends import FailureTrend

__all__ = ["compare"]

_MOST = 5000
_SHOWN = 100
_VERSION = "application_version"


class Compared(NamedTuple):
    """A failure in two versions: hits, and their share of all hits of the version in percent."""

    hash: str
    name: str
    old: int
    new: int
    old_share: float
    new_share: float


@get("/apps/{app:int}/compare")
async def compare(request: Request[Any, Any, Any], app: int) -> Response[bytes]:
    """The versions `old` and `new`; without them the two most frequent ones, in alphabetical order."""
    context = context_of(request)

    def work() -> Response[bytes]:
        found = app_of(request, app)
        wanted = asked_range(request)
        wanted = wanted._replace(values={name: one for name, one in wanted.values.items() if name != _VERSION})
        query = context.store.query
        versions = [one.value for one in query.trends(found, wanted, top=0).shares[_VERSION] if one.hits]
        frequent = [*sorted(versions[:2]), "", ""]
        old = request.query_params.get("old", "") or frequent[0]
        new = request.query_params.get("new", "") or frequent[1]

        def counted(version: str) -> Trends:
            return query.trends(found, _of(wanted, version), top=_MOST)

        before, after = counted(old), counted(new)
        rows = _rows(before, after)
        grown = [one for one in rows if one.old and one.new and one.new_share > one.old_share]
        return page(
            request,
            "compare.html",
            "Compare",
            app=found,
            wanted=wanted,
            versions=versions,
            old=old,
            new=new,
            totals=(before.total, after.total),
            change=change(after.total, before.total),
            lists=[
                (f"New in {new}", [one for one in rows if not one.old][:_SHOWN]),
                (f"Gone since {old}", sorted((one for one in rows if not one.new), key=_by_old)[:_SHOWN]),
                ("Grown", sorted(grown, key=lambda one: one.old_share - one.new_share)[:_SHOWN]),
            ],
            query=query_of(wanted),
        )

    return await asyncio.to_thread(work)


def _of(wanted: Range, version: str) -> Range:
    return wanted._replace(values={**wanted.values, _VERSION: version})


def _rows(before: Trends, after: Trends) -> list[Compared]:
    """Every failure of the two versions, the most frequent of the new one first."""
    old, new = ({one.hash: one for one in trends.failures} for trends in (before, after))

    def row(one: FailureTrend) -> Compared:
        hits = [trends[one.hash].hits if one.hash in trends else 0 for trends in (old, new)]
        shares = [
            100 * count / total if total else 0.0
            for count, total in zip(hits, (before.total, after.total), strict=True)
        ]
        return Compared(one.hash, one.name, hits[0], hits[1], shares[0], shares[1])

    rows = [row(one) for one in {**old, **new}.values()]
    return sorted(rows, key=lambda one: (-one.new, one.name))


def _by_old(one: Compared) -> tuple[int, str]:
    return -one.old, one.name
