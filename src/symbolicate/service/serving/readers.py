"""Whose symbols a caller may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.service.access.apps import named_app
from symbolicate.service.errors import RefusedError
from symbolicate.store import ALL

if TYPE_CHECKING:
    from symbolicate.service.access.callers import Caller
    from symbolicate.service.context import Context

__all__ = ["owner_of"]


def owner_of(context: Context, caller: Caller, app: str) -> int:
    """The app whose files and those of the pool a caller reads, by its row; `ALL` for a caller who may read all.

    Args:
        context: the service.
        caller: the caller.
        app: the app that the request names by `?app=`; empty for none.

    Raises:
        RefusedError: the app does not exist, the caller may not act for it, or the request has to name one.
    """
    if app:
        return named_app(context, caller, app).id
    if caller.apps is None:
        return ALL
    if len(caller.apps) == 1:
        return next(iter(caller.apps))
    raise RefusedError(400, "BadRequest", "the token is for several apps: add ?app=…, or use a token for one app")
