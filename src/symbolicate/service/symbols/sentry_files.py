"""The files of sentry-cli's uploads: they are put together from chunks, installed, and their states reported.

sentry-cli names files by their SHA-1 with those of their chunks, and asks again until each file is `ok` or `error`:

    not_found    chunks are missing; they are listed
    assembling   the file is being put together and read
    ok           its symbols are in use; they are described
    error        it cannot be used; `detail` states why

An error is reported for a minute, so that a client that waits gets it; after that the same file is tried again. That
the chunks make another file than the client stated is remembered for longer, and how many bytes may be put together to
another file is bounded for each app: a few chunks, listed often or for many files, would occupy the installer.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from msgspec import Meta

from symbolicate.service.access.guard import caller_of, needs
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.json_body import read_json
from symbolicate.service.http.openapi import OpenAPIType, Schema, body_operation
from symbolicate.service.http.responses import as_json, error_handlers
from symbolicate.service.symbols.installer import Installer
from symbolicate.service.symbols.sentry_callers import holder_of, sentry_error
from symbolicate.service.symbols.targets import Target, target_by_name
from symbolicate.store import MOST_IN_VAIN, OTHER_FILE_LASTS, ChunkedFile, is_other_file, upload_id_of

if TYPE_CHECKING:
    from symbolicate.store import SymbolFile, SymbolUpload

__all__ = ["info", "router"]

_BODY_BYTES = 8 * 1024 * 1024
_FILES = 20_000
_CHUNKS = 4096  # of a file: eight times those of the largest upload
_REPEATED_BYTES = 64 * 1024 * 1024  # of chunks that a file has before, such as zeros; and as many as it has once
_ERROR_LASTS = timedelta(minutes=1)
_OTHER_FILE_LASTS = timedelta(seconds=OTHER_FILE_LASTS)
_UUID_DIGITS = 32
_FEATURES = {"functions": "symtab", "lines": "debug", "unwind": "unwind"}

_Sha1 = Annotated[str, Meta(pattern="^[0-9a-f]{40}$")]


class _Wanted(msgspec.Struct):
    name: str = "file"
    chunks: Annotated[list[_Sha1], Meta(max_length=_CHUNKS)] = []


_AssembleOperation = body_operation(
    {
        "application/json": Schema(
            type=OpenAPIType.OBJECT,
            additional_properties=Schema(
                type=OpenAPIType.OBJECT,
                properties={
                    "name": Schema(type=OpenAPIType.STRING),
                    "debug_id": Schema(type=OpenAPIType.STRING),
                    "chunks": Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.STRING)),
                },
            ),
        )
    },
    "The SHA-1 of each file, with its name and the SHA-1 of its chunks in order.",
)
_ReprocessingOperation = body_operation(
    {"application/json": Schema(type=OpenAPIType.OBJECT)}, "It is not read.", required=False
)


@post("/files/difs/assemble", status_code=200, summary="Put files together", operation_class=_AssembleOperation)
async def assemble(request: Request[Any, Any, Any], owner: str, app: str) -> Response[bytes]:
    """Put files together from chunks and install them, or report what is missing and how far they are."""
    context, caller = context_of(request), caller_of(request)
    asked = await read_json(request, dict[_Sha1, _Wanted], largest=_BODY_BYTES)
    if len(asked) > _FILES:
        raise RefusedError(413, "PayloadTooLarge", f"more than {_FILES} files in one request")

    def work() -> dict[str, Any]:
        target = target_by_name(context, caller, owner, app)
        return _states(context, target, holder_of(caller, owner), asked)

    answer = await asyncio.to_thread(work)
    context.part(Installer).wake()
    return as_json(answer)


@post("/reprocessing", status_code=200, summary="Process reports again", operation_class=_ReprocessingOperation)
async def reprocessing(request: Request[Any, Any, Any], owner: str, app: str) -> Response[bytes]:
    """Nothing: reports that symbols affect are processed again by themselves when the symbols are installed."""
    context, caller = context_of(request), caller_of(request)
    await asyncio.to_thread(target_by_name, context, caller, owner, app)
    return as_json({})


@get(
    "/api/0",
    summary="Show the permissions of the token",
    guards=[needs("symbols")],
    exception_handlers=error_handlers(sentry_error),
    tags=["Symbols (sentry-cli)"],
)
async def info(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What `sentry-cli info` prints: the scopes of the token."""
    caller = caller_of(request)
    return as_json({"version": "0", "auth": {"scopes": sorted(caller.scopes)}, "user": None})


router = Router(
    "/api/0/projects/{owner:str}/{app:str}",
    route_handlers=[assemble, reprocessing],
    guards=[needs("symbols")],
    exception_handlers=error_handlers(sentry_error),
    tags=["Symbols (sentry-cli)"],
)


