"""Letting callers in: guards for routes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar.connection import ASGIConnection
    from litestar.handlers import BaseRouteHandler

    from symbolicate.service.access.callers import Caller

__all__ = ["allow", "needs"]


def needs(scope: str) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """A guard that lets in who may do `scope`."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        await allow(connection, scope)

    return guard


async def allow(connection: ASGIConnection[Any, Any, Any, Any], scope: str) -> Caller:
    """Let a caller in.

    Raises:
        RefusedError: there is no valid token (401), it does not allow this (403), or too many requests came from
            the address (429).
    """
    context = context_of(connection)
    address = connection.client.host if connection.client else ""
    if not context.by_address.take(address):
        raise RefusedError(429, "TooManyRequests", "too many requests from this address", {"Retry-After": "10"})
    token = _token(connection)
    headers = connection.headers
    caller = await asyncio.to_thread(context.callers.caller, token, headers.get("host", ""), headers.get("origin", ""))
    if caller is None:
        message = "the token is not valid" if token else "a token is needed: Authorization: Bearer <token>"
        raise RefusedError(401, "Unauthorized", message, {"WWW-Authenticate": "Bearer"})
    if not caller.may(scope):
        raise RefusedError(403, "Forbidden", f"the token does not allow this: it needs the scope {scope}")
    return caller


def _token(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The token of a request: `Authorization`, else appcenter-cli's header, else the key of Breakpad's uploaders."""
    scheme, _, token = connection.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return str(token.strip())
    if token := connection.headers.get("x-api-token", "").strip():
        return str(token)
    # Breakpad's uploaders can send nothing else. Elsewhere a token in an address would end in logs.
    if connection.scope["path"].startswith(("/v1/", "/symbols")):
        key = connection.query_params.get("key", "")
        return str(key) if key else None
    return None
