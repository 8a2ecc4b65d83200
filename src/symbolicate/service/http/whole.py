"""Small requests of the direct routes, which the protocol answers when their bodies are complete.

An ASGI application gets a request before its body, so the server has events and messages for the parts of the body and
of the response, and each layer in between has functions of its own for them. For a log of a few kilobytes all that took
longer than reading it. Requests with large bodies, or whose bodies are slow to arrive, are answered by `direct.py`; the
same function is behind both.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from symbolicate.service.http.direct import content_type, has_plain_host, header_fields
from symbolicate.service.http.incoming import Incoming
from symbolicate.service.http.policy import OTHERS
from symbolicate.service.http.responses import refused
from symbolicate.service.http.watched import Watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.service.context import Context
    from symbolicate.service.http.direct import Direct

__all__ = ["Connection", "WholeAnswers", "WholeRequest"]

_Fields = list[tuple[bytes, bytes]]


class Connection(Protocol):
    """What an answer needs of the connection that its request came by."""

    def default_headers(self) -> _Fields:
        """The headers of all responses; a new list when one of them, such as the date, has changed."""

    def finish(self, request: WholeRequest, response: bytes) -> None:
        """Send the complete response."""


class _Unwatched:
    """Stands for the event that the server sets for a request that waits for parts of its body."""

    def set(self) -> None:
        """Do nothing."""


class WholeRequest:
    """A request that waits for its body, then for its answer. To the server it is a cycle as those of its own.

    Attributes:
        scope: its ASGI scope.
        route: the route that answers it.
        parameter: the parameter in its path, or an empty text.
        body: its body.
        keep_alive: whether the connection is used again.
        disconnected: the client has left.
        response_complete: the response is sent.
        began: when its head was complete.
    """

    __slots__ = ("began", "body", "disconnected", "keep_alive", "parameter", "response_complete", "route", "scope")

    message_event = _Unwatched()

    def __init__(self, scope: Any, route: Direct, parameter: str, *, keep_alive: bool) -> None:
        self.scope = scope
        self.route = route
        self.parameter = parameter
        self.body = b""
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.began = time.perf_counter()


class WholeAnswers:
    """Answers whole requests. Used by one event loop.

    Args:
        context: the service.
        routes: the routes.
    """

    def __init__(self, context: Context, routes: Sequence[Direct]) -> None:
        self._context = context
        self._watch = Watch(context)
        self._routes = {route.path.encode(): route for route in routes}
        self._of_headers: _Fields | None = None
        self._heads: dict[str, bytes] = {}  # of successful responses, by type, with these headers

    def request(self, scope: Any, target: bytes, headers: _Fields, *, keep_alive: bool) -> WholeRequest | None:
        """A POST request to one of the routes; None if it is to another, or is written in an unusual way.

        Args:
            scope: its ASGI scope, which is completed if it is to one of them.
            target: the address in its first line.
            headers: its headers.
            keep_alive: whether the connection is used again.
        """
        path, _, query = target.partition(b"?")
        parameter = b""
        route = self._routes.get(path)
        if route is None:
            start, _, parameter = path.rpartition(b"/")
            route = self._routes.get(start)
            if route is None or route.parameter is None or not parameter:
                return None
        if not target.isascii() or b"%" in path or b"#" in target or not has_plain_host(headers):
            return None
        scope["method"] = "POST"
        scope["path"] = path.decode()
        scope["query_string"] = query
        scope["path_template"] = f"{route.path}/{{{route.parameter}}}" if parameter else route.path
        return WholeRequest(scope, route, parameter.decode(), keep_alive=keep_alive)

    async def answer(self, request: WholeRequest, connection: Connection) -> None:
        """Answer a request whose body is complete."""
        route = request.route
        incoming = Incoming(request.scope, None, request.body)
        request.body = b""
        status = 200
        try:
            content = await route.take(self._context, incoming, request.parameter)
            head = self._head(route.media_type, connection)
        except Exception as error:  # noqa: BLE001 - each is answered in the form of the route, as by the framework
            response = route.error(refused(incoming, error))
            content, status = response.content, response.status_code or 500
            # The body is complete, so there is no reason to close the connection.
            fields = [one for one in header_fields(response) if one[0] != b"connection"]
            head = _joined(STATUS_LINE[status], [*connection.default_headers(), *fields, *OTHERS])
        closing = b"" if request.keep_alive else b"connection: close\r\n"
        connection.finish(request, b"%bcontent-length: %d\r\n%b\r\n%b" % (head, len(content), closing, content))
        self._watch.count(request.scope, status, time.perf_counter() - request.began)

    def _head(self, media_type: str, connection: Connection) -> bytes:
        """The head of a successful response, but for its length."""
        headers = connection.default_headers()
        if headers is not self._of_headers:
            self._of_headers = headers
            self._heads.clear()
        head = self._heads.get(media_type)
        if head is None:
            fields = [*headers, (b"content-type", content_type(media_type)), *OTHERS]
            head = self._heads[media_type] = _joined(STATUS_LINE[200], fields)
        return head


def _joined(line: bytes, fields: _Fields) -> bytes:
    return b"".join((line, *(b"%b: %b\r\n" % field for field in fields)))
