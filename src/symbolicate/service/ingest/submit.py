"""`POST /submit`: minidumps from the clients of Breakpad, Crashpad, Electron and Socorro.

The response is the report's id as plain text: Crashpad stores the complete body as the id, so there is no line end. Its
socket transport cannot read chunked responses, so there is a `Content-Length`. All clients take only status 200 as
success.
"""

from __future__ import annotations

import asyncio
import hashlib
import ntpath
import uuid
import zlib
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, post

from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError, busy
from symbolicate.service.http import body
from symbolicate.service.http.direct import Direct
from symbolicate.service.http.form import File, Form, FormLimits, boundary_of, read_form
from symbolicate.service.http.openapi import BINARY, OpenAPIType, Schema, body_operation
from symbolicate.service.http.responses import error_handlers, plain_error
from symbolicate.service.ingest.admission import Admission
from symbolicate.service.ingest.clock import parse_time
from symbolicate.service.ingest.senders import Senders
from symbolicate.service.log import logger
from symbolicate.store import Attachment, Upload

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["DIRECT", "submit"]

_DUMP_FIELD = "upload_file_minidump"
_GZIP_MAGIC = b"\x1f\x8b"
_MEDIA_TYPE = "text/plain"

# Names that clients use, in order of preference. Electron sends `prod=Electron` for every program.
_PRODUCT_KEYS = ("_productName", "ProductName", "product", "prod")
_CLIENT_KEYS = ("guid", "clientid", "client_id")
_TIME_KEYS = ("CrashTime", "crash_time", "timestamp")
_ID_KEYS = ("report_id", "crash_id", "uuid")

_Operation = body_operation(
    {
        "multipart/form-data": Schema(
            type=OpenAPIType.OBJECT,
            properties={_DUMP_FIELD: BINARY},
            required=[_DUMP_FIELD],
        )
    },
    "The dump, its annotations, and other files; may be packed with gzip as a whole, and chunked.",
)


@post(
    ["/submit", "/submit/{app:str}"],
    status_code=200,
    summary="Take a minidump",
    tags=["Ingest"],
    operation_class=_Operation,
    security=[{"appSecret": []}, {}],
    media_type=_MEDIA_TYPE,
    exception_handlers=error_handlers(plain_error),
)
async def submit(request: Request[Any, Any, Any], app: str = "") -> Response[bytes]:
    """Receive a minidump with its annotations; the response is its id, sent when it is durable, before it is processed.

    The app is named by the `App-Secret` header, else by the path, else by `?app=`. While no secrets are set, the
    product that the client names is enough.
    """
    return Response(await _take(context_of(request), request, app), status_code=200, media_type=_MEDIA_TYPE)


async def _take(context: Context, request: body.AnyRequest, app: str) -> bytes:
    settings = context.config.submit
    boundary = boundary_of(request.headers.get("content-type", ""))
    limits = FormLimits(settings.parts, settings.dump_bytes, settings.annotation_bytes)
    with context.inflight.share() as share:
        form = await read_form(body.stream(request, context.config.limits), boundary, limits, share)
        parameters = request.query_params
        for name in ("product", "prod", "version", "ver", "guid"):
            if name in parameters:
                form.values.setdefault(name, str(parameters[name]))
        dump = _dump(form, settings.dump_bytes)
        if form.fault:
            logger.warning("problem in a submission: %s", form.fault)
        if dump is None:
            context.metrics.received.labels("request", "unreadable").inc()
            raise RefusedError(400, "BadRequest", form.fault or f"no {_DUMP_FIELD} in the form")
        secret = request.headers.get("app-secret", "") or app or str(parameters.get("app", ""))
        identifier = await _keep(context, form, dump, secret.strip(), request.headers.get("user-agent", "")[:200])
    return identifier.encode()


DIRECT = Direct("/submit", _take, _MEDIA_TYPE, plain_error, parameter="app")


async def _keep(context: Context, form: Form, dump: File, secret: str, user_agent: str) -> str:
    """Store a dump; returns the id of its report."""
    if not secret and not await asyncio.to_thread(context.store.apps.any_configured):
        secret = next((form.values[key] for key in _PRODUCT_KEYS if form.values.get(key)), "")
    app = await context.part(Senders).app(secret)
    # The client's id for the report, or one derived from the dump, so that an identical dump is the same report.
    log_id = _report_id(form, dump) or str(uuid.UUID(bytes=hashlib.sha256(dump.data).digest()[:16]))
    upload = Upload(
        log_id=log_id,
        kind="minidump",
        data=dump.data,
        client_time=next((when for key in _TIME_KEYS if (when := _time(form.values.get(key)))), None),
        install_id=next((form.values[key][:200] for key in _CLIENT_KEYS if form.values.get(key)), None),
        annotations=form.values,
        user_agent=user_agent or None,
    )
    outcome = await context.part(Admission).accept(app, [upload], _attachments(form, dump, log_id))
    if outcome.throttled:
        context.metrics.received.labels("report", "throttled").inc()
        # Crashpad and Breakpad understand no other response.
        raise busy("the app has sent as many reports as it may in a minute")
    context.metrics.received.labels("report", "kept").inc()
    if outcome.throttled_attachments:
        context.metrics.received.labels("attachment", "throttled").inc(len(outcome.throttled_attachments))
    return outcome.ids[0]


def _dump(form: Form, limit: int) -> File | None:
    """The dump: the part with its field name, else the first that is a minidump. It may be compressed by itself."""
    named = [file for file in form.files if file.field == _DUMP_FIELD]
    from symbolicate._native import is_minidump  # the native module is loaded when first needed

    others = [file for file in form.files if is_minidump(file.data[:4])]
    found = next(iter(named + others), None)
    if found is None or not found.data:
        return None
    if found.data.startswith(_GZIP_MAGIC):
        return File(found.field, found.name, found.content_type, _unpacked(found.data, limit))
    return found


def _unpacked(data: bytes, limit: int) -> bytes:
    decoder = zlib.decompressobj(31)
    try:
        plain = decoder.decompress(data, limit)
    except zlib.error:
        return data
    return data if decoder.unconsumed_tail else plain


def _report_id(form: Form, dump: File) -> str | None:
    """The client's id of the report: a field, or the file's name, which is `<id>.dmp` with Crashpad."""
    stem = ntpath.splitext(ntpath.basename(dump.name))[0]
    for text in (*(form.values.get(key, "") for key in _ID_KEYS), stem):
        try:
            return str(uuid.UUID(text.strip()))
        except ValueError:
            continue
    return None


def _attachments(form: Form, dump: File, log_id: str) -> list[Attachment]:
    return [
        Attachment(
            error_id=log_id,
            attachment_id=f"{number}-{file.field}"[:200],
            data=file.data,
            content_type=file.content_type[:200] or None,
            file_name=(ntpath.basename(file.name) or file.field)[:200] or None,
        )
        for number, file in enumerate(form.files)
        if file.field != dump.field or file.name != dump.name
    ]


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    return parse_time(int(text)) if text.isascii() and text.isdigit() and len(text) < 16 else parse_time(text)  # noqa: PLR2004
