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

__all__ = ["Watch", "watched"]

_SERVER_ERROR = 500


class Watch:
    """Counts requests by the template of their path in the scope.

    Args:
        context: the service, with its metrics and the setting that says whether each request is logged.
    """

    def __init__(self, context: Context) -> None:
        self._metrics = context.metrics
        self._lines = context.config.log.requests
        # Looking up a counter by its labels takes longer than counting.
        self._counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, scope: Any, status: int, seconds: float) -> None:
        """Count a request that is answered."""
        path: Any = scope.get("path_template") or "other"
        key = scope["method"], path, status
        found = self._counters.get(key)
        if found is None:
            requests = self._metrics.requests.labels(scope["method"], path, str(status))
            found = self._counters[key] = (requests, self._metrics.seconds.labels(path))
        found[0].inc()
        found[1].observe(seconds)
        if self._lines:
            facts = {"status": status, "ms": round(seconds * 1000, 2)}
            logger.info("%s %s", scope["method"], logged_path(scope), extra=facts)


def watched(app: ASGIApp, context: Context) -> ASGIApp:
    """An application whose requests are counted."""
    watch = Watch(context)

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
            watch.count(scope, status, time.perf_counter() - began)

    return watching
