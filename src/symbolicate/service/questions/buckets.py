"""`/api/v1/apps/{app}/buckets`: failures, decisions about them, and suggestions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from litestar import Request, Response, Router, get, patch, post
from litestar.params import Parameter

from symbolicate.service.access.apps import named_app
from symbolicate.service.access.failures import checked_hash
from symbolicate.service.access.guard import caller_of, needs
from symbolicate.service.context import Context, context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.failure_brief import bucket_brief
from symbolicate.service.http.json_body import read_json
from symbolicate.service.http.openapi import OpenAPIType, Schema, body_operation
from symbolicate.service.http.responses import as_json, error_handlers, rest_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from symbolicate.store import App

__all__ = ["router"]

_MOST = 1000
_NOTE_LENGTH = 10_000

_State = Literal["open", "closed", "ignored"]
_Events = Literal["crash", "handled", "requested"]


class _Change(msgspec.Struct):
    state: _State | None = None
    note: Annotated[str, msgspec.Meta(max_length=_NOTE_LENGTH)] | None = None


class _Merge(msgspec.Struct):
    into: str


class _Split(msgspec.Struct):
    keep_apart_from: str = msgspec.field(name="from")


_TEXT = Schema(type=OpenAPIType.STRING)
_ChangeOperation = body_operation(
    {
        "application/json": Schema(
            type=OpenAPIType.OBJECT,
            properties={
                "state": Schema(type=OpenAPIType.STRING, enum=["open", "closed", "ignored"]),
                "note": Schema(type=OpenAPIType.STRING, max_length=_NOTE_LENGTH),
            },
        )
    },
    "What changes.",
)
_MergeOperation = body_operation(
    {"application/json": Schema(type=OpenAPIType.OBJECT, properties={"into": _TEXT}, required=["into"])},
    "The bucket it is to be counted with.",
)
_SplitOperation = body_operation(
    {"application/json": Schema(type=OpenAPIType.OBJECT, properties={"from": _TEXT}, required=["from"])},
    "The bucket from which it is separated.",
)


@get("/buckets", summary="List buckets")
async def buckets(
    request: Request[Any, Any, Any],
    app: str,
    only: Annotated[_State | None, Parameter(query="state")] = None,
    events: _Events | None = None,
    top: Annotated[int, Parameter(ge=1, le=_MOST)] = 100,
    skip: Annotated[int, Parameter(ge=0, le=1_000_000_000)] = 0,
) -> Response[bytes]:
    """The failures of an app, those with the most crashes first.

    `events` selects those that have crashes, handled errors or requested dumps, the most frequent of that kind first.
    """
    return await _answer(
        request,
        app,
        lambda context, one: context.store.buckets.list(one, state=only, top=top, skip=skip, events=events),
    )


@get("/buckets/{failure_hash:str}", summary="Show a bucket")
async def bucket(request: Request[Any, Any, Any], app: str, failure_hash: str) -> Response[bytes]:
    """One failure, by its hash or a hash that it had before."""

    def work(context: Context, one: App) -> Any:
        found = context.store.buckets.get(one, checked_hash(failure_hash))
        if found is None:
            raise RefusedError(404, "NotFound", "no bucket has this hash")
        return found

    return await _answer(request, app, work)


@get("/buckets/{failure_hash:str}/brief", summary="Explain a bucket", media_type="text/markdown")
async def brief(request: Request[Any, Any, Any], app: str, failure_hash: str) -> Response[bytes]:
    """A failure in at most 4,000 tokens of Markdown: counts, state, and the brief of its newest report."""
    context, caller = context_of(request), caller_of(request)

    def work() -> bytes:
        one = named_app(context, caller, app)
        found = context.store.buckets.get(one, checked_hash(failure_hash))
        if found is None:
            raise RefusedError(404, "NotFound", "no bucket has this hash")
        return bucket_brief(context.store, one, found).encode("utf-8", "backslashreplace")

    return Response(await asyncio.to_thread(work), media_type="text/markdown")


@patch(
    "/buckets/{failure_hash:str}",
    summary="Change a bucket",
    operation_class=_ChangeOperation,
    guards=[needs("admin")],
)
async def change(request: Request[Any, Any, Any], app: str, failure_hash: str) -> Response[bytes]:
    """Set a failure's state or note."""
    asked = await read_json(request, _Change)
    return await _answer(
        request,
        app,
        lambda context, one: context.store.buckets.set(
            one, checked_hash(failure_hash), state=asked.state, note=asked.note
        ),
    )


