"""The app and the failure of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbolicate.service.access.failures import checked_hash
from symbolicate.service.access.guard import caller_of
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from litestar import Request

    from symbolicate.service.context import Context
    from symbolicate.store import App, Bucket

__all__ = ["app_of", "bucket_of"]

_MOST = 1 << 62


def app_of(request: Request[Any, Any, Any], number: int) -> App:
    """The app of this row.

    Raises:
        RefusedError: the app does not exist, or the visitor may not act for it, which looks the same.
    """
    found = context_of(request).store.apps.find(number) if 0 <= number < _MOST else None
    if found is None or not caller_of(request).may_act_for(found.id):
        raise RefusedError(404, "NotFound", "no app has this number")
    return found


def bucket_of(context: Context, app: App, hash_: str) -> Bucket:
    """The failure of an app by its hash, or a hash that it had before.

    Raises:
        RefusedError: the app has no such failure.
    """
    found = context.store.buckets.get(app, checked_hash(hash_))
    if found is None:
        raise RefusedError(404, "NotFound", "no failure has this hash")
    return found
