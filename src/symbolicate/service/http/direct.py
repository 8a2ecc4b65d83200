"""Requests that are answered without the framework, because they are so many that its part of their cost counts.

The framework's own handling of a request (the match of its route, the connection and its state, the check of parameters
by their types, the stack of its middleware) takes more time than reading a log. The routes here are also routes of
the framework, with the same function behind them: it describes them, refuses other methods, and takes requests that are
written in an unusual way, such as with a slash at the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litestar.enums import ScopeType

from symbolicate.service.http.incoming import Incoming
from symbolicate.service.http.responses import refused
from symbolicate.service.http.watched import watched

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from litestar import Response
    from litestar.types import ASGIApp, Receive, Scope, Send

    from symbolicate.service.context import Context
    from symbolicate.service.errors import RefusedError

__all__ = ["Direct", "answered_directly"]

# The framework refuses hosts with other characters.
_HOST = re.compile(rb"[0-9A-Za-z.:\[\]-]*")


@dataclass(frozen=True, slots=True)
class Direct:
    """A route for POST that is answered directly.

    Attributes:
        path: the path without its parameter.
        take: answers a request; the parameter is empty if the path has none.
        error: the response to a request that is refused.
        parameter: the name of the parameter that may follow as a further part of the path.
    """

    path: str
    take: Callable[[Context, Incoming, str], Awaitable[Response[bytes]]]
    error: Callable[[RefusedError], Response[bytes]]
    parameter: str | None = None


def answered_directly(app: ASGIApp, context: Context, routes: Sequence[Direct]) -> ASGIApp:
    """The application, with some of its routes answered directly."""
    by_path: dict[str, tuple[ASGIApp, str | None]] = {
        route.path: (watched(_answering(route, context), context), route.parameter) for route in routes
    }

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "POST" and _has_plain_host(scope):
            path, parameter = scope["path"], ""
            found = by_path.get(path)
            if found is None:
                path, _, parameter = path.rpartition("/")
                found = by_path.get(path) if parameter else None
            if found is not None and (not parameter or found[1] is not None):
                scope["path_template"] = f"{path}/{{{found[1]}}}" if parameter else path
                scope["path_params"] = {"": parameter}
                await found[0](scope, receive, send)
                return
        await app(scope, receive, send)

    return chosen


def _has_plain_host(scope: Any) -> bool:
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return _HOST.fullmatch(host) is not None


def _answering(route: Direct, context: Context) -> ASGIApp:
    async def answering(scope: Any, receive: Receive, send: Send) -> None:
        request = Incoming(scope, receive)
        try:
            response = await route.take(context, request, scope["path_params"][""])
        except Exception as error:  # noqa: BLE001 - each is answered in the form of the route, as by the framework
            response = route.error(refused(request, error))
        await _send(response, send)

    return answering


async def _send(response: Response[bytes], send: Send) -> None:
    kind, content = response.media_type or "", response.content
    headers = [
        *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()),
        (b"content-type", (f"{kind}; charset=utf-8" if kind.startswith("text/") else kind).encode("latin-1")),
        (b"content-length", b"%d" % len(content)),
    ]
    await send({"type": "http.response.start", "status": response.status_code or 200, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
