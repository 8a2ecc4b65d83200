"""The app that symbols are uploaded for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from symbolicate.service.access.callers import Caller
    from symbolicate.service.context import Context
    from symbolicate.store import App

__all__ = ["app_by_name", "app_by_query"]

# App Center's own rule for the two parts.
_PART = re.compile(r"[A-Za-z0-9._-]{1,100}")


def app_by_name(context: Context, caller: Caller, owner: str, name: str) -> App:
    """The app `owner/name`. While nobody has set apps up, every name is a new one.

    Raises:
        RefusedError: there is none, or none that the caller may act for.
    """
    if not _PART.fullmatch(owner) or not _PART.fullmatch(name):
        raise RefusedError(400, "BadRequest", "owner and app are 1 to 100 of the characters A-Z a-z 0-9 . _ -")
    apps = context.store.apps
    app = apps.by_name(owner, name)
    if app is not None and caller.may_act_for(app.id):
        return app
    if app is not None or not caller.may_act_for(None) or apps.any_configured():
        raise RefusedError(404, "NotFound", f"no app is called {owner}/{name}")
    # Known by this name alone: an app that was set up would end the time in which every secret is taken.
    return apps.ensure(f"{owner}/{name}".lower())


def app_by_query(context: Context, caller: Caller, text: str) -> App:
    """The app of uploaders that know one address alone: `?app=` is a secret, an application id, or `owner/name`.

    Uploaders that cannot send that much, such as those of Breakpad's second protocol, have a token that is for one app.

    Raises:
        RefusedError: there is none, or none that the caller may act for.
    """
    apps = context.store.apps
    if not text and caller.apps is not None:
        return _only_app(context, caller)
    if not text and apps.any_configured():
        raise RefusedError(
            400,
            "BadRequest",
            "the request names no app and the token is for all apps: add ?app=…, or use a token that was made with "
            "--app for the one whose symbols these are",
        )
    text = text or context.config.submit.default_app
    owner, slash, name = text.partition("/")
    if slash:
        return app_by_name(context, caller, owner, name)
    app = apps.by_application_id(text) or apps.by_secret(text)
    if app is not None and caller.may_act_for(app.id):
        return app
    if app is not None or not caller.may_act_for(None) or apps.any_configured() or len(text) > 200:  # noqa: PLR2004
        raise RefusedError(404, "NotFound", "no app has this id")
    return apps.ensure(text)


def _only_app(context: Context, caller: Caller) -> App:
    numbers = sorted(caller.apps or ())
    if len(numbers) != 1:
        raise RefusedError(
            400,
            "BadRequest",
            "the request names no app and the token is for several: add ?app=…, or use a token for one app",
        )
    return context.store.apps.get(numbers[0])
