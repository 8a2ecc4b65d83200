"""The symbolication protocol of Mozilla's services and of samply: stacks in, functions, files and lines out.

Pages of configured origins may use it, such as the Firefox Profiler with `?symbolServer=`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, Router, post, route
from litestar.response import Stream

from symbolicate.service.access.guard import caller_of, reads_symbols
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http import body
from symbolicate.service.http.openapi import OpenAPIType, Schema, body_operation
from symbolicate.service.http.responses import error_handlers, rest_error
from symbolicate.service.serving.answerers import Answerers
from symbolicate.service.serving.readers import owner_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from litestar.types import ExceptionHandlersMap

__all__ = ["router"]

_PATHS = ["/symbolicate/v{}", "/-/{{token:str}}/symbolicate/v{}"]
_FIVE, _FOUR = ([path.format(number) for path in _PATHS] for number in (5, 4))
_PREFLIGHT_SECONDS = "600"

_MODULES = Schema(
    type=OpenAPIType.ARRAY,
    description="The modules: pairs of the name of a debug file and a debug id.",
    items=Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.STRING), min_items=2, max_items=2),
)
_FRAME = Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.INTEGER), min_items=2, max_items=2)
_STACKS = Schema(
    type=OpenAPIType.ARRAY,
    description="Stacks of frames: pairs of the index of a module, or -1, and the offset in it.",
    items=Schema(type=OpenAPIType.ARRAY, items=_FRAME),
)
_JOB = Schema(
    type=OpenAPIType.OBJECT, properties={"memoryMap": _MODULES, "stacks": _STACKS}, required=["memoryMap", "stacks"]
)
_EXAMPLE = {"memoryMap": [["xul.pdb", "44E4EC8C2F41492B9369D6B9A059577C2"]], "stacks": [[[0, 11723767], [-1, 65802]]]}
_FourOperation = body_operation({"application/json": _JOB}, "Stacks.", example=_EXAMPLE)
_FiveOperation = body_operation(
    {
        "application/json": Schema(
            one_of=[
                Schema(
                    type=OpenAPIType.OBJECT,
                    properties={"jobs": Schema(type=OpenAPIType.ARRAY, items=_JOB, max_items=64)},
                    required=["jobs"],
                ),
                _JOB,
            ]
        )
    },
    "Jobs of stacks, or one job.",
    example={"jobs": [_EXAMPLE]},
)


def _permit(request: Request[Any, Any, Any], response: Response[Any]) -> Response[Any]:
    """Let a page of a configured origin read a response."""
    origin = request.headers.get("origin", "")
    if origin and origin in context_of(request).config.access.origins:
        response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Vary"] = "Origin"
    return response


def _errors() -> ExceptionHandlersMap:
    """The errors of these routes, which pages may read, too."""

    def readable(handle: Callable[[Any, Any], Response[Any]]) -> Callable[[Any, Any], Response[Any]]:
        return lambda request, error: _permit(request, handle(request, error))

    return {kind: readable(handle) for kind, handle in error_handlers(rest_error).items()}


@post(
    _FIVE,
    status_code=200,
    summary="Symbolicate stacks",
    operation_class=_FiveOperation,
)
async def version_5(request: Request[Any, Any, Any], app: str = "") -> Response[Any]:
    """Functions, files, lines and inlined calls of stacks, in the protocol of Mozilla's Eliot and of samply."""
    return await _answer(request, app, 5)


@post(
    _FOUR,
    status_code=200,
    summary="Symbolicate stacks (version 4)",
    operation_class=_FourOperation,
)
async def version_4(request: Request[Any, Any, Any], app: str = "") -> Response[Any]:
    """Functions of stacks as texts, in the deprecated version 4 of the protocol."""
    return await _answer(request, app, 4)


@route([*_FIVE, *_FOUR], http_method=["OPTIONS"], status_code=204, include_in_schema=False)
async def preflight(request: Request[Any, Any, Any]) -> Response[None]:
    """Whether a page may send a request."""
    response: Response[None] = Response(None, status_code=204)
    if request.headers.get("origin", "") in context_of(request).config.access.origins:
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
        if "access-control-request-private-network" in request.headers:
            response.headers["Access-Control-Allow-Private-Network"] = "true"
    return _permit(request, response)


_versions = Router(
    "/",
    route_handlers=[version_5, version_4],
    guards=[reads_symbols],
    exception_handlers=_errors(),
    tags=["Symbolication"],
)
# The preflight first: the framework adds a handler of OPTIONS to routes that have none yet.
router = Router("/", route_handlers=[preflight, _versions])


async def _answer(request: Request[Any, Any, Any], app: str, version: int) -> Response[Any]:
    context, caller = context_of(request), caller_of(request)
    owner = await asyncio.to_thread(owner_of, context, caller, app)
    with context.inflight.share() as share:
        parts: list[bytes] = []
        most = context.config.stacks.body_bytes
        async for part in body.stream(request, context.config.limits, body_bytes=most):
            # Once here, and once on the way to the process that reads it.
            share.take(2 * len(part))
            parts.append(part)
            if share.size > 2 * most:
                raise RefusedError(413, "PayloadTooLarge", f"the request is larger than {most} bytes")
        answer = await context.part(Answerers).answer(owner, version, b"".join(parts))
    return _permit(request, _as_json(answer))


def _as_json(parts: tuple[bytes, ...]) -> Response[Any]:
    """A response with parts of JSON, which are not joined: an answer may have a hundred megabytes."""

    async def content() -> AsyncIterator[bytes]:
        for part in parts:
            yield part

    headers = {"Content-Length": str(sum(map(len, parts)))}
    return Stream(content(), status_code=200, headers=headers, media_type="application/json")
