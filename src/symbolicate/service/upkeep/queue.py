"""`/api/v1/queue`: what waits, and the dead letters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, Router, get, post

from symbolicate.service.access.apps import named_app
from symbolicate.service.access.guard import caller_of, needs
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.json_body import read_json
from symbolicate.service.http.openapi import OpenAPIType, Schema, body_operation, query_operation
from symbolicate.service.http.responses import as_json, error_handlers, rest_error
from symbolicate.service.http.times import time_of
from symbolicate.store import DeadLetterFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from symbolicate.service.access.callers import Caller

__all__ = ["router"]

_TEXT_LENGTH = 500
_MOST = 1000
_USUAL = 100

_FILTERS = {
    "app": "Of one app, by its application id, its secret or owner/name.",
    "reason": "The kind of the error (input, time, process, worker, gone, fault), or a part of its text.",
    "bucket": "Of the failure with this hash, for reports that were processed before.",
    "from": "Received at this time or later, as 2026-01-31 or 2026-01-31T12:00:00Z.",
    "to": "Received before this time.",
}
_DeadLettersOperation = query_operation(_FILTERS | {"top": f"How many, {_MOST} at most; by default {_USUAL}."}, ())
_RequeueOperation = body_operation(
    {
        "application/json": Schema(
            type=OpenAPIType.OBJECT,
            properties={
                name: Schema(type=OpenAPIType.STRING, description=description) for name, description in _FILTERS.items()
            },
        )
    },
    "Filters; without any, all dead letters are selected. The same names are accepted in the URL.",
    required=False,
)


@get("/queue", summary="Show the queue")
async def queue(request: Request[Any, Any, Any]) -> Response[bytes]:
    """How many reports wait, are being processed, or are dead letters (`aside`)."""
    context, caller = context_of(request), caller_of(request)
    return as_json(await asyncio.to_thread(context.store.queue.depth, apps=caller.apps))


@get("/queue/dead-letters", summary="List dead letters", operation_class=_DeadLettersOperation)
async def dead_letters(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Reports that could not be processed, each with the reason."""
    context, caller = context_of(request), caller_of(request)
    given = _query(request)
    top = given.pop("top", str(_USUAL))
    if not top.isascii() or not top.isdigit() or not 1 <= int(top[:9]) <= _MOST:
        raise RefusedError(400, "BadRequest", f"top is a number from 1 to {_MOST}")

    def work() -> list[dict[str, Any]]:
        return [
            {
                "id": one.public_id,
                "log_id": one.log_id,
                "kind": one.kind,
                "application_id": one.app.application_id,
                "attempts": one.attempts,
                "reason": one.reason,
                "error": one.error,
                "received": one.received,
                "since": one.since,
            }
            for one in context.store.queue.dead_letters(int(top), _filter(context, caller, given))
        ]

    return as_json(await asyncio.to_thread(work))


@post(
    "/queue/dead-letters/requeue",
    status_code=200,
    summary="Process dead letters again",
    operation_class=_RequeueOperation,
    guards=[needs("admin")],
)
async def requeue_dead_letters(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Put dead letters into the queue again: all of them, or those that the filters select."""
    context, caller = context_of(request), caller_of(request)
    given = _query(request) | await read_json(request, dict[str, str], empty=b"{}")
    return as_json(
        await asyncio.to_thread(
            lambda: {"requeued": context.store.queue.requeue_dead_letters(_filter(context, caller, given))}
        )
    )


# The names of earlier versions, which work for one more version.
_aside = get("/queue/aside", summary="List dead letters", operation_class=_DeadLettersOperation, deprecated=True)
_requeue_aside = post(
    "/queue/aside/requeue",
    status_code=200,
    summary="Process dead letters again",
    operation_class=_RequeueOperation,
    guards=[needs("admin")],
    deprecated=True,
)

router = Router(
    "/api/v1",
    route_handlers=[
        queue,
        dead_letters,
        requeue_dead_letters,
        _aside(dead_letters.fn),
        _requeue_aside(requeue_dead_letters.fn),
    ],
    guards=[needs("query")],
    exception_handlers=error_handlers(rest_error),
    tags=["Queue"],
)


def _query(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The parameters of the URL. Two values for a name are refused, because neither may be silently ignored."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise RefusedError(400, "BadRequest", f"{str(name)[:100]!r} is given more than once")
        given[str(name)] = str(value)
    return given


def _filter(context: Context, caller: Caller, given: Mapping[str, str]) -> DeadLetterFilter:
    """The filter of a request, within the apps that the caller may act for.

    Raises:
        RefusedError: a name or a value is invalid. A filter that was misspelled must not select everything.
    """
    if unknown := given.keys() - _FILTERS.keys():
        raise RefusedError(400, "BadRequest", f"unknown filter {min(unknown)[:100]!r}: use {', '.join(_FILTERS)}")
    if any(not value or len(value) > _TEXT_LENGTH for value in given.values()):
        raise RefusedError(400, "BadRequest", f"a filter has 1 to {_TEXT_LENGTH} characters")
    apps = caller.apps
    if (named := given.get("app")) is not None:
        apps = frozenset((named_app(context, caller, named).id,))
    return DeadLetterFilter(
        apps=apps,
        reason=given.get("reason"),
        bucket=given.get("bucket"),
        received_from=time_of(given.get("from")),
        received_until=time_of(given.get("to")),
    )
