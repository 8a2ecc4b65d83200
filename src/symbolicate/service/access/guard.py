"""Guards of routes, which authenticate callers."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any, cast

from symbolicate.service.access.callers import Callers
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from litestar.connection import ASGIConnection
    from litestar.handlers import BaseRouteHandler

    from symbolicate.service.access.callers import Caller
    from symbolicate.service.limits.rate_limit import PerMinute

    Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]

__all__ = [
    "KEY_PATHS",
    "PATH_TOKEN",
    "SESSION",
    "caller_of",
    "needs",
    "needs_all_apps",
    "needs_session",
    "puts_symbols",
    "reads_symbols",
    "scope_of",
    "takes_password",
]

KEY_PATHS = ("/v1/", "/symbols")
"""Prefixes of paths where a token may be in the query."""

PATH_TOKEN = "token"  # noqa: S105 - a name
"""The parameter of a path that is a token."""

SESSION = "symbolicate-session"
"""The name of the cookie of a session."""

_CALLER = "symbolicate.caller"
_SCOPE = "scope_that_is_needed"
_PASSWORD = "password_may_be_the_token"  # noqa: S105 - a name


def needs(scope: str) -> Guard:
    """A guard that admits callers with `scope`. The handler checks which apps they may act for."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        origin, limit = connection.headers.get("origin", ""), context_of(connection).by_address
        await _allow(connection, scope, token=_token(connection), limit=limit, origin=origin)

    setattr(guard, _SCOPE, scope)
    return guard


def needs_session(scope: str) -> Guard:
    """A guard of pages, which admits who signed in with a browser and has `scope`. A token in a header is not taken."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        origin, limit = connection.headers.get("origin", ""), context_of(connection).by_address
        cookie = connection.cookies.get(SESSION, "")
        await _allow(connection, scope, token=cookie, limit=limit, origin=origin, session=True)

    return guard


async def reads_symbols(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard of routes from which tools read symbols.

    Few of these tools can send headers of their own. So a token may also be the password of Basic authentication, which
    they take from a URL, or a part of the path. Pages of `access.origins` may send requests while nobody needs a token.
    """
    origin = connection.headers.get("origin", "")
    context = context_of(connection)
    is_known = origin in context.config.access.origins
    token, limit = _token_or_address(connection), context.symbol_requests
    await _allow(connection, "symbols-read", token=token, limit=limit, origin="" if is_known else origin, basic=True)


setattr(reads_symbols, _SCOPE, "symbols-read")
setattr(reads_symbols, _PASSWORD, True)


async def puts_symbols(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard of the route that takes files under the paths from which `reads_symbols` lets them be read.

    One address with a token in it is for both: the token is the password, or a part of the path, here too.
    """
    origin, limit = connection.headers.get("origin", ""), context_of(connection).by_address
    token = _token_or_address(connection)
    await _allow(connection, "symbols", token=token, limit=limit, origin=origin, basic=True)


setattr(puts_symbols, _SCOPE, "symbols")
setattr(puts_symbols, _PASSWORD, True)


async def needs_all_apps(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard, after `needs`, of routes about all apps together."""
    if not caller_of(connection).may_act_for(None):
        raise RefusedError(403, "Forbidden", "the token does not allow this: it is for some apps alone")


def scope_of(guards: Iterable[object]) -> str | None:
    """The scope that these guards require, of which the last counts; None if they admit everybody."""
    scopes = [scope for guard in guards if (scope := getattr(guard, _SCOPE, None)) is not None]
    return scopes[-1] if scopes else None


def takes_password(guards: Iterable[object]) -> bool:
    """Whether one of these guards takes a token as the password of Basic authentication."""
    return any(getattr(guard, _PASSWORD, False) for guard in guards)


def caller_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """The caller that a guard admitted."""
    return cast("Caller", connection.scope[_CALLER])  # type: ignore[literal-required]


async def _allow(
    connection: ASGIConnection[Any, Any, Any, Any],
    scope: str,
    *,
    token: str | None,
    limit: PerMinute,
    origin: str,
    basic: bool = False,
    session: bool = False,
) -> None:
    """Authenticate a caller.

    Args:
        connection: the request.
        scope: what the caller wants to do.
        token: what the caller sent as a token.
        limit: how many requests an address may send.
        origin: the page that sends the request; empty for none.
        basic: a client without a token is asked for a password.
        session: the token is the cookie of a session.

    Raises:
        RefusedError: there is no valid token (401), it does not allow this (403), or too many requests were sent
            from the address (429).
    """
    context = context_of(connection)
    address = connection.client.host if connection.client else ""
    if not limit.take(address):
        raise RefusedError(429, "TooManyRequests", "too many requests from this address", {"Retry-After": "10"})
    host = connection.headers.get("host", "")
    callers = context.part(Callers)
    look_up = callers.caller_in_session if session else callers.caller
    caller = await asyncio.to_thread(look_up, token, host, origin)
    if caller is None:
        message = "the token is not valid" if token else "a token is needed: Authorization: Bearer <token>"
        # Tools that have a password in a URL send it if they are asked to.
        scheme = 'Basic realm="symbols"' if basic else "Bearer"
        raise RefusedError(401, "Unauthorized", message, {"WWW-Authenticate": scheme})
    if not caller.may(scope):
        raise RefusedError(403, "Forbidden", f"the token does not allow this: it needs the scope {scope}")
    connection.scope[_CALLER] = caller  # type: ignore[literal-required]


def _token(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The token of a request: `Authorization`, else appcenter-cli's header, else the key of Breakpad's uploaders."""
    scheme, _, token = connection.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return str(token.strip())
    if token := connection.headers.get("x-api-token", "").strip():
        return str(token)
    # Breakpad's uploaders can send nothing else. On other paths a token in the query would be logged by proxies.
    if connection.scope["path"].startswith(KEY_PATHS):
        key = connection.query_params.get("key", "")
        return str(key) if key else None
    return None


def _token_or_address(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The token of a request: as `_token` finds it, else what the address of the service has: a password, or a part."""
    token = _token(connection) or _basic(connection) or connection.path_params.get(PATH_TOKEN)
    return None if token is None else str(token)


def _basic(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The password of Basic authentication, or its name if the password is empty."""
    scheme, _, encoded = connection.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return password or name or None
