"""`POST /logs`: crash reports as App Center's SDKs, and people with curl, send them.

SDKs delete all their pending reports after any 4xx but 408 and 429, and those for .NET also after 429. So the response
is 200 if any log of the request could be stored, 5xx or 408 if the request may be sent again, and 4xx only if it will
never be of use.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, post

from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http import body
from symbolicate.service.http.direct import Direct
from symbolicate.service.http.responses import as_json, error_handlers, ingest_body, success
from symbolicate.service.ingest.active_senders import ActiveSenders
from symbolicate.service.ingest.admission import Admission
from symbolicate.service.ingest.openapi import LogsOperation
from symbolicate.service.ingest.read_logs import Received, UnreadableError, read_container
from symbolicate.service.ingest.senders import Senders
from symbolicate.service.log import logger

if TYPE_CHECKING:
    from symbolicate.store import App, Upload

__all__ = ["DIRECT", "logs"]

_HEADER_LENGTH = 200
_FAULTS_TOLD = 5
# Bodies up to this size are read on the event loop; larger ones would delay other requests.
_INLINE = 64 * 1024


def _ingest_error(refused: RefusedError) -> Response[bytes]:
    # App Center itself answered 400 to a body that is too large.
    status = 400 if refused.status == 413 else refused.status  # noqa: PLR2004
    return as_json(ingest_body(refused.code), status, refused.headers)


@post(
    "/logs",
    status_code=200,
    summary="Take crash reports",
    tags=["Ingest"],
    operation_class=LogsOperation,
    security=[{"appSecret": []}, {}],
    exception_handlers=error_handlers(_ingest_error),
)
async def logs(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Receive the logs of an App Center SDK; the response is sent when they are durable, before they are processed.

    Crashes (`managedError`, `appleError`) and errors (`handledError`) are stored with their attachments
    (`errorAttachment`), which may be sent before them or after. Other logs, such as those of sessions, count the device
    as active. `throttledDiagnosticsIds` lists logs that were not stored because the app has used up its limit of
    reports for this minute, or a report has the most attachments it may have.
    """
    return as_json(await _take(context_of(request), request))


async def _take(context: Context, request: body.AnyRequest, _: str = "") -> bytes:
    headers = request.headers
    with context.inflight.share() as share:
        content, damaged = await body.read(request, context.config.limits, share)
        app = await context.part(Senders).app(headers.get("app-secret", "").strip())
        install_id, user_agent = _short(headers.get("install-id")), _short(headers.get("user-agent"))
        if len(content) <= _INLINE:
            received = _read(context, app, content, damaged, install_id, user_agent)
        else:
            received = await asyncio.to_thread(_read, context, app, content, damaged, install_id, user_agent)
        del content
        outcome = await context.part(Admission).accept(app, received.reports, received.attachments, received.properties)
        if received.seen:
            await context.part(ActiveSenders).count(app, received.seen.values())
    if received.is_empty:
        # Attachments that are too large are recorded at their crash; the request has nothing else to be stored.
        raise RefusedError(400, "NoValidLogsFoundInLogContainer", "no log could be stored")
    context.metrics.received.labels("report", "kept").inc(len(outcome.ids))
    if outcome.throttled:
        context.metrics.received.labels("report", "throttled").inc(len(outcome.throttled))
    if outcome.throttled_attachments:
        context.metrics.received.labels("attachment", "throttled").inc(len(outcome.throttled_attachments))
    events = [event for error_id in outcome.throttled_properties for event in received.events[error_id]]
    if events:
        context.metrics.received.labels("event", "throttled").inc(len(events))
    return success(outcome.throttled + outcome.throttled_attachments + events)


DIRECT = Direct("/logs", _take, "application/json", _ingest_error)


def _read(
    context: Context,
    app: App,
    content: bytes,
    damaged: str | None,
    install_id: str | None,
    user_agent: str | None,
) -> Received:
    """The content of a request that can be stored.

    Raises:
        RefusedError: there is none.
    """
    metrics = context.metrics.received
    try:
        received = read_container(content, context.config.ingest, install_id=install_id, user_agent=user_agent)
    except UnreadableError as error:
        metrics.labels("request", "unreadable").inc()
        logger.warning("a request of logs cannot be read: %s", damaged or error, extra={"app": app.id})
        raise RefusedError(400, "NoValidLogsFoundInLogContainer", str(error)) from None
    if damaged:
        received.faults.append(damaged)
    for fault in received.faults[:_FAULTS_TOLD]:
        logger.warning("problem in a log: %s", fault, extra={"app": app.id})
    if received.ignored:
        metrics.labels("log", "passed over").inc(received.ignored)
    if received.is_empty and not received.attachments:
        raise RefusedError(400, "NoValidLogsFoundInLogContainer", "no log could be stored")
    settings = app.settings
    if settings.max_age_days is not None or settings.max_future_hours is not None:
        _leave_out(context, app, received)
    return received


def _leave_out(context: Context, app: App, received: Received) -> None:
    """Leave out reports whose times the app does not accept.

    Raises:
        RefusedError: nothing else is left.
    """
    now = datetime.now(UTC)
    found = len(received.reports)
    received.reports = [report for report in received.reports if _in_window(report, app, now)]
    if len(received.reports) < found:
        context.metrics.received.labels("report", "out of time").inc(found - len(received.reports))
        if not received.reports and not received.attachments:
            raise RefusedError(400, "NoValidLogsFoundInLogContainer", "the reports are too old, or of the future")


def _in_window(report: Upload, app: App, now: datetime) -> bool:
    when, settings = report.client_time, app.settings
    if when is None:
        return True
    if settings.max_age_days is not None and when < now - timedelta(days=settings.max_age_days):
        return False
    return settings.max_future_hours is None or when <= now + timedelta(hours=settings.max_future_hours)


def _short(text: str | None) -> str | None:
    return text[:_HEADER_LENGTH] if text else None
