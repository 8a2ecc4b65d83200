"""Symbol uploads of Breakpad's `sym_upload` and `symupload`, with both of their protocols.

Version 1 is one multipart request. Version 2 checks whether the symbols are stored, gets a URL, PUTs the file there and
completes the upload. Its clients search responses for `"name": "value"` with exactly one space, and the body of their
last request is not JSON: its names have no quotes.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get, post, put

from symbolicate.service.access.guard import caller_of, needs
from symbolicate.service.access.links import check_link
from symbolicate.service.access.signing import sign
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http import body
from symbolicate.service.http.address import base_url
from symbolicate.service.http.form import FormLimits, boundary_of, read_form
from symbolicate.service.http.openapi import BINARY, OpenAPIType, Schema, body_operation
from symbolicate.service.http.responses import error_handlers, plain_error
from symbolicate.service.symbols.installer import Installer
from symbolicate.service.symbols.outcome import outcome_of
from symbolicate.service.symbols.parts import count, key_of, receive
from symbolicate.service.symbols.targets import target_by_query
from symbolicate.store import SHARED, NotFound

if TYPE_CHECKING:
    from symbolicate.service.access.callers import Caller
    from symbolicate.store import SymbolUpload

__all__ = ["check_status", "complete", "create", "put_file", "upload_form"]

_FORM_PARTS = 64
_TEXT_BYTES = 64 * 1024
_COMPLETE_BYTES = 64 * 1024
_TYPES = {"BREAKPAD": "Breakpad", "DSYM": "Apple", "MACHO": "Apple", "PDB": "PDB", "PE": "PDB"}
_FIELD = r'["\']?{}["\']?\s*:\s*["\']([^"\']*)["\']'
_TAGS = ["Symbols (Breakpad)"]

_FormOperation = body_operation(
    {
        "multipart/form-data": Schema(
            type=OpenAPIType.OBJECT,
            properties={
                "symbol_file": BINARY,
                **{
                    name: Schema(type=OpenAPIType.STRING)
                    for name in ("os", "cpu", "debug_file", "code_file", "debug_identifier", "version", "product")
                },
            },
            required=["symbol_file"],
        )
    },
    "The symbol file and what the client says of it.",
)
_CompleteOperation = body_operation(
    {"application/json": Schema(type=OpenAPIType.STRING)}, "What was uploaded; need not be JSON.", required=False
)
_PutOperation = body_operation({"application/octet-stream": BINARY}, "The symbol file.")


@post(
    "/symbols",
    status_code=200,
    summary="Upload a symbol file (version 1)",
    tags=_TAGS,
    operation_class=_FormOperation,
    media_type="text/plain",
    guards=[needs("symbols")],
    exception_handlers=error_handlers(plain_error),
)
async def upload_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Receive a symbol file in a form. The response states that it is installed or why not; after 20 s it is `OK`."""
    context = context_of(request)
    boundary = boundary_of(request.headers.get("content-type", ""))
    limits = context.config.limits
    with context.inflight.share() as share:
        form = await read_form(
            body.stream(request, limits, body_bytes=limits.inflight_bytes, unpack=False),
            boundary,
            FormLimits(_FORM_PARTS, limits.inflight_bytes, _TEXT_BYTES),
            share,
        )
        found = next((file for file in form.files if file.field == "symbol_file"), None)
        if found is None or not found.data:
            raise RefusedError(400, "BadRequest", form.fault or "no symbol_file in the form")
        name = (form.values.get("debug_file") or found.name or "symbols.sym")[:300]
        asked, caller = request.query_params.get("app", ""), caller_of(request)
        upload = await asyncio.to_thread(_take, context, caller, asked, name, found.data)
    context.part(Installer).wake()
    await outcome_of(context, upload)
    return Response(b"OK", status_code=200, media_type="text/plain")


def _take(context: Context, caller: Caller, app: str, name: str, data: bytes) -> SymbolUpload:
    target = target_by_query(context, caller, app)
    context.capacity.check_symbols(target.app, len(data))
    upload = context.store.symbols.begin(target.app, "Breakpad", file_name=name, shared=target.shared)
    context.store.blobs.put(key_of(upload), data)
    count(context, upload, len(data))
    return context.store.symbols.set_status(upload.id, "committed")


@get(
    "/v1/symbols/{debug_file:str}/{wanted:str}",
    summary="Ask for a symbol file (version 2)",
    tags=_TAGS,
    guards=[needs("symbols")],
    exception_handlers=error_handlers(plain_error),
)
async def check_status(request: Request[Any, Any, Any], debug_file: str, wanted: str) -> Response[bytes]:
    """Whether symbols are stored: `{debug_id}:checkStatus`."""
    context = context_of(request)
    debug_id, colon, verb = wanted.partition(":")
    if not colon or verb != "checkStatus":
        raise RefusedError(404, "NotFound", "unknown method")
    asked = request.query_params.get("app", "")
    caller = caller_of(request)

    def work() -> bool:
        target = target_by_query(context, caller, asked)
        return _is_known(context, SHARED if target.app is None else target.app.id, debug_file, debug_id)

    known = await asyncio.to_thread(work)
    return _spaced("status", "FOUND" if known else "MISSING")


