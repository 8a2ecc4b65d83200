"""The app that symbols are uploaded for, and whether they are for all apps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbolicate.service.access.apps import app_by_name
from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from symbolicate.service.access.callers import Caller
    from symbolicate.service.context import Context
    from symbolicate.store import App

__all__ = ["Target", "target_by_name", "target_by_query"]


@dataclass(frozen=True, slots=True)
class Target:
    """The target of an upload.

    Attributes:
        app: the app that lists it; None if it is not listed by an app.
        shared: its symbols are used for all apps; else for this app alone.
    """

    app: App | None
    shared: bool


def target_by_name(context: Context, caller: Caller, owner: str, name: str) -> Target:
    """The target of uploaders that name an app.

    Raises:
        RefusedError: the app does not exist, or the caller may not act for it.
    """
    return _of(context, caller, app_by_name(context, caller, owner, name))


def target_by_query(context: Context, caller: Caller, text: str) -> Target:
    """The target of uploaders that only have one URL: `?app=` is a secret, an application id, or `owner/name`.

    Uploaders that cannot send that much, such as those of Breakpad's second protocol, have a token that is for one app,
    or an admin's, whose symbols are for all apps.

    Raises:
        RefusedError: the app does not exist, or the caller may not act for it.
    """
    if not text and caller.may_change_shared_symbols:
        return Target(None, shared=True)
    return _of(context, caller, _app_by_query(context, caller, text))


def _of(context: Context, caller: Caller, app: App) -> Target:
    # While no app is configured, apps are secrets of senders, and the names of uploaders match none of them.
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
