"""`/api/v1`: the symbol files of an app and of the pool that all apps share; and processing reports again in bulk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.params import Parameter

from symbolicate.service.access.apps import named_app
from symbolicate.service.access.guard import caller_of, needs, needs_all_apps
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.json_body import read_json
from symbolicate.service.http.openapi import OpenAPIType, Schema, body_operation
from symbolicate.service.http.responses import as_json, error_handlers, rest_error
from symbolicate.service.http.times import time_of
from symbolicate.service.symbols.kinds import READ_KINDS
from symbolicate.store import SHARED, DoneFilter

if TYPE_CHECKING:
    from symbolicate.store import SymbolFile

__all__ = ["router"]

_MOST = 1000
_FARTHEST = 1_000_000_000

_Top = Annotated[int, Parameter(ge=1, le=_MOST)]
_Skip = Annotated[int, Parameter(ge=0, le=_FARTHEST)]


class _Requeue(msgspec.Struct, forbid_unknown_fields=True):
    bucket: str | None = None
    debug_id: str | None = None
    since: str | None = None
    until: str | None = None


_TIME = "As 2026-01-31 or 2026-01-31T12:00:00Z."
_RequeueOperation = body_operation(
    {
        "application/json": Schema(
            type=OpenAPIType.OBJECT,
            properties={
                "bucket": Schema(type=OpenAPIType.STRING, description="The hash of the failure that they count as."),
                "debug_id": Schema(type=OpenAPIType.STRING, description="Of a module that their stacks lead into."),
                "since": Schema(type=OpenAPIType.STRING, description=f"Happened then or later. {_TIME}"),
                "until": Schema(type=OpenAPIType.STRING, description=f"Happened before. {_TIME}"),
            },
        )
    },
    "Which of them; all, if nothing is given.",
    required=False,
)


@get("/apps/{app:str}/symbols", summary="List the symbol files of an app")
async def symbols(
    request: Request[Any, Any, Any], app: str, debug_id: str | None = None, top: _Top = 100, skip: _Skip = 0
) -> Response[bytes]:
    """The symbol files that reports of an app may be made with, its own and those for all apps, the newest first."""
    context, caller = context_of(request), caller_of(request)

    def work() -> list[dict[str, Any]]:
        owner = named_app(context, caller, app).id
        files = context.store.symbol_files
        found = files.list([owner, SHARED], debug_id=debug_id, top=top, skip=skip)
        return [_shown(file) for file in found]

    return as_json(await asyncio.to_thread(work))


@get("/symbols", summary="List the symbol files for all apps", guards=[needs_all_apps])
async def shared_symbols(
    request: Request[Any, Any, Any], debug_id: str | None = None, top: _Top = 100, skip: _Skip = 0
) -> Response[bytes]:
    """The symbol files that are used for all apps, the newest first."""
    files = context_of(request).store.symbol_files

    def work() -> list[dict[str, Any]]:
        return [_shown(file) for file in files.list([SHARED], debug_id=debug_id, top=top, skip=skip)]

    return as_json(await asyncio.to_thread(work))


@delete("/symbols/{file_id:int}", status_code=200, summary="Remove a symbol file")
async def remove(request: Request[Any, Any, Any], file_id: int) -> Response[bytes]:
    """Remove a symbol file. Reports that were made with it are processed again; files for all apps need `admin`."""
    context, caller = context_of(request), caller_of(request)

    def work() -> dict[str, int]:
        files = context.store.symbol_files
        owner = files.get(file_id).owner if 0 <= file_id < 1 << 63 else None
        if owner is None or (owner != SHARED and not caller.may_act_for(owner)):
            raise RefusedError(404, "NotFound", "no symbol file has this number")
        if owner == SHARED and not caller.may_change_shared_symbols:
            raise RefusedError(403, "Forbidden", "the symbol file is used for all apps: it needs the scope admin")
        return {"requeued": files.remove(file_id)}

    return as_json(await asyncio.to_thread(work))


@post(
    "/apps/{app:str}/requeue",
    status_code=200,
    summary="Process reports again",
    operation_class=_RequeueOperation,
    guards=[needs("admin")],
)
async def requeue(request: Request[Any, Any, Any], app: str) -> Response[bytes]:
    """Put processed reports of an app into the queue again: all of them, or those that are selected."""
    context, caller = context_of(request), caller_of(request)
    asked = await read_json(request, _Requeue, empty=b"{}")

    def work() -> dict[str, int]:
        found, bucket = named_app(context, caller, app), None
        if asked.bucket is not None and (bucket := context.store.buckets.get(found, asked.bucket.lower())) is None:
            raise RefusedError(404, "NotFound", "no bucket has this hash")
        only = DoneFilter(
            app_id=found.id,
            bucket=None if bucket is None else bucket.hash,
            debug_id=asked.debug_id,
            since=time_of(asked.since),
            until=time_of(asked.until),
        )
        return {"requeued": context.store.queue.requeue_done(only)}

    return as_json(await asyncio.to_thread(work))


router = Router(
    "/api/v1",
    route_handlers=[symbols, shared_symbols, remove, requeue],
    guards=[needs("symbols")],
    exception_handlers=error_handlers(rest_error),
    tags=["Symbols"],
)


def _shown(file: SymbolFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "shared": file.owner == SHARED,
        "debug_id": file.debug_id,
        "code_id": file.code_id,
        "debug_file": file.debug_file,
        "kind": file.kind,
        "arch": file.arch,
        "size": file.size,
        "sha256": file.content,
        "part": file.part,
        "holds": file.holds,
        "used": file.kind in READ_KINDS and file.blob is not None,
        "created": file.created,
    }
