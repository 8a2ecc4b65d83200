"""What the paths of sentry-cli name: an organization is the owner of apps, and a project is an app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbolicate.service.access.apps import check_part
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.responses import as_json

if TYPE_CHECKING:
    from litestar import Response

    from symbolicate.service.access.callers import Caller
    from symbolicate.service.context import Context

__all__ = ["check_owner", "holder_of", "sentry_error"]


def sentry_error(refused: RefusedError) -> Response[bytes]:
    """An error as sentry-cli reads it: it prints `detail`."""
    body: dict[str, Any] = {"detail": refused.message}
    return as_json(body, refused.status, refused.headers)


def check_owner(context: Context, caller: Caller, owner: str) -> None:
    """Check that a caller may upload for an app of an owner.

    Raises:
        RefusedError: no app has this owner, or the caller may not act for any of them.
    """
    check_part(owner)
    apps = context.store.apps
    if caller.apps is None and not apps.any_configured():
        return  # uploads for unknown apps are accepted
    for app in apps.list():
        if (app.owner or "").lower() == owner.lower() and caller.may_act_for(app.id):
            return
    raise RefusedError(404, "NotFound", "no app of this owner is known")


def holder_of(caller: Caller, owner: str) -> str:
    """Whose chunks a caller sends and uses: those for the same owner by callers for the same apps."""
    apps = "*" if caller.apps is None else ",".join(map(str, sorted(caller.apps)))
    return f"{owner.lower()}/{apps}"
