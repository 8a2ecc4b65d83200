"""`/reports/{id}`: a report: its stacks, modules and files; downloads of the dump, the JSON and the attachments."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get

from symbolicate.render.html.page import report_view
from symbolicate.report import Report
from symbolicate.service.access.reports import report_of
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.downloads import as_file
from symbolicate.service.pages.rendering import page
from symbolicate.service.source_links import source_links
from symbolicate.store import QueryError

__all__ = ["attachment", "document", "received", "report"]

_STATES = {"queued": "It waits to be processed.", "aside": "It could not be processed."}


@get("/reports/{report_id:str}")
async def report(request: Request[Any, Any, Any], report_id: str) -> Response[bytes]:
    """A report."""
    context = context_of(request)

    def work() -> Response[bytes]:
        stored = report_of(request, report_id)
        app = context.store.apps.get(stored.app_id)
        document = context.store.reports.report_json(stored.id)
        shown: dict[str, Any] = {}
        if document is not None:
            shown = report_view(Report.from_json(document), source_links(app, document, stored.annotations))
        return page(
            request,
            "report.html",
            stored.failure_name or "Report",
            app=app,
            stored=stored,
            document=document is not None,
            state=_STATES.get(stored.state, ""),
            **shown,
        )

    return await asyncio.to_thread(work)


@get("/reports/{report_id:str}/report.json")
async def document(request: Request[Any, Any, Any], report_id: str) -> Response[bytes]:
    """The symbolicated report as a file."""
    context = context_of(request)

    def work() -> Response[bytes]:
        stored = report_of(request, report_id)
        found = context.store.reports.report_json(stored.id)
        if found is None:
            raise RefusedError(404, "NotFound", "the report is not processed yet")
        return as_file(found, f"{stored.public_id}.report.json", "application/json")

    return await asyncio.to_thread(work)


@get("/reports/{report_id:str}/received")
async def received(request: Request[Any, Any, Any], report_id: str) -> Response[bytes]:
    """The dump, or the log as it was received."""
    context = context_of(request)

    def work() -> Response[bytes]:
        stored = report_of(request, report_id)
        app = context.store.apps.get(stored.app_id)
        try:
            cab = context.store.query.cab({"applicationId": app.application_id, "cabIdHash": stored.public_id})
        except QueryError as error:
            raise RefusedError(error.status, "NotFound", str(error)) from None
        return as_file(context.store.cab_data(cab), cab.file_name, cab.content_type)

    return await asyncio.to_thread(work)


@get("/reports/{report_id:str}/attachments/{number:int}")
async def attachment(request: Request[Any, Any, Any], report_id: str, number: int) -> Response[bytes]:
    """The bytes of an attachment of the report, by its number."""
    context = context_of(request)

    def work() -> Response[bytes]:
        for one in report_of(request, report_id).attachments:
            if one.id == number and one.kept:
                found, data = context.store.reports.attachment(one.public_id)
                return as_file(data, found.file_name or found.attachment_id, found.content_type)
        raise RefusedError(404, "NotFound", "no attachment of the report has this number")

    return await asyncio.to_thread(work)
