"""`/apps/{app}/compare`: two versions: failures that are new, gone, or more frequent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get

from symbolicate.render.html.chart import change
from symbolicate.service.comparison import VERSION, compare_versions
from symbolicate.service.context import context_of
from symbolicate.service.pages.apps import app_of
from symbolicate.service.pages.filters import asked_range, query_of
from symbolicate.service.pages.rendering import page

if TYPE_CHECKING:
    from symbolicate.service.comparison import Compared

__all__ = ["compare"]

_SHOWN = 100


@get("/apps/{app:int}/compare")
async def compare(request: Request[Any, Any, Any], app: int) -> Response[bytes]:
    """The versions `old` and `new`; without them the two most frequent ones, in alphabetical order."""
    context = context_of(request)

    def work() -> Response[bytes]:
        found = app_of(request, app)
        wanted = asked_range(request)
        wanted = wanted._replace(values={name: one for name, one in wanted.values.items() if name != VERSION})
        query = context.store.query
        versions = [one.value for one in query.trends(found, wanted, top=0).shares[VERSION] if one.hits]
        frequent = [*sorted(versions[:2]), "", ""]
        old = request.query_params.get("old", "") or frequent[0]
        new = request.query_params.get("new", "") or frequent[1]

        (before, after), rows = compare_versions(query, found, wanted, old, new)
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
            totals=(before, after),
            change=change(after, before),
            lists=[
                (f"New in {new}", [one for one in rows if not one.old][:_SHOWN]),
                (f"Gone since {old}", sorted((one for one in rows if not one.new), key=_by_old)[:_SHOWN]),
                ("Grown", sorted(grown, key=lambda one: one.old_share - one.new_share)[:_SHOWN]),
            ],
            query=query_of(wanted),
        )

    return await asyncio.to_thread(work)


def _by_old(one: Compared) -> tuple[int, str]:
    return -one.old, one.name