@post(
    "/v1/{verb:str}",
    status_code=200,
    summary="Begin an upload (version 2)",
    tags=_TAGS,
    guards=[needs("symbols")],
    exception_handlers=error_handlers(plain_error),
)
async def create(request: Request[Any, Any, Any], verb: str) -> Response[bytes]:
    """Begin an upload: `uploads:create`."""
    if verb != "uploads:create":
        raise RefusedError(404, "NotFound", "unknown method")
    context = context_of(request)
    asked = request.query_params.get("app", "")
    caller = caller_of(request)

    def work() -> SymbolUpload:
        target = target_by_query(context, caller, asked)
        context.capacity.check_symbols(target.app)
        return context.store.symbols.begin(target.app, "Breakpad", shared=target.shared)

    upload = await asyncio.to_thread(work)
    path = f"/v1/uploads/{upload.id}"
    query = sign(context.signing_key, "PUT", path, context.config.symbols.upload_minutes * 60)
    return _spaced("uploadUrl", f"{base_url(request)}{path}?{query}", "uploadKey", upload.id)


@put(
    "/v1/uploads/{upload_id:str}",
    summary="Upload a symbol file (version 2)",
    tags=_TAGS,
    operation_class=_PutOperation,
    security=[{"link": []}],
    media_type="text/plain",
    exception_handlers=error_handlers(plain_error),
)
async def put_file(request: Request[Any, Any, Any], upload_id: str) -> Response[bytes]:
    """Receive the file of an upload that was begun; the signed link is the permission."""
    context = context_of(request)
    check_link(request, "PUT", f"/v1/uploads/{upload_id}")
    upload = await asyncio.to_thread(_begun, context, upload_id)
    size = await receive(context, request, upload, key_of(upload))
    await asyncio.to_thread(count, context, upload, size)
    return Response(b"", status_code=200, media_type="text/plain")


@post(
    "/v1/uploads/{wanted:str}",
    status_code=200,
    summary="Complete an upload (version 2)",
    tags=_TAGS,
    operation_class=_CompleteOperation,
    guards=[needs("symbols")],
    exception_handlers=error_handlers(plain_error),
)
async def complete(request: Request[Any, Any, Any], wanted: str) -> Response[bytes]:
    """Complete an upload: `{upload key}:complete`. The request may be repeated."""
    context, caller = context_of(request), caller_of(request)
    upload_id, colon, verb = wanted.partition(":")
    if not colon or verb != "complete":
        raise RefusedError(404, "NotFound", "unknown method")
    chunks = [chunk async for chunk in body.stream(request, context.config.limits, body_bytes=_COMPLETE_BYTES)]
    said = b"".join(chunks).decode("utf-8", "replace")

    def work() -> tuple[SymbolUpload, bool]:
        upload = _upload(context, upload_id, caller)
        if upload.status == "aborted":
            raise RefusedError(409, "Conflict", "the upload is finished")
        known = _is_known(context, upload.owner, _said(said, "debug_file"), _said(said, "debug_id"))
        if upload.status != "created":
            # Repeated: the response to the first request may have been lost.
            return upload, known
        if not context.store.blobs.size(key_of(upload)):
            raise RefusedError(400, "BadRequest", "no bytes were uploaded")
        return context.store.symbols.set_status(upload.id, "committed"), known

    upload, known = await asyncio.to_thread(work)
    context.part(Installer).wake()
    await outcome_of(context, upload)
    return _spaced("result", "DUPLICATE_DATA" if known else "OK")


def _begun(context: Context, upload_id: str) -> SymbolUpload:
    """An upload that was begun and is not finished."""
    upload = _upload(context, upload_id)
    if upload.status != "created":
        raise RefusedError(409, "Conflict", "the upload is finished")
    return upload


def _upload(context: Context, upload_id: str, caller: Caller | None = None) -> SymbolUpload:
    """An upload of an app that the caller, if any, may act for."""
    try:
        upload = context.store.symbols.get(upload_id)
    except NotFound:
        upload = None
    if upload is None or (caller is not None and not caller.may_act_for(upload.app_id)):
        raise RefusedError(404, "NotFound", "no upload has this key")
    return upload


def _is_known(context: Context, owner: int, debug_file: str, debug_id: str) -> bool:
    """Whether reports of an app, or of all, have the symbols of a debug file."""
    if not debug_id:
        return False
    found = context.store.symbol_files.candidates(owner, debug_id, "")
    return any(not debug_file or file.debug_file.lower() == debug_file.lower() for file in found)


def _said(text: str, name: str) -> str:
    match = re.search(_FIELD.format(name), text)
    return match[1] if match else ""


def _spaced(*pairs: str) -> Response[bytes]:
    """JSON as the clients' regular expressions require it."""
    inside = ", ".join(f'"{name}": "{value}"' for name, value in zip(pairs[::2], pairs[1::2], strict=True))
    return Response(f"{{ {inside} }}".encode(), status_code=200, media_type="application/json")
