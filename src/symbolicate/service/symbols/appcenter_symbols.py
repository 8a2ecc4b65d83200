"""Lists of symbols in the form of App Center's REST API (`symbols` in its swagger)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, Router, get

from symbolicate.service.access.apps import app_by_name
from symbolicate.service.access.guard import caller_of, needs
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.address import base_url
from symbolicate.service.http.responses import as_json, error_handlers, rest_error
from symbolicate.store import SHARED

if TYPE_CHECKING:
    from symbolicate.store import App, SymbolFile

__all__ = ["router"]

_MOST = 1000
_ID_LENGTH = 200
# App Center's names of kinds of files; other kinds have our names.
_TYPES = {"breakpad": "Breakpad", "dsym": "Apple", "mach-o": "Apple", "proguard": "AndroidProguard"}


@get("/", summary="List symbols")
async def symbols(request: Request[Any, Any, Any], owner: str, app: str) -> Response[bytes]:
    """The symbols that reports of an app may be made with, the newest first."""
    context, caller = context_of(request), caller_of(request)
    base = base_url(request)

    def work() -> list[dict[str, Any]]:
        chosen = app_by_name(context, caller, owner, app)
        found = context.store.symbol_files.list([chosen.id, SHARED], top=_MOST)
        return [_shown(base, owner, app, chosen, file) for file in found if file.debug_id and file.part == "symbols"]

    return as_json(await asyncio.to_thread(work))


@get("/{symbol_id:str}", summary="Show symbols")
async def show(request: Request[Any, Any, Any], owner: str, app: str, symbol_id: str) -> Response[bytes]:
    """The symbols of a debug id that are used."""
    context, caller = context_of(request), caller_of(request)
    base = base_url(request)

    def work() -> dict[str, Any]:
        chosen = app_by_name(context, caller, owner, app)
        found = _used(context, chosen, symbol_id)
        if found is None:
            raise RefusedError(404, "NotFound", "no symbols of this id")
        return _shown(base, owner, app, chosen, found)

    return as_json(await asyncio.to_thread(work))


@get("/{symbol_id:str}/status", summary="Ask whether symbols are there")
async def status(request: Request[Any, Any, Any], owner: str, app: str, symbol_id: str) -> Response[bytes]:
    """The status of the symbols of a debug id: `available` or `missing`."""
    context, caller = context_of(request), caller_of(request)

    def work() -> dict[str, Any]:
        chosen = app_by_name(context, caller, owner, app)
        is_there = _used(context, chosen, symbol_id) is not None
        return {
            "symbol_id": symbol_id,
            "app_id": chosen.application_id,
            "status": "available" if is_there else "missing",
        }

    return as_json(await asyncio.to_thread(work))


router = Router(
    "/v0.1/apps/{owner:str}/{app:str}/symbols",
    route_handlers=[symbols, show, status],
    guards=[needs("symbols")],
    exception_handlers=error_handlers(rest_error),
    tags=["Symbols (appcenter-cli)"],
)


def _used(context: Context, app: App, symbol_id: str) -> SymbolFile | None:
    # The command line asks for UUIDs, in lower case and without an age.
    if len(symbol_id) > _ID_LENGTH:
        return None
    return next(iter(context.store.symbol_files.candidates(app.id, symbol_id, "")), None)


def _shown(base: str, owner: str, app: str, chosen: App, file: SymbolFile) -> dict[str, Any]:
    return {
        "symbol_id": file.debug_id,
        "type": _TYPES.get(file.kind, file.kind),
        "app_id": chosen.application_id,
        "platform": file.arch or "",
        "url": f"{base}/v0.1/apps/{owner}/{app}/symbols/{file.debug_id}",
        "origin": "User",
        "alternate_symbol_ids": [],
        "status": "available",
        "symbol_upload_id": file.upload_id,
        "file_name": file.debug_file,
    }
