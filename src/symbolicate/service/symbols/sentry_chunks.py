"""The chunks of sentry-cli's uploads: how large they may be, and receiving them.

sentry-cli cuts files into chunks of the size that the service states, asks to assemble the files from their chunks'
SHA-1 (`sentry_files`), sends the chunks that the service lacks in forms of several chunks, and asks again. The name of
a form's file is the SHA-1 of the plain bytes; a field `file_gzip` is compressed by itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import zlib
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, Router, get, post

from symbolicate.service.access.guard import caller_of, needs
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http import body
from symbolicate.service.http.address import base_url
from symbolicate.service.http.form import File, FormLimits, boundary_of, read_form
from symbolicate.service.http.openapi import BINARY, OpenAPIType, Schema, body_operation
from symbolicate.service.http.responses import as_json, error_handlers
from symbolicate.service.symbols.sentry_callers import check_owner, holder_of, sentry_error
from symbolicate.store import Conflict

if TYPE_CHECKING:
    from symbolicate.service.access.callers import Caller

__all__ = ["CHUNK_BYTES", "router"]

CHUNK_BYTES = 8 * 1024 * 1024
"""The size of a chunk; sentry-cli requires a power of two."""

_REQUEST_BYTES = 32 * 1024 * 1024
_CHUNKS_PER_REQUEST = 64
_HEADS_BYTES = 256 * 1024  # of the parts of a form, and for chunks that do not compress
_CONCURRENCY = 4
_ACCEPT = ("debug_files", "pdbs", "portablepdbs", "sources")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_GZIP = 31  # window bits that mean a gzip header

_ChunksOperation = body_operation(
    {
        "multipart/form-data": Schema(
            type=OpenAPIType.OBJECT,
            properties={name: Schema(type=OpenAPIType.ARRAY, items=BINARY) for name in ("file", "file_gzip")},
        )
    },
    "Chunks; the file name of each is the SHA-1 of its bytes, before those of `file_gzip` are compressed.",
)


@get("/", summary="Ask how to upload chunks")
async def options(request: Request[Any, Any, Any], owner: str) -> Response[bytes]:
    """How large chunks and requests may be, and where they are sent."""
    context, caller = context_of(request), caller_of(request)
    await asyncio.to_thread(check_owner, context, caller, owner)
    answer = {
        "url": f"{base_url(request)}/api/0/organizations/{owner}/chunk-upload/",
        "chunkSize": CHUNK_BYTES,
        "chunksPerRequest": _CHUNKS_PER_REQUEST,
        "maxFileSize": context.config.symbols.upload_bytes,
        "maxRequestSize": _REQUEST_BYTES,
        "concurrency": _CONCURRENCY,
        "hashAlgorithm": "sha1",
        "compression": ["gzip"],
        "accept": _ACCEPT,
    }
    return as_json(answer)


@post("/", status_code=200, summary="Upload chunks", operation_class=_ChunksOperation)
async def upload(request: Request[Any, Any, Any], owner: str) -> Response[bytes]:
    """Receive chunks of files. They are stored for a day, or until the files that they make are installed."""
    context, caller = context_of(request), caller_of(request)
    boundary = boundary_of(request.headers.get("content-type", ""))
    await asyncio.to_thread(check_owner, context, caller, owner)
    with context.inflight.share() as share:
        form = await read_form(
            body.stream(
                request, context.config.limits, body_bytes=_REQUEST_BYTES + _HEADS_BYTES + CHUNK_BYTES, unpack=False
            ),
            boundary,
            FormLimits(_CHUNKS_PER_REQUEST, CHUNK_BYTES + _HEADS_BYTES, _HEADS_BYTES),
            share,
        )
        if form.fault is not None or not form.files:
            raise RefusedError(400, "BadRequest", form.fault or "no chunks in the form")
        await asyncio.to_thread(_store, context, caller, owner, form.files)
    return as_json({})


router = Router(
    "/api/0/organizations/{owner:str}/chunk-upload",
    route_handlers=[options, upload],
    guards=[needs("symbols")],
    exception_handlers=error_handlers(sentry_error),
    tags=["Symbols (sentry-cli)"],
)


def _store(context: Context, caller: Caller, owner: str, files: list[File]) -> None:
    context.capacity.check_symbols(None, sum(len(file.data) for file in files))
    holder = holder_of(caller, owner)
    for file in files:
        data = _plain(file)
        try:
            context.store.symbol_chunks.put(holder, file.name, data, most_bytes=context.config.symbols.chunk_bytes)
        except Conflict as error:
            raise RefusedError(403, "QuotaExceeded", str(error)) from None


def _plain(file: File) -> bytes:
    """The bytes of a chunk.

    Raises:
        RefusedError: they are damaged, too many, or not those of its SHA-1.
    """
    data = file.data
    if file.field == "file_gzip":
        unpacker = zlib.decompressobj(_GZIP)
        try:
            data = unpacker.decompress(data, CHUNK_BYTES + 1)
        except zlib.error as error:
            raise RefusedError(400, "BadRequest", f"a chunk is damaged: {error}") from None
        if len(data) <= CHUNK_BYTES and not unpacker.eof:
            raise RefusedError(400, "BadRequest", "a chunk is damaged: it ends early")
    elif file.field != "file":
        raise RefusedError(400, "BadRequest", "chunks are in the fields file or file_gzip")
    if len(data) > CHUNK_BYTES:
        raise RefusedError(413, "PayloadTooLarge", f"a chunk has more than {CHUNK_BYTES} bytes")
    if not _SHA1.fullmatch(file.name) or hashlib.sha1(data, usedforsecurity=False).hexdigest() != file.name:
        raise RefusedError(400, "BadRequest", "the file name of a chunk is not its SHA-1")
    return data
