"""The app that a request names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from symbolicate.service.access.callers import Caller
    from symbolicate.service.context import Context
    from symbolicate.store import App

__all__ = ["app_by_name", "check_part", "known_app", "named_app"]

# App Center's own rule for the two parts.
_PART = re.compile(r"[A-Za-z0-9._-]{1,100}")


def named_app(context: Context, caller: Caller, identifier: str) -> App:
    """The app with this application id, secret or owner/name.

    Raises:
        RefusedError: no app has it. An app that the caller may not act for is treated as one that does not exist.
    """
    found = context.store.apps.named(identifier)
    if found is None or not caller.may_act_for(found.id):
        raise RefusedError(404, "NotFound", "no app has this id")
    return found


def app_by_name(context: Context, caller: Caller, owner: str, name: str) -> App:
    """The app `owner/name`. While no app was created explicitly, an unknown name creates one.

    Raises:
        RefusedError: no app has this name, or the caller may not act for it.
    """
    apps = context.store.apps
    app = _found(context, owner, name)
    if app is not None and caller.may_act_for(app.id):
        return app
    if app is not None or not caller.may_act_for(None) or apps.any_configured():
        raise RefusedError(404, "NotFound", f"no app is called {owner}/{name}")
    # Not created as a configured app, because that would make the service refuse unknown secrets.
    return apps.ensure(f"{owner}/{name}".lower())


def known_app(context: Context, caller: Caller, owner: str, name: str) -> App:
    """The app `owner/name`, for queries: none is created.

    Raises:
        RefusedError: no app has this name, or the caller may not act for it.
    """
    app = _found(context, owner, name) or context.store.apps.by_secret(f"{owner}/{name}".lower())
    if app is None or not caller.may_act_for(app.id):
        raise RefusedError(404, "NotFound", f"no app is called {owner}/{name}")
    return app


def check_part(text: str) -> None:
    """Check an owner or the name of an app.

    Raises:
        RefusedError: it cannot be one.
    """
    if not _PART.fullmatch(text):
        raise RefusedError(400, "BadRequest", "owner and app are 1 to 100 of the characters A-Z a-z 0-9 . _ -")


def _found(context: Context, owner: str, name: str) -> App | None:
    check_part(owner)
    check_part(name)
    return context.store.apps.by_name(owner, name)
