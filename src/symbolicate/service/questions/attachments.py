"""Attachments of reports: as lists, as text, and as files behind short-lived links.

Below `/v0.1/apps/{owner}/{app}/errors/{errorId}` in the form of App Center's REST API, below `/api/v1/reports` by the
public id of a report.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, Router, get

from symbolicate.service.access.apps import known_app
from symbolicate.service.access.guard import caller_of, needs
from symbolicate.service.access.links import check_link
from symbolicate.service.access.reports import report_of
from symbolicate.service.access.signing import sign
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.address import base_url
from symbolicate.service.http.downloads import as_file
from symbolicate.service.http.responses import as_json, error_handlers, errors_error, plain_error, rest_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from symbolicate.store import App, Stored, StoredAttachment

__all__ = ["attachment_file", "errors_router", "reports_router"]

_PATH = "/attachments"
# App Center's ids of errors: a number that sorts the newest first, and the id of the log.
_SORTED_ID = re.compile(r"\d{19}-(.+)", re.ASCII | re.DOTALL)
_ID_LENGTH = 200


@get("/attachments", summary="List the attachments of an error")
async def of_error(request: Request[Any, Any, Any], owner: str, app: str, error_id: str) -> Response[bytes]:
    """The attachments of an error, by the id of its log; also those that were too large to be stored (`fault`)."""

    def work(context: Context) -> list[dict[str, Any]]:
        found = known_app(context, caller_of(request), owner, app)
        reports = _reports(request, found, error_id)
        return [_shown(request, found, one) for report in reports for one in report.attachments]

    return await _answer(request, work)


@get("/attachments/{attachment_id:str}/text", summary="Get an attachment of an error as text")
async def text_of_error(
    request: Request[Any, Any, Any], owner: str, app: str, error_id: str, attachment_id: str
) -> Response[bytes]:
    """The content of an attachment that is text."""

    def work(context: Context) -> dict[str, str]:
        reports = _reports(request, known_app(context, caller_of(request), owner, app), error_id)
        return {"content": _text(context, _attachment(reports, attachment_id))}

    return await _answer(request, work)


@get("/attachments/{attachment_id:str}/location", summary="Get the address of an attachment of an error")
async def location_of_error(
    request: Request[Any, Any, Any], owner: str, app: str, error_id: str, attachment_id: str
) -> Response[bytes]:
    """A short-lived link to the attachment's bytes, which needs no token."""

    def work(context: Context) -> dict[str, str]:
        reports = _reports(request, known_app(context, caller_of(request), owner, app), error_id)
        return {"uri": _link(request, _stored(_attachment(reports, attachment_id)))}

    return await _answer(request, work)


errors_router = Router(
    "/v0.1/apps/{owner:str}/{app:str}/errors/{error_id:str}",
    route_handlers=[of_error, text_of_error, location_of_error],
    guards=[needs("query")],
    exception_handlers=error_handlers(errors_error),
    tags=["Attachments"],
)


@get("/attachments", summary="List the attachments of a report")
async def of_report(request: Request[Any, Any, Any], report_id: str) -> Response[bytes]:
    """The attachments of a report; also those that were too large to be stored (`fault`)."""

    def work(context: Context) -> list[dict[str, Any]]:
        report = report_of(request, report_id)
        app = context.store.apps.get(report.app_id)
        return [_shown(request, app, one) for one in report.attachments]

    return await _answer(request, work)


@get("/attachments/{attachment_id:str}", summary="Download an attachment", media_type="application/octet-stream")
async def file_of_report(request: Request[Any, Any, Any], report_id: str, attachment_id: str) -> Response[bytes]:
    """The bytes of an attachment."""
    context = context_of(request)

    def work() -> Response[bytes]:
        found = _stored(_attachment_of_report(request, report_id, attachment_id))
        return _file(context, found.public_id)

    return await asyncio.to_thread(work)


@get("/attachments/{attachment_id:str}/text", summary="Get an attachment as text")
async def text_of_report(request: Request[Any, Any, Any], report_id: str, attachment_id: str) -> Response[bytes]:
    """The content of an attachment that is text."""
    return await _answer(
        request,
        lambda context: {"content": _text(context, _attachment_of_report(request, report_id, attachment_id))},
    )


