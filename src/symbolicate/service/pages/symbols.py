"""`/apps/{app}/symbols`: the symbols that are missing, those that were uploaded, and a form for more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get, post

from symbolicate.service.access.guard import caller_of, needs_session
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http import body
from symbolicate.service.http.form import FormLimits, boundary_of, read_form
from symbolicate.service.pages.apps import app_of
from symbolicate.service.pages.forms import check_origin, check_sender
from symbolicate.service.pages.rendering import app_path, page, to
from symbolicate.service.symbols.installer import Installer
from symbolicate.service.symbols.kinds import READ_KINDS
from symbolicate.service.symbols.outcome import outcome_of
from symbolicate.service.symbols.parts import count, key_of
from symbolicate.store import SHARED

if TYPE_CHECKING:
    from symbolicate.store import App, SymbolUpload

__all__ = ["symbols", "upload"]

_MISSING, _UPLOADS, _FILES = 100, 30, 200
_PARTS = 8
_TEXT_BYTES = 16 * 1024
_NAME_LENGTH = 300


@get("/apps/{app:int}/symbols")
async def symbols(request: Request[Any, Any, Any], app: int) -> Response[bytes]:
    """What is missing; for who may upload symbols also what there is."""
    context, may_add = context_of(request), caller_of(request).may("symbols")

    def work() -> Response[bytes]:
        found = app_of(request, app)
        store = context.store
        return page(
            request,
            "symbols.html",
            "Symbols",
            app=found,
            missing=store.symbols.missing(found, top=_MISSING),
            uploads=store.symbols.list(found, top=_UPLOADS) if may_add else [],
            files=store.symbol_files.list([found.id, SHARED], top=_FILES) if may_add else [],
            read_kinds=READ_KINDS,
            may_add=may_add,
        )

    return await asyncio.to_thread(work)


@post("/apps/{app:int}/symbols", guards=[needs_session("symbols")])
async def upload(request: Request[Any, Any, Any], app: int) -> Response[bytes]:
    """Receive a file of the form. The page follows when it is installed, or after 20 seconds."""
    context = context_of(request)
    check_origin(request)
    found = await asyncio.to_thread(app_of, request, app)
    limits = context.config.limits
    with context.inflight.share() as share:
        form = await read_form(
            body.stream(request, limits, body_bytes=limits.inflight_bytes, unpack=False),
            boundary_of(request.headers.get("content-type", "")),
            FormLimits(_PARTS, limits.inflight_bytes, _TEXT_BYTES),
            share,
        )
        check_sender(request, form.values)
        file = next((one for one in form.files if one.data), None)
        if file is None:
            raise RefusedError(400, "BadRequest", form.fault or "no file was chosen")
        name = (file.name or "symbols")[:_NAME_LENGTH]
        began = await asyncio.to_thread(_take, context, found, name, file.data)
    context.part(Installer).wake()
    try:
        await outcome_of(context, began)
    except RefusedError as error:
        raise RefusedError(400, "BadRequest", f"{name}: {error.message}") from None
    return to(f"{app_path(found)}/symbols")


def _take(context: Context, app: App, name: str, data: bytes) -> SymbolUpload:
    context.capacity.check_symbols(app, len(data))
    began = context.store.symbols.begin(app, "Breakpad", file_name=name)
    context.store.blobs.put(key_of(began), data)
    count(context, began, len(data))
    return context.store.symbols.set_status(began.id, "committed")
