"""`/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get

from symbolicate.service.access.guard import needs, needs_all_apps
from symbolicate.service.context import Context, context_of
from symbolicate.service.http.openapi import ANYBODY
from symbolicate.service.http.responses import as_json, error_handlers, rest_error
from symbolicate.service.metrics import CONTENT_TYPE
from symbolicate.service.processing.worker import Workers
from symbolicate.store import StoreFull, StoreUnavailable

__all__ = ["healthz", "metrics", "readyz"]

# Apps that have metrics of their own: while apps are not configured, clients can create any number of them.
_APPS = 100


@get("/healthz", security=ANYBODY, summary="Whether the process lives", tags=["Operation"])
async def healthz() -> dict[str, str]:
    """Succeeds as long as the process responds; it does not check the database, whose loss needs no restart."""
    return {"status": "ok"}


@get("/readyz", security=ANYBODY, summary="Whether requests should be sent here", tags=["Operation"])
async def readyz(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Responds 503 if the database cannot be read and written, a disk is nearly full, or the service is stopping."""
    context = context_of(request)
    if context.stopping:
        return as_json({"status": "stopping"}, 503)
    status = await asyncio.to_thread(_lack, context)
    return as_json({"status": status or "ready"}, 503 if status else 200)


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


def _lack(context: Context) -> str | None:
    """Why the service is not ready; None if it is."""
    try:
        context.store.ping()
    except StoreFull:
        return "the disk of the database is full"
    except StoreUnavailable:
        return "the store is not available"
    # A service without working threads still receives reports; a worker process has no other purpose.
    if context.only_works and not context.part(Workers).working:
        return "no thread of this worker makes progress"
    return context.capacity.lack()


def _text(context: Context) -> bytes:
    depth = context.store.queue.depth()
    for state in ("queued", "leased", "aside"):
        context.metrics.queue.labels(state).set(depth[state])
    context.metrics.oldest.set(depth.get("oldest_seconds") or 0)
    context.metrics.inflight.set(context.inflight.held)
    context.metrics.margin.set(context.config.storage.margin_bytes)
    for name, free in context.capacity.free().items():
        context.metrics.disk.labels(name).set(free)
    _fill_apps(context)
    workers = context.part(Workers)
    context.metrics.threads.labels("working").set(workers.working)
    context.metrics.threads.labels("stuck").set(workers.stuck)
    return context.metrics.text()


def _fill_apps(context: Context) -> None:
    """Set the metrics of the apps that are nearest to their quotas."""
    used = context.store.usage.all()
    metrics, capacity = context.metrics, context.capacity
    metrics.stored.set(sum(used.values()))
    facts = [(app, used.get(app.id, 0), capacity.quota_of(app)) for app in context.store.apps.list()]
    facts.sort(key=lambda fact: (fact[1] / fact[2] if fact[2] else 0.0, fact[1]), reverse=True)
    metrics.app_bytes.clear()
    metrics.app_quota.clear()
    for app, size, quota in facts[:_APPS]:
        metrics.app_bytes.labels(str(app.id)).set(size)
        if quota is not None:
            metrics.app_quota.labels(str(app.id)).set(quota)
