"""`/api/v1/apps`: the apps, the health of one, and two of its versions compared."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, Router, get
from litestar.params import Parameter

from symbolicate.service.access.apps import named_app
from symbolicate.service.access.guard import caller_of, needs
from symbolicate.service.comparison import VERSION, compared_rows
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.health_facts import health_facts
from symbolicate.service.http.responses import as_json, error_handlers, rest_error
from symbolicate.store.query import Range

__all__ = ["router"]

_MOST_DAYS = 366
_MOST = 1000
_VALUE_LENGTH = 300

_Events = Literal["crash", "handled", "requested", "any"]


@get("/apps", summary="List the apps")
async def apps(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The apps that the caller may ask about, the oldest first."""
    context, caller = context_of(request), caller_of(request)

    def work() -> bytes:
        found = [one for one in context.store.apps.list() if caller.may_act_for(one.id)]
        return msgspec.json.encode(
            [
                {
                    "application_id": one.application_id,
                    "owner": one.owner,
                    "name": one.name,
                    "product": one.product_name,
                }
                for one in found
            ]
        )

    return as_json(await asyncio.to_thread(work))


@get("/apps/{app:str}/health", summary="The health of an app")
async def health(
    request: Request[Any, Any, Any],
    app: str,
    days: Annotated[int, Parameter(ge=1, le=_MOST_DAYS)] = 30,
    end: str | None = None,
    events: _Events = "crash",
    version: Annotated[str | None, Parameter(max_length=_VALUE_LENGTH)] = None,
    top: Annotated[int, Parameter(ge=1, le=_MOST)] = 10,
) -> Response[bytes]:
    """Hits per day and version, crash-free devices, the most frequent failures, new and returned ones.

    The period is the last `days` up to `end`, a day such as 2026-01-31; without it, up to today. It is the same as
    `symbolicate query health --format json`.
    """
    context, caller = context_of(request), caller_of(request)
    wanted = _range(end, days, events)
    if version:
        wanted = wanted._replace(values={VERSION: version})

    def work() -> bytes:
        return msgspec.json.encode(health_facts(context.store, named_app(context, caller, app), wanted, top))

    return as_json(await asyncio.to_thread(work))


@get("/apps/{app:str}/compare", summary="Compare two versions")
async def compare(
    request: Request[Any, Any, Any],
    app: str,
    old: Annotated[str, Parameter(max_length=_VALUE_LENGTH)],
    new: Annotated[str, Parameter(max_length=_VALUE_LENGTH)],
    days: Annotated[int, Parameter(ge=1, le=_MOST_DAYS)] = 30,
    end: str | None = None,
    events: _Events = "crash",
) -> Response[bytes]:
    """The failures of two versions, with their hits in the period and their share of the hits of the version.

    The most frequent of the new version are first. `change` is `new`, `gone`, `grown` (a larger share) or `not grown`.
    """
    context, caller = context_of(request), caller_of(request)
    wanted = _range(end, days, events)

    def work() -> bytes:
        one = named_app(context, caller, app)
        return msgspec.json.encode(compared_rows(context.store.query, one, wanted, old, new))

    return as_json(await asyncio.to_thread(work))


def _range(end: str | None, days: int, events: str) -> Range:
    try:
        last = date.fromisoformat(end) if end else datetime.now(UTC).date()
        wanted = Range(last - timedelta(days=days - 1), last, {}, events)
        _ = wanted.before
    except (ValueError, OverflowError):
        raise RefusedError(400, "BadRequest", "end is a day such as 2026-01-31") from None
    return wanted


router = Router(
    "/api/v1",
    route_handlers=[apps, health, compare],
    guards=[needs("query")],
    exception_handlers=error_handlers(rest_error),
    tags=["Buckets"],
)
