"""`/apps/{app}/search`: failures by name, hash, function, module or installation; reports by their ids."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get

from symbolicate.service.context import context_of
from symbolicate.service.pages.apps import app_of
from symbolicate.service.pages.rendering import page
from symbolicate.store import NotFound, Stored

__all__ = ["search"]

_TOP = 100
_TEXT_LENGTH = 300


@get("/apps/{app:int}/search")
async def search(request: Request[Any, Any, Any], app: int) -> Response[bytes]:
    """What matches `q`."""
    context, text = context_of(request), request.query_params.get("q", "").strip()[:_TEXT_LENGTH]

    def work() -> Response[bytes]:
        found = app_of(request, app)
        store = context.store
        reports: list[Stored] = []
        if text:
            try:
                one = store.reports.get(text.lower().removeprefix("bp-"))
                reports = [one] if one.app_id == found.id else []
            except NotFound:
                reports = store.reports.by_log_id(found, text)[:_TOP]
        failures = store.query.search(found, text, _TOP) if text else []
        return page(request, "search.html", "Search", app=found, text=text, failures=failures, reports=reports)

    return await asyncio.to_thread(work)
