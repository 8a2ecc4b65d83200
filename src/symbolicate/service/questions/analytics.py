"""The Microsoft Store analytics API, as dashboards use it: `/v1.0/my/analytics/desktop/…`."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from litestar import Request, Response, Router, get

from symbolicate.service.access.guard import caller_of, needs
from symbolicate.service.access.links import check_link
from symbolicate.service.access.signing import sign
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.address import base_url
from symbolicate.service.http.downloads import as_file
from symbolicate.service.http.openapi import query_operation
from symbolicate.service.http.responses import as_json, error_handlers, plain_error, store_error
from symbolicate.store import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from symbolicate.store import Page
    from symbolicate.store.query import Query

__all__ = ["cab", "router"]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_ANSWERS_CAB = "/cabs"

_APP = {"applicationId": "The app."}
_RANGE = {
    "startDate": "The first day, as mm/dd/yyyy or yyyy-mm-dd.",
    "endDate": "The last day.",
    "top": "How many rows, 10000 at most.",
    "skip": "How many rows to skip.",
    "filter": "Such as `market eq 'US' and deviceType eq 'PC'`.",
    "orderby": "Such as `date desc,market`.",
}
_Hits = query_operation(
    _APP | _RANGE | {"groupby": "Fields to count by.", "aggregationLevel": "day, week or month."}, ("applicationId",)
)
_Details = query_operation(_APP | {"failureHash": "The failure."} | _RANGE, ("applicationId", "failureHash"))
_Cab = query_operation(_APP | {"cabIdHash": "The hit."}, ("applicationId", "cabIdHash"))


@get("/failurehits", summary="Failures and how often they happened", operation_class=_Hits)
async def failurehits(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Aggregate hits of failures of an app in a range of dates."""
    return await _page(request, _query(request).failurehits)


@get("/failuredetails", summary="The single hits of a failure", operation_class=_Details)
async def failuredetails(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The hits of one failure, each with its `cabIdHash`."""
    return await _page(request, _query(request).failuredetails)


@get("/stacktrace", summary="The stack of a hit", operation_class=_Cab)
async def stacktrace(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The frames of one hit, by its `cabIdHash`."""
    return await _page(request, _query(request).stacktrace)


@get("/cabdownload", summary="The dump of a hit", status_code=302, operation_class=_Cab)
async def cabdownload(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Redirect to a short-lived link to the dump, or to the log as it was received."""
    context = context_of(request)
    params = _params(request)
    found = await asyncio.to_thread(_asked, _query(request).cab, params)
    lowered = {name.lower(): value for name, value in params.items()}
    identifier = _UNSAFE.sub("", lowered.get("cabidhash", ""))
    application = lowered.get("applicationid", "")
    path = f"{_ANSWERS_CAB}/{identifier}"
    signed = f"{path}?{application}"
    query = sign(context.signing_key, "GET", signed, context.config.access.download_minutes * 60)
    location = f"{base_url(request)}{path}?applicationId={quote(application, safe='')}&{query}"
    headers = {"Location": location, "Cache-Control": "no-store", "x-symbolicate-size": str(found.size)}
    return Response(b"", status_code=302, headers=headers)


router = Router(
    "/v1.0/my/analytics/desktop",
    route_handlers=[failurehits, failuredetails, stacktrace, cabdownload],
    guards=[needs("query")],
    exception_handlers=error_handlers(store_error),
    tags=["Analytics"],
)


@get(
    _ANSWERS_CAB + "/{identifier:str}",
    summary="A dump by its link",
    media_type="application/octet-stream",
    security=[{"link": []}],
    tags=["Analytics"],
    exception_handlers=error_handlers(plain_error),
)
async def cab(request: Request[Any, Any, Any], identifier: str) -> Response[bytes]:
    """The bytes of a hit; the signed link is the permission."""
    context = context_of(request)
    query = request.query_params
    application = query.get("applicationId", "")
    signed = f"{_ANSWERS_CAB}/{identifier}?{application}"
    check_link(request, "GET", signed)

    def work() -> tuple[str, str, bytes]:
        found = _asked(context.store.query.cab, {"applicationId": application, "cabIdHash": identifier})
        return found.file_name, found.content_type, context.store.cab_data(found)

    name, content_type, data = await asyncio.to_thread(work)
    return as_file(data, name, content_type)


def _query(request: Request[Any, Any, Any]) -> Query:
    """The queries, limited to the apps that the caller may act for; other apps are treated as unknown."""
    return context_of(request).store.query.within(caller_of(request).may_act_for)


async def _page(request: Request[Any, Any, Any], question: Callable[[Mapping[str, str]], Page]) -> Response[bytes]:
    params = _params(request)
    return as_json(await asyncio.to_thread(lambda: _asked(question, params).json()))


def _asked(question: Callable[[Mapping[str, str]], Any], params: Mapping[str, str]) -> Any:
    try:
        return question(params)
    except QueryError as error:
        code = "NotFound" if error.status == 404 else "BadRequest"  # noqa: PLR2004
        raise RefusedError(error.status, code, str(error), body=error.body()) from None


def _params(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The parameters as they are in the URL; of several with one name the last."""
    return {str(name): str(value) for name, value in request.query_params.multi_items()}
