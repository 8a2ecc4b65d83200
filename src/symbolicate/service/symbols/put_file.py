"""Uploads by one `PUT` to the path under which a symbol server has the file, for `curl -T` and scripts of builds.

    PUT /symbols/app.pdb/<GUID and age>/app.pdb     and the other layouts that are served
    PUT /symbols/<name>                             a file or archive with whatever ids it has

A file under a path with an id is used only if that is its id.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, put

from symbolicate.service.access.guard import caller_of, puts_symbols
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.openapi import BINARY, body_operation
from symbolicate.service.http.responses import error_handlers, plain_error
from symbolicate.service.symbols.installer import Installer
from symbolicate.service.symbols.outcome import outcome_of
from symbolicate.service.symbols.parts import count, key_of, receive
from symbolicate.service.symbols.server_path import SERVER_PATHS, parts_in_path
from symbolicate.service.symbols.targets import target_by_query
from symbolicate.symbols.layouts.table import request_of
from symbolicate.symbols.resolution import Wanted

if TYPE_CHECKING:
    from symbolicate.service.access.callers import Caller
    from symbolicate.store import SymbolUpload
    from symbolicate.symbols.layouts.layout import Parts

__all__ = ["put_file"]

_PutOperation = body_operation(
    {"application/octet-stream": BINARY}, "A symbol file, debug file or binary, or an archive or cabinet with them."
)


@put(
    SERVER_PATHS,
    status_code=201,
    summary="Upload a file under its path",
    tags=["Symbols (PUT)"],
    operation_class=_PutOperation,
    media_type="text/plain",
    guards=[puts_symbols],
    exception_handlers=error_handlers(plain_error),
)
async def put_file(
    request: Request[Any, Any, Any],
    path: str,  # noqa: ARG001 - see `parts_in_path`
    app: str = "",
) -> Response[bytes]:
    """Receive a file. The response is sent when it is installed, or states why it could not be; 202 after 20 s."""
    context, caller = context_of(request), caller_of(request)
    parts = parts_in_path(request)
    wanted = None if parts is None else _wanted(parts)
    if parts is None or wanted is None:
        raise RefusedError(400, "BadRequest", "the path is in none of the layouts, and is not a name alone")
    upload = await asyncio.to_thread(_begin, context, caller, app, parts, wanted)
    try:
        size = await receive(context, request, upload, key_of(upload))
    except BaseException:
        await asyncio.to_thread(context.store.symbols.delete, upload.id)
        raise
    await asyncio.to_thread(_commit, context, upload, size)
    context.part(Installer).wake()
    upload = await outcome_of(context, upload)
    if upload.status != "indexed":
        return Response(b"received; it is not installed yet", status_code=202, media_type="text/plain")
    # What was stored, and what of it is not used.
    said = "; ".join(["OK", *filter(None, [upload.message])])
    return Response(said.encode(), status_code=201, media_type="text/plain")


def _begin(context: Context, caller: Caller, app: str, parts: Parts, wanted: Wanted) -> SymbolUpload:
    target = target_by_query(context, caller, app)
    context.capacity.check_symbols(target.app)
    return context.store.symbols.begin(
        target.app,
        "Breakpad",
        file_name=parts[-1],
        shared=target.shared,
        debug_id=wanted.debug_id,
        code_id=wanted.code_id,
    )


def _commit(context: Context, upload: SymbolUpload, size: int) -> None:
    if not size:
        context.store.symbols.delete(upload.id)
        raise RefusedError(400, "BadRequest", "the body is empty")
    count(context, upload, size)
    context.store.symbols.set_status(upload.id, "committed")


def _wanted(parts: Parts) -> Wanted | None:
    """The module that a path states; one without ids for a name alone, and None for a path of no layout."""
    if len(parts) == 1:
        return Wanted("", "")
    found = request_of(parts)
    if found is None and parts[-1].endswith("_"):
        # A cabinet, as symstore compresses files: its name ends in `_`, and the first part is the name of the file.
        found = request_of((*parts[:-1], parts[0]))
    return None if found is None else found.wanted
