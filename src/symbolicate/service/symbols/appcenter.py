"""Symbol uploads of appcenter-cli: begin, PUT the bytes, commit; and the states of uploads.

The JSON is that of App Center's REST API (`symbol_uploads` in its swagger). A commit without bytes fails here, because
the command line commits even if its PUT failed.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post

from symbolicate.service.access.apps import app_by_name
from symbolicate.service.access.guard import caller_of, needs
from symbolicate.service.access.signing import sign
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.address import base_url
from symbolicate.service.http.json_body import read_json
from symbolicate.service.http.openapi import OpenAPIType, Schema, body_operation
from symbolicate.service.http.responses import as_json, error_handlers, rest_error
from symbolicate.service.symbols.installer import Installer
from symbolicate.service.symbols.kinds import READ_KINDS
from symbolicate.service.symbols.parts import key_of
from symbolicate.service.symbols.targets import target_by_name
from symbolicate.store import ORIGINALS, NotFound

if TYPE_CHECKING:
    from symbolicate.store import App, SymbolUpload

__all__ = ["router"]


_MIB = 1024 * 1024
_TYPES = ("Apple", "JavaScript", "Breakpad", "AndroidProguard", "UWP", "ELF", "PDB")
_MOST = 100
_USUAL = 30


class _Begin(msgspec.Struct):
    symbol_type: str
    file_name: str | None = None
    build: str | None = None
    version: str | None = None
    client_callback: str | None = None


class _Change(msgspec.Struct):
    status: str


_BeginOperation = body_operation(
    {
        "application/json": Schema(
            type=OpenAPIType.OBJECT,
            properties={
                "symbol_type": Schema(type=OpenAPIType.STRING, enum=list(_TYPES)),
                "file_name": Schema(type=OpenAPIType.STRING),
                "build": Schema(type=OpenAPIType.STRING),
                "version": Schema(type=OpenAPIType.STRING),
            },
            required=["symbol_type"],
        )
    },
    "What will be uploaded.",
)
_ChangeOperation = body_operation(
    {
        "application/json": Schema(
            type=OpenAPIType.OBJECT,
            properties={"status": Schema(type=OpenAPIType.STRING, enum=["committed", "aborted"])},
            required=["status"],
        )
    },
    "The end of the upload.",
)


@post("/", status_code=200, summary="Begin an upload", operation_class=_BeginOperation)
async def begin(request: Request[Any, Any, Any], owner: str, app: str) -> Response[bytes]:
    """Begin an upload of symbols: the URL for its bytes, and the time until which it is valid."""
    context = context_of(request)
    asked = await read_json(request, _Begin)
    if asked.symbol_type not in _TYPES:
        raise RefusedError(400, "BadRequest", f"symbol_type must be one of {', '.join(_TYPES)}")

    def work() -> SymbolUpload:
        target = target_by_name(context, caller_of(request), owner, app)
        context.capacity.check_symbols(target.app)
        return context.store.symbols.begin(
            target.app,
            asked.symbol_type,
            file_name=_short(asked.file_name),
            build=_short(asked.build),
            version=_short(asked.version),
            shared=target.shared,
        )

    upload = await asyncio.to_thread(work)
    seconds = context.config.symbols.upload_minutes * 60
    # The command line uses two parts of the path and the query, as in the URLs of Azure's blobs.
    path = f"/symbol-uploads/{upload.id}"
    answer = {
        "symbol_upload_id": upload.id,
        "upload_url": f"{base_url(request)}{path}?{sign(context.signing_key, 'PUT', path, seconds)}",
        "expiration_date": _time(datetime.now(UTC) + timedelta(seconds=seconds)),
    }
    return as_json(answer)


@patch("/{upload_id:str}", summary="Commit or abort an upload", operation_class=_ChangeOperation)
async def change(request: Request[Any, Any, Any], owner: str, app: str, upload_id: str) -> Response[bytes]:
    """Commit an upload: its symbols are then used at once. Without bytes it fails."""
    context = context_of(request)
    status = (await read_json(request, _Change)).status
    if status not in {"committed", "aborted"}:
        raise RefusedError(400, "BadRequest", "status must be committed or aborted")

    def work() -> dict[str, Any]:
        chosen = app_by_name(context, caller_of(request), owner, app)
        upload = _upload(context, chosen, upload_id)
        if status == "committed" and upload.blob and not context.store.blobs.size(upload.blob):
            raise RefusedError(400, "BadRequest", "no bytes were uploaded: the PUT to upload_url did not arrive")
        # A commit that is sent again is not a conflict.
        if upload.status in {"created", "aborted"} or status == "aborted":
            upload = context.store.symbols.set_status(upload.id, status)
        return _described(context, chosen, upload)

    answer = await asyncio.to_thread(work)
    context.part(Installer).wake()
    return as_json(answer)


@get("/", summary="List uploads")
async def uploads(
    request: Request[Any, Any, Any],
    owner: str,
    app: str,
    top: int = _USUAL,
    status: str = "all",
    symbol_type: str | None = None,
) -> Response[bytes]:
    """The latest uploads of an app."""
    context = context_of(request)
    wanted = {"all": None, "uploaded": "committed", "processed": "indexed"}.get(status, status)

    def work() -> list[dict[str, Any]]:
        chosen = app_by_name(context, caller_of(request), owner, app)
        found = context.store.symbols.list(chosen, status=wanted, symbol_type=symbol_type, top=max(1, min(top, _MOST)))
        return [_described(context, chosen, upload) for upload in found]

    return as_json(await asyncio.to_thread(work))


@get("/{upload_id:str}", summary="Show an upload")
async def show(request: Request[Any, Any, Any], owner: str, app: str, upload_id: str) -> Response[bytes]:
    """The state of an upload, and the symbols in it."""
    context = context_of(request)

    def work() -> dict[str, Any]:
        chosen = app_by_name(context, caller_of(request), owner, app)
        return _described(context, chosen, _upload(context, chosen, upload_id))

    return as_json(await asyncio.to_thread(work))


@get("/{upload_id:str}/location", summary="Get the bytes of an upload")
async def location(request: Request[Any, Any, Any], owner: str, app: str, upload_id: str) -> Response[bytes]:
    """A short-lived link to the bytes of an upload."""
    context = context_of(request)
    upload = await asyncio.to_thread(
        lambda: _upload(context, app_by_name(context, caller_of(request), owner, app), upload_id)
    )
    path = f"/symbol-uploads/{upload.id}"
    query = sign(context.signing_key, "GET", path, context.config.access.download_minutes * 60)
    return as_json({"uri": f"{base_url(request)}{path}?{query}"})


@delete("/{upload_id:str}", status_code=200, summary="Delete an upload")
async def remove(request: Request[Any, Any, Any], owner: str, app: str, upload_id: str) -> Response[bytes]:
    """Delete an upload. Its symbols stay; they can be removed one by one."""
    context = context_of(request)

    def work() -> dict[str, Any]:
        chosen = app_by_name(context, caller_of(request), owner, app)
        upload = _upload(context, chosen, upload_id)
        context.store.symbols.delete(upload.id)
        return _described(context, chosen, upload)

    return as_json(await asyncio.to_thread(work))


router = Router(
    "/v0.1/apps/{owner:str}/{app:str}/symbol_uploads",
    route_handlers=[begin, change, uploads, show, location, remove],
    guards=[needs("symbols")],
    exception_handlers=error_handlers(rest_error),
    tags=["Symbols (appcenter-cli)"],
)


def _upload(context: Context, app: App, upload_id: str) -> SymbolUpload:
    try:
        upload = context.store.symbols.get(upload_id) if len(upload_id) < 64 else None  # noqa: PLR2004
    except NotFound:
        upload = None
    # An upload of another app is treated as one that does not exist.
    if upload is None or upload.app_id != app.id:
        raise RefusedError(404, "NotFound", "no upload has this id")
    return upload


def _described(context: Context, app: App, upload: SymbolUpload) -> dict[str, Any]:
    size = upload.size or context.store.blobs.size(key_of(upload)) or 0
    return {
        "symbol_upload_id": upload.id,
        "app_id": app.application_id,
        "status": upload.status,
        "symbol_type": upload.symbol_type,
        "symbols_uploaded": [
            {
                "symbol_id": file.debug_id,
                "platform": file.arch or "",
                "file_name": file.debug_file,
                "kind": file.kind,
                "used": file.kind in READ_KINDS,
                "part": file.part,
                "holds": file.holds,
            }
            for file in upload.contents
            if file.part not in ORIGINALS
        ],
        "origin": "User",
        "file_name": upload.file_name,
        "file_size": size / _MIB,
        "timestamp": _time(upload.created),
        "message": upload.message,
    }


def _time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


def _short(text: str | None) -> str | None:
    return text.replace("\0", "")[:300] if text else None
