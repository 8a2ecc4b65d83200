"""Handling of requests before they are routed: HEAD is answered as GET, and refused bodies are discarded.

A client that is refused while it sends its body sees a broken connection instead of the response if the server closes
the connection. So the rest of the body is read and discarded first, up to a limit of bytes and time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from litestar.enums import ScopeType

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send

    from symbolicate.service.config import Limits

__all__ = ["HEAD", "whole_exchanges"]

HEAD = "symbolicate.head"
"""Set in the scope of a GET that was a HEAD: handlers may leave out a large body."""

_ERROR = 400
_TOO_SLOW = 408


def whole_exchanges(app: ASGIApp, limits: Limits) -> ASGIApp:
    """The application, with this handling of its requests."""

    async def exchange(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        inner: Scope = scope
        if scope["method"] == "HEAD":
            # The server omits the body, because its own scope still has HEAD.
            inner = cast("Scope", {**scope, "method": "GET", HEAD: True})
        request = _Request(scope, receive, limits)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= _ERROR:
                await request.discard(message)
            await send(message)

        await app(inner, request.receive, sending)

    return exchange


class _Request:
    """A request whose body is tracked."""

    def __init__(self, scope: HTTPScope, receive: Receive, limits: Limits) -> None:
        self._scope = scope
        self._receive = receive
        self._limits = limits
        self._received: int | None = None  # bytes of the body, once it was asked for
        self._over = False

    async def receive(self) -> Any:
        """The next part of the body."""
        message: Any = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._over = True
        self._received = (self._received or 0) + len(message.get("body", b""))
        return message

    async def discard(self, start: HTTPResponseStartEvent) -> None:
        """Read the rest of the body before a response that refuses it; if it is too long, the connection is closed."""
        limits = self._limits
        most = limits.discarded_bytes
        sent = dict(self._scope["headers"])
        declared = sent.get(b"content-length", b"")
        left = int(declared) - (self._received or 0) if declared.isdigit() else None
        over = (
            self._over
            or (declared.isdigit() and int(declared) == 0)
            or (left is None and b"transfer-encoding" not in sent)
        )
        # A client that waits for `100 Continue` has not sent a body.
        waits = self._received is None and sent.get(b"expect", b"").lower() == b"100-continue"
        if (left is None or left <= most) and not over and not waits and start["status"] != _TOO_SLOW:
            try:
                async with asyncio.timeout(limits.discarding_seconds):
                    while not self._over and most > 0:
                        async with asyncio.timeout(limits.idle_seconds):
                            message = await self.receive()
                        most -= len(message.get("body", b""))
            except TimeoutError:
                pass
            over = self._over
        headers = [(name, value) for name, value in start.get("headers", []) if name.lower() != b"connection"]
        start["headers"] = headers if over else [*headers, (b"connection", b"close")]
