"""The app that symbols are uploaded for, and whether they are for all apps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from symbolicate.service.access.callers import Caller
    from symbolicate.service.context import Context
    from symbolicate.store import App

__all__ = ["Target", "app_by_name", "known_app", "target_by_name", "target_by_query"]

# App Center's own rule for the two parts.
_PART = re.compile(r"[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True, slots=True)
class Target:
    """Whom an upload is for.

    Attributes:
        app: the app that lists it; None for none.
        shared: its symbols are used for all apps; else for this app alone.
    """

    app: App | None
    shared: bool


def app_by_name(context: Context, caller: Caller, owner: str, name: str) -> App:
    """The app `owner/name`. While nobody has set apps up, every name is a new one.

    Raises:
        RefusedError: no app has this name, or the caller may not act for it.
    """
    apps = context.store.apps
    app = _found(context, owner, name)
    if app is not None and caller.may_act_for(app.id):
        return app
    if app is not None or not caller.may_act_for(None) or apps.any_configured():
        raise RefusedError(404, "NotFound", f"no app is called {owner}/{name}")
    # Known by this name alone: an app that was set up would end the time in which every secret is taken.
    return apps.ensure(f"{owner}/{name}".lower())


def known_app(context: Context, caller: Caller, owner: str, name: str) -> App:
    """The app `owner/name`, for questions: none is made.

    Raises:
        RefusedError: no app has this name, or the caller may not act for it.
    """
    app = _found(context, owner, name) or context.store.apps.by_secret(f"{owner}/{name}".lower())
    if app is None or not caller.may_act_for(app.id):
        raise RefusedError(404, "NotFound", f"no app is called {owner}/{name}")
    return app


def _found(context: Context, owner: str, name: str) -> App | None:
    if not _PART.fullmatch(owner) or not _PART.fullmatch(name):
        raise RefusedError(400, "BadRequest", "owner and app are 1 to 100 of the characters A-Z a-z 0-9 . _ -")
    return context.store.apps.by_name(owner, name)


def target_by_name(context: Context, caller: Caller, owner: str, name: str) -> Target:
    """The target of uploaders that name an app.

    Raises:
        RefusedError: there is no such app, or none that the caller may act for.
    """
    return _of(context, caller, app_by_name(context, caller, owner, name))


def target_by_query(context: Context, caller: Caller, text: str) -> Target:
    """The target of uploaders that know one address alone: `?app=` is a secret, an application id, or `owner/name`.

    Uploaders that cannot send that much, such as those of Breakpad's second protocol, have a token that is for one app,
    or an admin's, whose symbols are for all apps.

    Raises:
        RefusedError: there is no such app, or none that the caller may act for.
    """
    if not text and caller.may_change_shared_symbols:
        return Target(None, shared=True)
    return _of(context, caller, _app_by_query(context, caller, text))


def _of(context: Context, caller: Caller, app: App) -> Target:
    # While no app is set up, an app is a secret that somebody sent, and the names that uploaders give belong to none.
    return Target(app, shared=caller.may_change_shared_symbols and not context.store.apps.any_configured())


def _app_by_query(context: Context, caller: Caller, text: str) -> App:
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
