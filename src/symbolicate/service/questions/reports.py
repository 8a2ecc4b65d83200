"""`/api/v1/reports`: single reports."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post

from symbolicate.service.access.guard import needs
from symbolicate.service.access.reports import report_of
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.responses import as_json, error_handlers, rest_error

__all__ = ["router"]


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