@post(
    "/buckets/{failure_hash:str}/merge",
    status_code=200,
    summary="Merge a bucket into another",
    operation_class=_MergeOperation,
    guards=[needs("admin")],
)
async def merge(request: Request[Any, Any, Any], app: str, failure_hash: str) -> Response[bytes]:
    """Count a failure with another one from now on."""
    into = (await read_json(request, _Merge)).into
    return await _answer(
        request,
        app,
        lambda context, one: context.store.buckets.merge(one, checked_hash(failure_hash), into=checked_hash(into)),
    )


@post("/buckets/{failure_hash:str}/unmerge", status_code=200, summary="Undo a merge", guards=[needs("admin")])
async def unmerge(request: Request[Any, Any, Any], app: str, failure_hash: str) -> Response[bytes]:
    """Count a failure by itself again."""
    return await _answer(
        request, app, lambda context, one: context.store.buckets.unmerge(one, checked_hash(failure_hash))
    )


@post(
    "/buckets/{failure_hash:str}/split",
    status_code=200,
    summary="Keep two buckets apart",
    operation_class=_SplitOperation,
    guards=[needs("admin")],
)
async def split(request: Request[Any, Any, Any], app: str, failure_hash: str) -> Response[bytes]:
    """Separate two failures, also in suggestions."""
    other = (await read_json(request, _Split)).keep_apart_from

    def work(context: Context, one: App) -> Any:
        context.store.buckets.split(one, checked_hash(failure_hash), from_=checked_hash(other))
        return context.store.buckets.get(one, checked_hash(failure_hash))

    return await _answer(request, app, work)


@get("/images", summary="List blamed images")
async def images(
    request: Request[Any, Any, Any], app: str, top: Annotated[int, Parameter(ge=1, le=_MOST)] = 100
) -> Response[bytes]:
    """The images that failures are blamed on, those with the most crashes first."""
    return await _answer(request, app, lambda context, one: context.store.buckets.images(one, top=top))


@get("/suggestions", summary="Suggest merges")
async def suggestions(
    request: Request[Any, Any, Any],
    app: str,
    threshold: Annotated[float | None, Parameter(ge=0, le=1)] = None,
    top: Annotated[int, Parameter(ge=1, le=_MOST)] = 100,
) -> Response[bytes]:
    """Near-duplicate failures, each with the frames that they have in common."""
    return await _answer(
        request, app, lambda context, one: context.store.buckets.suggestions(one, threshold=threshold, top=top)
    )


@get("/missing-symbols", summary="List missing symbols")
async def missing(
    request: Request[Any, Any, Any], app: str, top: Annotated[int, Parameter(ge=1, le=_MOST)] = 100
) -> Response[bytes]:
    """Symbols that reports of an app lack, and how many reports do."""
    return await _answer(request, app, lambda context, one: context.store.symbols.missing(one, top=top))


router = Router(
    "/api/v1/apps/{app:str}",
    route_handlers=[buckets, bucket, brief, change, merge, unmerge, split, images, suggestions, missing],
    guards=[needs("query")],
    exception_handlers=error_handlers(rest_error),
    tags=["Buckets"],
)


async def _answer(
    request: Request[Any, Any, Any], app: str, question: Callable[[Context, App], Any]
) -> Response[bytes]:
    context, caller = context_of(request), caller_of(request)

    def work() -> bytes:
        return msgspec.json.encode(question(context, named_app(context, caller, app)))

    return as_json(await asyncio.to_thread(work))
