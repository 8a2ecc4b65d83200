"""`/apps/{app}/failures/{hash}/similar`: near duplicates of a failure, with the frames that they have in common."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get

from symbolicate.service.access.guard import caller_of
from symbolicate.service.context import context_of
from symbolicate.service.pages.apps import app_of, bucket_of
from symbolicate.service.pages.rendering import page

__all__ = ["similar"]


@get("/apps/{app:int}/failures/{hash_:str}/similar")
async def similar(request: Request[Any, Any, Any], app: int, hash_: str) -> Response[bytes]:
    """The failures that may be the same, the most similar first."""
    context = context_of(request)

    def work() -> Response[bytes]:
        found = app_of(request, app)
        bucket = bucket_of(context, found, hash_)
        return page(
            request,
            "similar.html",
            "Similar failures",
            app=found,
            bucket=bucket,
            suggestions=context.store.buckets.similar(found, bucket.hash),
            may_change=caller_of(request).may("admin"),
        )

    return await asyncio.to_thread(work)
