"""The app that symbols are uploaded for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from symbolicate.service.context import Context
    from symbolicate.store import App

__all__ = ["app_by_name", "app_by_query"]

# App Center's own rule for the two parts.
_PART = re.compile(r"[A-Za-z0-9._-]{1,100}")


def app_by_name(context: Context, owner: str, name: str) -> App:
    """The app `owner/name`. While nobody has set apps up, every name is a new one.

    Raises:
        RefusedError: there is none.
    """
    if not _PART.fullmatch(owner) or not _PART.fullmatch(name):
        raise RefusedError(400, "BadRequest", "owner and app are 1 to 100 of the characters A-Z a-z 0-9 . _ -")
    apps = context.store.apps
    app = apps.by_name(owner, name)
    if app is not None:
        return app
    if apps.any_configured():
        raise RefusedError(404, "NotFound", f"no app is called {owner}/{name}")
    # Known by this name alone: an app that was set up would end the time in which every secret is taken.
    return apps.ensure(f"{owner}/{name}".lower())


def app_by_query(context: Context, text: str) -> App:
    """The app of uploaders that know one address alone: `?app=` is a secret, an application id, or `owner/name`.

    Raises:
        RefusedError: there is none.
    """
    apps = context.store.apps
    text = text or context.config.submit.default_app
    owner, slash, name = text.partition("/")
    if slash:
        return app_by_name(context, owner, name)
    app = apps.by_application_id(text) or apps.by_secret(text)
    if app is not None:
        return app
    if apps.any_configured() or len(text) > 200:  # noqa: PLR2004
        raise RefusedError(404, "NotFound", "no app has this id")
    return apps.ensure(text)
