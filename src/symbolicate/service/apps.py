"""The app that a request names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from symbolicate.service.access.callers import Caller
    from symbolicate.service.context import Context
    from symbolicate.store import App

__all__ = ["named_app"]


def named_app(context: Context, caller: Caller, identifier: str) -> App:
    """The app with this application id, secret or owner/name.

    Raises:
        RefusedError: no app is called so. One that the caller may not act for is answered like one that does not exist.
    """
    found = context.store.apps.named(identifier)
    if found is None or not caller.may_act_for(found.id):
        raise RefusedError(404, "NotFound", "no app has this id")
    return found