@get("/attachments/{attachment_id:str}/location", summary="Get the address of an attachment")
async def location_of_report(request: Request[Any, Any, Any], report_id: str, attachment_id: str) -> Response[bytes]:
    """A short-lived link to the attachment's bytes, which needs no token."""
    return await _answer(
        request,
        lambda _: {"uri": _link(request, _stored(_attachment_of_report(request, report_id, attachment_id)))},
    )


reports_router = Router(
    "/api/v1/reports/{report_id:str}",
    route_handlers=[of_report, file_of_report, text_of_report, location_of_report],
    guards=[needs("query")],
    exception_handlers=error_handlers(rest_error),
    tags=["Attachments"],
)


@get(
    _PATH + "/{identifier:str}",
    summary="An attachment by its link",
    media_type="application/octet-stream",
    tags=["Attachments"],
    security=[{"link": []}],
    exception_handlers=error_handlers(plain_error),
)
async def attachment_file(request: Request[Any, Any, Any], identifier: str) -> Response[bytes]:
    """The bytes of an attachment; the signed link is the permission."""
    context = context_of(request)
    check_link(request, "GET", f"{_PATH}/{identifier}")
    return await asyncio.to_thread(_file, context, identifier)


async def _answer(request: Request[Any, Any, Any], question: Callable[[Context], Any]) -> Response[bytes]:
    context = context_of(request)
    return as_json(await asyncio.to_thread(question, context), headers={"Cache-Control": "no-store"})


def _reports(request: Request[Any, Any, Any], app: App, error_id: str) -> list[Stored]:
    """The reports of an error id: that of the log, with or without App Center's number, or a report's public id."""
    reports = context_of(request).store.reports
    sorted_id = _SORTED_ID.fullmatch(error_id)
    for log_id in (error_id, sorted_id[1]) if sorted_id else (error_id,):
        if found := reports.by_log_id(app, log_id[:_ID_LENGTH]):
            return found
    return [report_of(request, error_id, app)]


def _attachment(reports: list[Stored], attachment_id: str) -> StoredAttachment:
    """An attachment by its sender's id, or by its number in the list.

    App Center has ids only, so they take precedence.
    """
    every = [one for report in reports for one in report.attachments]
    wanted = attachment_id.lower()
    for one in every:
        if wanted in (one.attachment_id.lower(), one.public_id):
            return one
    for one in every:
        if wanted == str(one.id):
            return one
    raise RefusedError(404, "NotFound", "no attachment has this id")


def _attachment_of_report(request: Request[Any, Any, Any], report_id: str, attachment_id: str) -> StoredAttachment:
    """An attachment of a report by its number in the list, or by its sender's id.

    Numbers take precedence, so that no id of a sender can hide one: ids may be numbers, and need not be unique.
    """
    report = report_of(request, report_id)
    for one in report.attachments:
        if attachment_id == str(one.id):
            return one
    return _attachment([report], attachment_id)


def _stored(one: StoredAttachment) -> StoredAttachment:
    if not one.kept:
        raise RefusedError(404, "NotFound", f"the attachment was not stored: {one.fault}")
    return one


def _shown(request: Request[Any, Any, Any], app: App, one: StoredAttachment) -> dict[str, Any]:
    """An attachment in App Center's form, with an additional `fault` if it is not usable."""
    return {
        "appId": app.application_id,
        "attachmentId": one.attachment_id,
        "number": one.id,
        "crashId": one.error_id,
        "blobLocation": _link(request, one) if one.kept else None,
        "contentType": one.content_type,
        "fileName": one.file_name,
        "createdTime": one.received.strftime("%Y-%m-%dT%H:%M:%S.") + f"{one.received.microsecond // 1000:03}Z",
        "size": one.size,
        "fault": one.fault,
    }


def _link(request: Request[Any, Any, Any], one: StoredAttachment) -> str:
    context = context_of(request)
    path = f"{_PATH}/{one.public_id}"
    return f"{base_url(request)}{path}?" + sign(
        context.signing_key, "GET", path, context.config.access.download_minutes * 60
    )


def _text(context: Context, one: StoredAttachment) -> str:
    data = context.store.attachment_data(_stored(one).id)
    declared = (one.content_type or "").lower()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if declared.startswith("text/"):
            return data.decode("utf-8", "replace")
    raise RefusedError(400, "BadRequest", "the attachment is not text; its address is at /location")


def _file(context: Context, public_id: str) -> Response[bytes]:
    found, data = context.store.reports.attachment(public_id)
    return as_file(data, found.file_name or found.attachment_id, found.content_type)