def _states(context: Context, target: Target, holder: str, asked: dict[str, _Wanted]) -> dict[str, Any]:
    """The state of each file; those whose chunks are all stored are committed."""
    store = context.store
    ids = {sha1: upload_id_of(target.app, sha1, shared=target.shared) for sha1 in asked}
    uploads = store.symbols.find(ids.values())
    now = datetime.now(UTC)
    states: dict[str, Any] = {}
    for sha1 in asked:
        if (state := _state(uploads.get(ids[sha1]), sha1, now)) is not None:
            states[sha1] = state
    todo = {sha1: wanted for sha1, wanted in asked.items() if sha1 not in states}
    sizes = store.symbol_chunks.sizes(holder, (chunk for wanted in todo.values() for chunk in wanted.chunks))
    complete: list[ChunkedFile] = []
    total = 0
    most = context.config.symbols.upload_bytes
    is_stopped = bool(todo) and store.symbol_chunks.in_vain(target.app) > MOST_IN_VAIN
    for sha1, wanted in todo.items():
        missing = [chunk for chunk in dict.fromkeys(wanted.chunks) if chunk not in sizes]
        if missing or not wanted.chunks:
            states[sha1] = {"state": "not_found", "missingChunks": missing}
            continue
        if (fault := _fault(wanted.chunks, sizes, most)) is not None:
            states[sha1] = _error(fault)
            continue
        if is_stopped:
            states[sha1] = _error("the chunks of earlier files of this app made other files: try again in ten minutes")
            continue
        total += sum(sizes[chunk] for chunk in wanted.chunks)
        complete.append(ChunkedFile(sha1, wanted.name.replace("\0", "")[:300], wanted.chunks))
        states[sha1] = {"state": "assembling", "missingChunks": []}
    if complete:
        context.capacity.check_symbols(target.app, total)
        store.symbol_chunks.assemble(target.app, holder, complete, shared=target.shared)
        if target.app is not None:
            context.capacity.taken(target.app.id, total)
    return states


def _fault(chunks: list[str], sizes: dict[str, int], most: int) -> str | None:
    """Why no file of at most so many bytes was cut into these chunks; None if one may have been."""
    size = sum(sizes[chunk] for chunk in chunks)
    if size > most:
        return f"the file is larger than {most} bytes"
    first, last = sizes[chunks[0]], sizes[chunks[-1]]
    if last > first or any(sizes[chunk] != first for chunk in chunks[:-1]):
        return "the chunks of a file have one size, but for a smaller one at the end"
    once = sum(sizes[chunk] for chunk in set(chunks))
    if size - once > once + _REPEATED_BYTES:
        return f"the same chunks are repeated too often: {size} bytes of only {once} that differ"
    return None


def _state(upload: SymbolUpload | None, sha1: str, now: datetime) -> dict[str, Any] | None:
    """The state of a file that was put together; None if it never was, or is to be again."""
    if upload is None:
        return None
    if upload.status in {"committed", "processing"}:
        return {"state": "assembling", "missingChunks": []}
    if upload.status == "indexed" and upload.contents:
        described = {"state": "ok", "missingChunks": [], "dif": _described(upload, sha1)}
        return described | ({"detail": upload.message} if upload.message else {})
    # Of an upload without a message the symbols were removed since.
    if upload.status in {"indexed", "failed"} and upload.message:
        lasts = _OTHER_FILE_LASTS if is_other_file(upload.message) else _ERROR_LASTS
        if now - upload.updated < lasts:
            return _error(upload.message)
    return None


def _error(detail: str) -> dict[str, Any]:
    return {"state": "error", "missingChunks": [], "detail": detail}


def _described(upload: SymbolUpload, sha1: str) -> dict[str, Any]:
    """The symbols of a file as sentry-cli prints them. A file may have several builds; the first is described."""
    file = min(upload.contents, key=lambda one: (one.part != "symbols", one.id))
    holds = {word for one in upload.contents for word in one.holds}
    debug_id = _dashed(file)
    return {
        "id": str(file.id),
        "uuid": debug_id,
        "debugId": debug_id,
        "codeId": file.code_id,
        "objectName": file.debug_file,
        "cpuName": file.arch or "any",
        "symbolType": file.kind,
        "sha1": sha1,
        "size": upload.size,
        "dateCreated": upload.created.astimezone(UTC).isoformat(),
        "data": {"features": [feature for word, feature in _FEATURES.items() if word in holds]},
    }


def _dashed(file: SymbolFile) -> str:
    """A debug id with dashes, in lower case, and with its age unless that is 0, as sentry-cli reads and prints it."""
    digits = file.debug_id.lower()
    if not re.fullmatch(r"[0-9a-f]{33,40}", digits):
        return "00000000-0000-0000-0000-000000000000"
    age = digits[_UUID_DIGITS:].lstrip("0")
    parts = (digits[0:8], digits[8:12], digits[12:16], digits[16:20], digits[20:_UUID_DIGITS])
    return "-".join((*parts, age) if age else parts)
