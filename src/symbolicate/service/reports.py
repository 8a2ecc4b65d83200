"""`/api/v1/reports`: single reports, and those that were set aside."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import Parameter

from symbolicate.service.access.guard import needs
from symbolicate.service.answers import as_json, error_handlers, rest_error
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from symbolicate.store import Stored

__all__ = ["router"]

_ID = re.compile(r"[0-9a-f]{8,64}")
_MOST = 1000


@get("/reports/{report_id:str}", summary="Show a report")
async def report(request: Request[Any, Any, Any], report_id: str) -> Response[bytes]:
    """What is known of a report, by the id that its sender got."""
    context = context_of(request)
    return as_json(await asyncio.to_thread(lambda: msgspec.json.encode(_stored(context, report_id))))


@get("/reports/{report_id:str}/report", summary="Get the symbolicated report")
async def document(request: Request[Any, Any, Any], report_id: str) -> Response[bytes]:
    """The symbolicated report as JSON; 404 as long as there is none."""
    context = context_of(request)

    def work() -> bytes:
        found = context.store.reports.report_json(_stored(context, report_id).id)
        if found is None:
            raise RefusedError(404, "NotFound", "the report is not processed yet")
        return found

    return as_json(await asyncio.to_thread(work))


@post("/reports/{report_id:str}/requeue", status_code=200, summary="Process a report again", guards=[needs("admin")])
async def requeue(request: Request[Any, Any, Any], report_id: str) -> Response[bytes]:
    """Put a report into the queue once more."""
    context = context_of(request)

    def work() -> dict[str, int]:
        return {"requeued": context.store.queue.requeue([_stored(context, report_id).id], reason="asked")}

    return as_json(await asyncio.to_thread(work))


@get("/queue", summary="Show the queue")
async def queue(request: Request[Any, Any, Any]) -> Response[bytes]:
    """How many reports wait, are being processed, or were set aside."""
    context = context_of(request)
    return as_json(await asyncio.to_thread(context.store.queue.depth))


@get("/queue/aside", summary="List reports set aside")
async def aside(
    request: Request[Any, Any, Any], top: Annotated[int, Parameter(ge=1, le=_MOST)] = 100
) -> Response[bytes]:
    """Reports that could not be processed, each with the reason."""
    context = context_of(request)

    def work() -> list[dict[str, Any]]:
        return [
            {
                "id": one.public_id,
                "log_id": one.log_id,
                "kind": one.kind,
                "application_id": one.app.application_id,
                "attempts": one.attempts,
                "error": one.error,
                "since": one.since,
            }
            for one in context.store.queue.aside(limit=top)
        ]

    return as_json(await asyncio.to_thread(work))


@post("/queue/aside/requeue", status_code=200, summary="Try reports set aside again", guards=[needs("admin")])
async def requeue_aside(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Put every report that was set aside into the queue once more."""
    context = context_of(request)
    return as_json(await asyncio.to_thread(lambda: {"requeued": context.store.queue.requeue_aside()}))


router = Router(
    "/api/v1",
    route_handlers=[report, document, requeue, queue, aside, requeue_aside],
    guards=[needs("query")],
    exception_handlers=error_handlers(rest_error),
    tags=["Reports"],
)


def _stored(context: Context, report_id: str) -> Stored:
    found = context.store.reports.get(report_id) if _ID.fullmatch(report_id) else None
    if found is None:
        raise RefusedError(404, "NotFound", "no such report")
    return found
