"""`/api/v1/reports`: single reports."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response, Router, get, post

from symbolicate.service.access.guard import caller_of, needs
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.responses import as_json, error_handlers, rest_error
from symbolicate.store import NotFound

if TYPE_CHECKING:
    from symbolicate.store import App, Stored

__all__ = ["report_of", "router"]

_ID = re.compile(r"[0-9a-f]{8,64}")


@get("/reports/{report_id:str}", summary="Show a report")
async def report(request: Request[Any, Any, Any], report_id: str) -> Response[bytes]:
    """The state of a report, by its public id."""
    return as_json(await asyncio.to_thread(lambda: msgspec.json.encode(report_of(request, report_id))))


@get("/reports/{report_id:str}/report", summary="Get the symbolicated report")
async def document(request: Request[Any, Any, Any], report_id: str) -> Response[bytes]:
    """The symbolicated report as JSON; 404 as long as there is none."""
    context = context_of(request)

    def work() -> bytes:
        found = context.store.reports.report_json(report_of(request, report_id).id)
        if found is None:
            raise RefusedError(404, "NotFound", "the report is not processed yet")
        return found

    return as_json(await asyncio.to_thread(work))


@post("/reports/{report_id:str}/requeue", status_code=200, summary="Process a report again", guards=[needs("admin")])
async def requeue(request: Request[Any, Any, Any], report_id: str) -> Response[bytes]:
    """Put a report into the queue again."""
    context = context_of(request)

    def work() -> dict[str, int]:
        return {"requeued": context.store.queue.requeue([report_of(request, report_id).id], reason="asked")}

    return as_json(await asyncio.to_thread(work))


router = Router(
    "/api/v1",
    route_handlers=[report, document, requeue],
    guards=[needs("query")],
    exception_handlers=error_handlers(rest_error),
    tags=["Reports"],
)


def report_of(request: Request[Any, Any, Any], report_id: str, app: App | None = None) -> Stored:
    """A report by its public id; one that the caller may not see is treated as one that does not exist.

    Args:
        request: the request, with its caller.
        report_id: the id.
        app: the app that it must belong to.

    Raises:
        RefusedError: no report has this id, or the caller may not act for its app.
    """
    try:
        found = context_of(request).store.reports.get(report_id) if _ID.fullmatch(report_id) else None
    except NotFound:
        found = None
    foreign = found is not None and app is not None and found.app_id != app.id
    if found is None or foreign or not caller_of(request).may_act_for(found.app_id):
        raise RefusedError(404, "NotFound", "no report has this id")
    return found
