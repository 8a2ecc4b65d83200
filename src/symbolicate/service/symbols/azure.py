"""Receives the bytes of an upload with the protocol of Azure's blob store: at once, or as blocks and their list.

Clients use Azure's libraries, so responses have the headers that these libraries check.
"""

from __future__ import annotations

import asyncio
import html
import re
import uuid
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get, put
from litestar.response import Stream

from symbolicate.service.access.links import check_link
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http import body
from symbolicate.service.http.exchange import HEAD
from symbolicate.service.http.openapi import BINARY, body_operation
from symbolicate.service.http.responses import error_handlers
from symbolicate.service.symbols.held_bytes import bytes_of
from symbolicate.service.symbols.parts import block_key, count, join_blocks, key_of, receive

if TYPE_CHECKING:
    from symbolicate.store import SymbolUpload

__all__ = ["download_bytes", "put_bytes"]

_VERSION = "2020-10-02"
_LIST_BYTES = 8 * 1024 * 1024
_BLOCKS = 50_000  # Azure's own limit
_BLOCK = re.compile(r"<(?:Latest|Committed|Uncommitted)>\s*([^<]*?)\s*</")

_PutOperation = body_operation(
    {"application/octet-stream": BINARY},
    "The bytes; with `comp=block` a block of them, with `comp=blocklist` Azure's XML list of blocks.",
)


def _azure_error(refused: RefusedError) -> Response[bytes]:
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>{html.escape(refused.code)}</Code><Message>{html.escape(refused.message)}</Message></Error>"
    )
    headers = {**refused.headers, **_headers(), "x-ms-error-code": refused.code}
    return Response(text.encode(), status_code=refused.status, headers=headers, media_type="application/xml")


@put(
    "/symbol-uploads/{upload_id:str}",
    status_code=201,
    summary="Upload bytes",
    tags=["Symbols (appcenter-cli)"],
    security=[{"link": []}],
    operation_class=_PutOperation,
    media_type="application/xml",
    exception_handlers=error_handlers(_azure_error),
)
async def put_bytes(request: Request[Any, Any, Any], upload_id: str) -> Response[bytes]:
    """Receive the bytes of an upload that was begun; the signed link is the permission."""
    context = context_of(request)
    upload = await asyncio.to_thread(_open, context, request, upload_id, "PUT")
    if upload.status != "created":
        raise RefusedError(409, "BlobImmutableDueToPolicy", "the upload is finished")
    step = request.query_params.get("comp", "")
    if step == "block":
        key = block_key(upload, request.query_params.get("blockid", ""))
        size = await receive(context, request, upload, key)
        await asyncio.to_thread(count, context, upload, size, more=True)
    elif step == "blocklist":
        limits = context.config.limits
        listed = b"".join([chunk async for chunk in body.stream(request, limits, body_bytes=_LIST_BYTES)])
        await asyncio.to_thread(join_blocks, context, upload, _block_ids(listed))
    elif step:
        raise RefusedError(400, "InvalidQueryParameterValue", "comp must be block or blocklist")
    else:
        size = await receive(context, request, upload, key_of(upload))
        await asyncio.to_thread(count, context, upload, size)
    return Response(b"", status_code=201, headers=_headers(), media_type="application/xml")


@get(
    "/symbol-uploads/{upload_id:str}",
    summary="Download bytes",
    media_type="application/octet-stream",
    tags=["Symbols (appcenter-cli)"],
    security=[{"link": []}],
    exception_handlers=error_handlers(_azure_error),
)
async def download_bytes(request: Request[Any, Any, Any], upload_id: str) -> Stream:
    """The bytes of an upload, or a zip of the files that it held; the signed link is the permission."""
    context = context_of(request)
    upload = await asyncio.to_thread(_open, context, request, upload_id, "GET")
    found = await asyncio.to_thread(bytes_of, context.store, upload)
    if found is None:
        raise RefusedError(404, "BlobNotFound", "the bytes are gone")
    headers = {"Content-Disposition": f'attachment; filename="{upload.id}"'}
    if found.size is not None:
        headers["Content-Length"] = str(found.size)
    content = iter(()) if HEAD in request.scope else found.parts
    return Stream(content, media_type=found.media_type, headers=headers)


def _open(context: Context, request: Request[Any, Any, Any], upload_id: str, method: str) -> SymbolUpload:
    check_link(request, method, f"/symbol-uploads/{upload_id}", code="AuthenticationFailed")
    upload = context.store.symbols.get(upload_id)
    if upload is None:
        raise RefusedError(404, "BlobNotFound", "no upload has this id")
    return upload


def _block_ids(listed: bytes) -> list[str]:
    # Only the ids in the XML matter, so there is no XML parser and none of its risks.
    found = [html.unescape(block) for block in _BLOCK.findall(listed.decode("utf-8", "replace"))]
    if not found or len(found) > _BLOCKS:
        raise RefusedError(400, "InvalidXmlDocument", "no list of blocks, or too many")
    return found


def _headers() -> dict[str, str]:
    now = formatdate(usegmt=True)
    return {
        "ETag": f'"0x{uuid.uuid4().hex[:15].upper()}"',
        "Last-Modified": now,
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-version": _VERSION,
        "x-ms-request-server-encrypted": "false",
        "Date": now,
    }
