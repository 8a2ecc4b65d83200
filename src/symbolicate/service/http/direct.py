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
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from litestar import Response
    from litestar.types import ASGIApp, Receive, Scope, Send

    from symbolicate.service.context import Context
    from symbolicate.service.errors import RefusedError

__all__ = ["Direct", "answered_directly", "content_type", "has_plain_host", "header_fields"]

# The framework refuses hosts with other characters.
_HOST = re.compile(rb"[0-9A-Za-z.:\[\]-]*")


@dataclass(frozen=True, slots=True)
class Direct:
    """A route for POST that is answered directly.

    Attributes:
        path: the path without its parameter.
        take: returns the content of the response to a request, whose status is 200; the parameter is empty if the path
            has none.
        media_type: the type of this content.
        error: the response to a request that is refused.
        parameter: the name of the parameter that may follow as a further part of the path.
    """

    path: str
    take: Callable[[Context, Incoming, str], Awaitable[bytes]]
    media_type: str
    error: Callable[[RefusedError], Response[bytes]]
    parameter: str | None = None


def answered_directly(app: ASGIApp, context: Context, routes: Sequence[Direct]) -> ASGIApp:
    """The application, with some of its routes answered directly."""
    by_path: dict[str, tuple[ASGIApp, str | None]] = {
        route.path: (watched(_answering(route, context), context), route.parameter) for route in routes
    }

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "POST" and has_plain_host(scope["headers"]):
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


def has_plain_host(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request names no host, or one that the framework takes."""
    host = next((value for name, value in headers if name == b"host"), b"")
    return _HOST.fullmatch(host) is not None


def _answering(route: Direct, context: Context) -> ASGIApp:
    async def answering(scope: Any, receive: Receive, send: Send) -> None:
        request = Incoming(scope, receive)
        try:
            content = await route.take(context, request, scope["path_params"][""])
            status, headers = 200, [(b"content-type", content_type(route.media_type))]
        except Exception as error:  # noqa: BLE001 - each is answered in the form of the route, as by the framework
            response = route.error(refused(request, error))
            content, status, headers = response.content, response.status_code or 500, header_fields(response)
        headers.append((b"content-length", b"%d" % len(content)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    return answering


def header_fields(response: Response[bytes]) -> list[tuple[bytes, bytes]]:
    """The headers of a response, with that of its type."""
    return [
        *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()),
        (b"content-type", content_type(response.media_type or "")),
    ]


def content_type(media_type: str) -> bytes:
    """The value of the header, as the framework writes it."""
    return (f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type).encode("latin-1")
