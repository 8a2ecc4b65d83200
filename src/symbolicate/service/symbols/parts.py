"""Receives the bytes of an upload into the blob store, from one request or block by block."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from typing import TYPE_CHECKING, Any

from symbolicate.service.errors import RefusedError
from symbolicate.service.http import body

if TYPE_CHECKING:
    from litestar import Request

    from symbolicate.service.context import Context
    from symbolicate.store import SymbolUpload

__all__ = ["SPOOL", "block_key", "count", "join_blocks", "key_of", "receive"]

SPOOL = "receiving-"
"""The prefix of files to which bodies are written while they are received."""

_BLOCK_ID_LENGTH = 256
_HELD = 256 * 1024


def key_of(upload: SymbolUpload) -> str:
    """The key of the bytes of an upload."""
    return upload.blob or f"symbols/uploads/{upload.id}"


def block_key(upload: SymbolUpload, block_id: str) -> str:
    """The key of a block. Its id is the client's, so the key has only a digest of it.

    Raises:
        RefusedError: the id is invalid.
    """
    if not block_id or len(block_id) > _BLOCK_ID_LENGTH:
        raise RefusedError(400, "InvalidQueryParameterValue", "blockid is missing or too long")
    return f"{key_of(upload)}.blocks/{hashlib.sha256(block_id.encode('utf-8', 'replace')).hexdigest()}"


async def receive(context: Context, request: Request[Any, Any, Any], upload: SymbolUpload, key: str) -> int:
    """Store the body of a request under a key; returns its size. The body is written to disk while it is received.

    Raises:
        RefusedError: it is larger than an upload may be, or cut, or there is no space for it.
    """
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isascii() and declared.isdigit() else 0
    app = await asyncio.to_thread(context.store.apps.find, upload.app_id)
    await asyncio.to_thread(context.capacity.check_symbols, app, min(size, context.config.symbols.upload_bytes))
    settings = context.config.symbols
    folder = context.config.uploads_dir
    os.makedirs(folder, exist_ok=True)
    handle, path = tempfile.mkstemp(prefix=SPOOL, dir=folder)
    try:
        with os.fdopen(handle, "wb") as spool:
            held: list[bytes] = []
            size = total = 0
            async for chunk in body.stream(
                request, context.config.limits, body_bytes=settings.upload_bytes, unpack=False
            ):
                held.append(chunk)
                size += len(chunk)
                total += len(chunk)
                if size > _HELD:
                    await asyncio.to_thread(context.capacity.check_symbols, app, total)
                    await asyncio.to_thread(spool.writelines, held)
                    held, size = [], 0
            spool.writelines(held)
        return await asyncio.to_thread(_put, context, key, path)
    finally:
        os.unlink(path)


def count(context: Context, upload: SymbolUpload, size: int, *, more: bool = False) -> None:
    """Count the bytes of an upload towards the quota of its app: all of them, or those that are `more`."""
    context.store.symbols.received(upload.id, size, more=more)
    context.capacity.taken(upload.app_id, size)


def _put(context: Context, key: str, path: str) -> int:
    with open(path, "rb") as spool:
        return context.store.blobs.put(key, spool)


def join_blocks(context: Context, upload: SymbolUpload, block_ids: list[str]) -> int:
    """Join blocks to the upload, in this order; returns its size.

    Raises:
        RefusedError: a block is missing, or they are too large together.
    """
    keys = [block_key(upload, block_id) for block_id in block_ids]
    sizes = [context.store.blobs.size(key) for key in keys]
    if any(size is None for size in sizes):
        raise RefusedError(400, "InvalidBlockList", "a block of the list was not uploaded")
    total = sum(size or 0 for size in sizes)
    if total > context.config.symbols.upload_bytes:
        raise RefusedError(413, "RequestBodyTooLarge", "the blocks are too large together")

    # Through a file, because the blob store cannot read while it writes.
    os.makedirs(context.config.uploads_dir, exist_ok=True)
    with tempfile.TemporaryFile(prefix=SPOOL, dir=context.config.uploads_dir) as spool:
        for key in keys:
            spool.writelines(context.store.blobs.stream(key))
        spool.seek(0)
        context.store.blobs.put(key_of(upload), spool)
    context.store.blobs.delete(list(dict.fromkeys(keys)))
    count(context, upload, total)
    return total
