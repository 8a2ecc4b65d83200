"""`/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get

from symbolicate.service.access.guard import needs, needs_all_apps
from symbolicate.service.answers import as_json, error_handlers, rest_error
from symbolicate.service.context import Context, context_of
from symbolicate.service.metrics import CONTENT_TYPE
from symbolicate.service.openapi import ANYBODY
from symbolicate.store import StoreUnavailable

__all__ = ["healthz", "metrics", "readyz"]


@get("/healthz", security=ANYBODY, summary="Whether the process lives", tags=["Operation"])
async def healthz() -> dict[str, str]:
    """Answers as long as the process does; it looks at nothing else, so that a lost database restarts nobody."""
    return {"status": "ok"}


@get("/readyz", security=ANYBODY, summary="Whether requests should be sent here", tags=["Operation"])
async def readyz(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Answers 200 if the database can be read and written and the service is not about to end, else 503."""
    context = context_of(request)
    if context.stopping:
        return as_json({"status": "stopping"}, 503)
    try:
        await asyncio.to_thread(context.store.ping)
    except StoreUnavailable:
        return as_json({"status": "the store is not available"}, 503)
    return as_json({"status": "ready"})


@get(
    "/metrics",
    summary="Metrics for Prometheus",
    media_type="text/plain",
    tags=["Operation"],
    guards=[needs("query"), needs_all_apps],
    exception_handlers=error_handlers(rest_error),
)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Counters and gauges in Prometheus's text format."""
    context = context_of(request)
    text = await asyncio.to_thread(_text, context)
    return Response(text, headers={"Content-Type": CONTENT_TYPE})


def _text(context: Context) -> bytes:
    depth = context.store.queue.depth()
    for state in ("queued", "leased", "aside"):
        context.metrics.queue.labels(state).set(depth[state])
    context.metrics.oldest.set(depth.get("oldest_seconds") or 0)
    context.metrics.inflight.set(context.inflight.held)
    return context.metrics.text()
