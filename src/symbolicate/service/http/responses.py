"""Responses: JSON bodies, and the errors of each kind of endpoint in the form that its clients expect."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from symbolicate.service.errors import RefusedError, busy
from symbolicate.service.http.logged_path import logged_path
from symbolicate.service.log import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar.types import ExceptionHandlersMap

    from symbolicate.service.http.incoming import Incoming

__all__ = [
    "as_json",
    "error_handlers",
    "errors_error",
    "ingest_body",
    "plain_error",
    "refused",
    "rest_error",
    "store_error",
    "success",
]

_SERVER_ERROR = 500
_RANDOM = random.Random()  # noqa: S311 - see below
_SUCCESS = b'{"status":"Success","validDiagnosticsIds":[],"throttledDiagnosticsIds":[],"correlationId":"%b"}'


def as_json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A JSON response, from an object or from bytes that are JSON already."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(content, status_code=status, headers=headers, media_type="application/json")


def ingest_body(status: str, throttled: list[str] | None = None) -> dict[str, Any]:
    """The body of every response of App Center's ingestion."""
    return {
        "status": status,
        "validDiagnosticsIds": [],
        "throttledDiagnosticsIds": throttled or [],
        "correlationId": _correlation_id(),
    }


def success(throttled: list[str]) -> bytes:
    """The same as JSON, for requests that were taken."""
    if throttled:
        return msgspec.json.encode(ingest_body("Success", throttled))
    return _SUCCESS % _correlation_id().encode()


def _correlation_id() -> str:
    """A random UUID. It is no secret, so it does not need the random numbers of the system, which are slower."""
    digits = f"{_RANDOM.getrandbits(122):031x}"
    variant = "89ab"[int(digits[0], 16)]
    return f"{digits[1:9]}-{digits[9:13]}-4{digits[13:16]}-{variant}{digits[16:19]}-{digits[19:]}"


def rest_error(refused: RefusedError) -> Response[bytes]:
    """An error as the App Center REST API reports it."""
    body = {"message": refused.message, "statusCode": refused.status, "code": refused.code}
    return as_json(body, refused.status, refused.headers)


def errors_error(refused: RefusedError) -> Response[bytes]:
    """An error as the App Center REST API reports it below `/errors`."""
    return as_json({"error": {"code": refused.code, "message": refused.message}}, refused.status, refused.headers)


def plain_error(refused: RefusedError) -> Response[bytes]:
    """An error as a line of text, for uploaders that show the body to people, or to nobody."""
    return Response(
        refused.message.encode(), status_code=refused.status, headers=refused.headers, media_type="text/plain"
    )


def store_error(refused: RefusedError) -> Response[bytes]:
    """An error as the Microsoft Store analytics API reports it."""
    if refused.body is not None:
        return as_json(refused.body, refused.status, refused.headers)
    inner = {
        "code": refused.code,
        "data": [refused.message],
        "details": [],
        "message": refused.message,
        "source": "AnalyticsAPI",
    }
    body = {
        "code": refused.code,
        "data": [],
        "details": [],
        "innererror": inner,
        "message": refused.message,
        "source": "AnalyticsAPI",
    }
    return as_json(body, refused.status, refused.headers)


def error_handlers(shape: Callable[[RefusedError], Response[bytes]]) -> ExceptionHandlersMap:
    """Exception handlers that give all errors one form, also those of the framework."""

    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        return shape(refused(request, error))

    return {Exception: handle, HTTPException: handle, RefusedError: handle}


def refused(request: Request[Any, Any, Any] | Incoming, error: Exception) -> RefusedError:
    """The refusal that a client receives for an error. Internal errors are logged, and reported without details."""
    from symbolicate.store import Conflict, NotFound, StoreUnavailable

    if isinstance(error, RefusedError):
        return error
    if isinstance(error, StoreUnavailable):
        logger.error("the store is not available: %s", error)
        return busy("the store is not available")
    if isinstance(error, NotFound):
        return RefusedError(404, "NotFound", str(error))
    if isinstance(error, Conflict):
        return RefusedError(409, "Conflict", str(error))
    if isinstance(error, HTTPException) and error.status_code < _SERVER_ERROR:
        headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
        return RefusedError(error.status_code, _code(error), error.detail, headers)
    logger.error("%s %s failed", request.method, logged_path(request.scope), exc_info=error)
    return RefusedError(500, "InternalServerError", "a fault of the service; it is in its log")


def _code(error: HTTPException) -> str:
    return {400: "BadRequest", 404: "NotFound", 405: "MethodNotAllowed"}.get(error.status_code, "BadRequest")
