"""`POST /logs`: crash reports as App Center's SDKs, and people with curl, send them.

What decides every choice here: any 4xx but 408 and 429 makes an SDK delete all its pending reports, and in .NET 429
does so, too. So a request gets 200 if anything in it could be kept, 5xx or 408 if it may be sent again, and 4xx only if
it never will be of use.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, post

from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http import body
from symbolicate.service.http.responses import as_json, error_handlers, ingest_body
from symbolicate.service.ingest.admission import Admission
from symbolicate.service.ingest.container import Delivered, UnreadableError, read_container
from symbolicate.service.ingest.openapi import LogsOperation
from symbolicate.service.ingest.senders import Senders
from symbolicate.service.log import logger

if TYPE_CHECKING:
    from symbolicate.store import App, Upload

__all__ = ["logs"]

_HEADER_LENGTH = 200
_FAULTS_TOLD = 5
# Bodies that are read where they came in; larger ones would keep others waiting.
_INLINE = 64 * 1024


def _ingest_error(refused: RefusedError) -> Response[bytes]:
    # App Center itself said 400 of what is too large.
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
    """Take the logs of an App Center SDK; answered once they are safe, before they are processed.

    Crashes (`managedError`, `appleError`) and errors (`handledError`) are kept with their attachments
    (`errorAttachment`), which may come before them or after. Other logs are passed over. `throttledDiagnosticsIds`
    names what was not kept because the app had sent as many reports as it may in a minute, or a report has as many
    attachments as it may.
    """
    context = context_of(request)
    headers = request.headers
    with context.inflight.share() as share:
        content, damaged = await body.read(request, context.config.limits, share)
        app = await context.part(Senders).app(headers.get("app-secret", "").strip())
        install_id, user_agent = _short(headers.get("install-id")), _short(headers.get("user-agent"))
        if len(content) <= _INLINE:
            delivered = _read(context, app, content, damaged, install_id, user_agent)
        else:
            delivered = await asyncio.to_thread(_read, context, app, content, damaged, install_id, user_agent)
        del content
        kept = await context.part(Admission).accept(app, delivered.reports, delivered.attachments, delivered.properties)
    if delivered.is_empty:
        # What was too large is on record at its crash; nothing else came that was worth keeping.
        raise RefusedError(400, "NoValidLogsFoundInLogContainer", "no log could be kept")
    context.metrics.received.labels("report", "kept").inc(len(kept.ids))
    if kept.throttled:
        context.metrics.received.labels("report", "throttled").inc(len(kept.throttled))
    if kept.throttled_attachments:
        context.metrics.received.labels("attachment", "throttled").inc(len(kept.throttled_attachments))
    events = [event for error_id in kept.throttled_properties for event in delivered.events[error_id]]
    if events:
        context.metrics.received.labels("event", "throttled").inc(len(events))
    return as_json(ingest_body("Success", kept.throttled + kept.throttled_attachments + events))


def _read(
    context: Context,
    app: App,
    content: bytes,
    damaged: str | None,
    install_id: str | None,
    user_agent: str | None,
) -> Delivered:
    """What a request brought that can be kept.

    Raises:
        RefusedError: nothing of it is of use.
    """
    metrics = context.metrics.received
    try:
        delivered = read_container(content, context.config.ingest, install_id=install_id, user_agent=user_agent)
    except UnreadableError as error:
        metrics.labels("request", "unreadable").inc()
        logger.warning("a request of logs cannot be read: %s", damaged or error, extra={"app": app.id})
        raise RefusedError(400, "NoValidLogsFoundInLogContainer", str(error)) from None
    if damaged:
        delivered.faults.append(damaged)
    for fault in delivered.faults[:_FAULTS_TOLD]:
        logger.warning("a log is not as it should be: %s", fault, extra={"app": app.id})
    if delivered.passed_over:
        metrics.labels("log", "passed over").inc(delivered.passed_over.total())
    if delivered.is_empty and not delivered.attachments:
        raise RefusedError(400, "NoValidLogsFoundInLogContainer", "no log could be kept")
    settings = app.settings
    if settings.max_age_days is not None or settings.max_future_hours is not None:
        _leave_out(context, app, delivered)
    return delivered


def _leave_out(context: Context, app: App, delivered: Delivered) -> None:
    """Leave out reports of times that the app does not take.

    Raises:
        RefusedError: there is nothing else.
    """
    now = datetime.now(UTC)
    found = len(delivered.reports)
    delivered.reports = [report for report in delivered.reports if _in_window(report, app, now)]
    if len(delivered.reports) < found:
        context.metrics.received.labels("report", "out of time").inc(found - len(delivered.reports))
        if not delivered.reports and not delivered.attachments:
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
