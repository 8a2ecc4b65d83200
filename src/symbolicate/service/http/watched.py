"""Counts and times the requests of a route, and logs each if the settings require it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from litestar.enums import ScopeType

from symbolicate.service.http.logged_path import logged_path
from symbolicate.service.log import logger

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send
    from prometheus_client import Counter, Histogram

    from symbolicate.service.context import Context

__all__ = ["watched"]

_SERVER_ERROR = 500


def watched(app: ASGIApp, context: Context) -> ASGIApp:
    """An application whose requests are counted, by the template of their path in the scope."""
    metrics = context.metrics
    lines = context.config.log.requests
    # Looking up a counter by its labels takes longer than counting.
    counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def watching(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        began = time.perf_counter()
        status = _SERVER_ERROR

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - began
            path: Any = scope.get("path_template") or "other"
            key = scope["method"], path, status
            found = counters.get(key)
            if found is None:
                requests = metrics.requests.labels(scope["method"], path, str(status))
                found = counters[key] = (requests, metrics.seconds.labels(path))
            found[0].inc()
            found[1].observe(seconds)
            if lines:
                facts = {"status": status, "ms": round(seconds * 1000, 2)}
                logger.info("%s %s", scope["method"], logged_path(scope), extra=facts)

    return watching
