"""The symbol server: uploads and files of the configured sources, in the layouts of debuggers and profilers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get

from symbolicate.service.access.guard import caller_of, reads_symbols
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.responses import error_handlers, plain_error
from symbolicate.service.serving.download import as_download, asks_for_part
from symbolicate.service.serving.files import ServedFiles
from symbolicate.service.serving.readers import owner_of
from symbolicate.service.symbols.server_path import SERVER_PATHS, parts_in_path
from symbolicate.symbols.layouts.debuginfod import section_request, source_request
from symbolicate.symbols.layouts.table import request_of

if TYPE_CHECKING:
    from symbolicate.service.serving.files import ServedFile

__all__ = ["symbol_file"]


@get(
    SERVER_PATHS,
    summary="Get a symbol file, debug file or binary",
    media_type="application/octet-stream",
    guards=[reads_symbols],
    exception_handlers=error_handlers(plain_error),
    tags=["Symbol server"],
)
async def symbol_file(
    request: Request[Any, Any, Any],
    path: str,  # noqa: ARG001 - see `parts_in_path`
    app: str = "",
) -> Response[Any]:
    """A file by its path in the layout of Breakpad, SymStore, SSQP, GDB, LLDB, debuginfod or symsorter.

    Of debuginfod also the bytes of one section, and source files that were uploaded in a bundle.
    """
    context, caller = context_of(request), caller_of(request)
    parts = parts_in_path(request)

    def work() -> ServedFile | None:
        owner, files = owner_of(context, caller, app), context.part(ServedFiles)
        if parts is None:
            return None
        if (section := section_request(parts)) is not None:
            return files.find_section(owner, section)
        if (source := source_request(parts)) is not None:
            return files.find_source(owner, source)
        wanted = request_of(parts)
        return None if wanted is None else files.find(owner, wanted, in_part=asks_for_part(request))

    found = await asyncio.to_thread(work)
    if found is None:
        raise RefusedError(404, "NotFound", "not found")
    return as_download(request, found)
