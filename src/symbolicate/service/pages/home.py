"""`/`: the pages for browsers, the description of the API for other clients; and the list of apps."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get
from litestar.enums import OpenAPIMediaType
from litestar.openapi.plugins import JsonRenderPlugin

from symbolicate.render.html.chart import sparkline
from symbolicate.service.access.guard import caller_of
from symbolicate.service.context import context_of
from symbolicate.service.pages.rendering import app_path, app_title, page, to
from symbolicate.store.query import Range

if TYPE_CHECKING:
    from symbolicate.store import App

__all__ = ["apps", "home"]

_DAYS = 14
_MOST = 200


@get("/", include_in_schema=False)
async def home(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Lead browsers to the pages; other clients get what `/openapi.json` is."""
    if "text/html" in request.headers.get("accept", ""):
        answer = to("/apps")
    else:
        text = JsonRenderPlugin.render_json(request, request.app.openapi_schema.to_schema())
        answer = Response(text, media_type=OpenAPIMediaType.OPENAPI_JSON)
    answer.headers["Vary"] = "Accept"
    return answer


@get("/apps")
async def apps(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The apps that the visitor may see, each with its crashes of the last days."""
    context, caller = context_of(request), caller_of(request)

    def work() -> Response[bytes]:
        seen = [app for app in context.store.apps.list() if caller.may_act_for(app.id)]
        today = datetime.now(UTC).date()
        wanted = Range(today - timedelta(days=_DAYS - 1), today, {})

        def row(app: App) -> dict[str, Any]:
            found = context.store.query.trends(app, wanted, top=0)
            days = [sum(day) for day in zip(*(one.days for one in found.crashes), strict=True)]
            return {
                "title": app_title(app),
                "at": app_path(app),
                "id": app.application_id,
                "crashes": found.total,
                "before": found.before,
                "line": sparkline(days),
                "last": context.store.query.last_day(app),
            }

        rows = [row(app) for app in seen[:_MOST]]
        return page(request, "apps.html", "Apps", rows=rows, more=max(0, len(seen) - _MOST), days=_DAYS)

    return await asyncio.to_thread(work)
