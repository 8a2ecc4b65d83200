"""`/apps/{app}/failures/{hash}`: a failure: what its name says, a stack, its trend, whom it affects."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get

from symbolicate.render import facts
from symbolicate.render.html.chart import Series, change, stacked
from symbolicate.render.html.stacks import stacks
from symbolicate.report import Report
from symbolicate.service.access.guard import caller_of
from symbolicate.service.context import context_of
from symbolicate.service.pages.apps import app_of, bucket_of
from symbolicate.service.pages.filters import LABELS, NAMES, asked_range, query_of
from symbolicate.service.pages.rendering import app_path, page, to
from symbolicate.service.source_links import source_links

if TYPE_CHECKING:
    from symbolicate.render.links import SourceLinks
    from symbolicate.service.context import Context
    from symbolicate.store import App
    from symbolicate.store.query import NewestHit

__all__ = ["failure"]

_REPORTS = 25


@get("/apps/{app:int}/failures/{hash_:str}")
async def failure(request: Request[Any, Any, Any], app: int, hash_: str) -> Response[bytes]:
    """A failure, in the period and with the filters that the address says."""
    context = context_of(request)

    def work() -> Response[bytes]:
        found = app_of(request, app)
        bucket = bucket_of(context, found, hash_)
        leader = bucket.leader or bucket.hash
        if leader != hash_:
            return to(f"{app_path(found)}/failures/{leader}")
        query = context.store.query
        wanted = asked_range(request)._replace(events="any")
        counted = query.trends(found, wanted, top=1, failure=bucket.hash)
        hits = query.newest_hits(found, [bucket.hash, *bucket.members], _REPORTS)
        days = [wanted.start + timedelta(days=number) for number in range(wanted.days)]
        report, links = _representative(context, found, hits)
        series = [Series(one.version or "", one.days) for one in (*counted.crashes, *counted.handled)]
        return page(
            request,
            "failure.html",
            bucket.name,
            app=found,
            bucket=bucket,
            history=query.histories(found, [bucket.hash])[bucket.hash],
            members=[(one, context.store.buckets.get(found, one)) for one in bucket.members],
            chart=stacked(days, series),
            counted=counted,
            change=change(counted.total, counted.before),
            hits=hits,
            representative=hits[0] if report is not None else None,
            failure=report.failure if report is not None else None,
            facts=_facts(report) if report is not None else [],
            stack=next(iter(stacks(report, links)), None) if report is not None else None,
            shares=[(LABELS[name], counted.shares[field], name) for name, field in NAMES.items()],
            wanted=wanted,
            query=query_of(wanted),
            may_change=caller_of(request).may("admin"),
            now=datetime.now(UTC),
        )

    return await asyncio.to_thread(work)


def _representative(context: Context, app: App, hits: list[NewestHit]) -> tuple[Report | None, SourceLinks | None]:
    """The first stored report of the newest three hits, and its links; None if these have expired."""
    for hit in hits[:3]:
        document = context.store.reports.report_json(hit.public_id)
        if document is not None:
            stored = context.store.reports.get(hit.public_id)
            return Report.from_json(document), source_links(app, document, stored.annotations)
    return None, None


def _facts(report: Report) -> list[tuple[str, str]]:
    """What the report says of the crash, without what the page says itself."""
    return [row for row in facts.crash(report) if row[1] and row[0] not in {"Failure", "Hash"}]
