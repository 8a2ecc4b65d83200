"""The report that a request names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from symbolicate.service.access.guard import caller_of
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.store import NotFound

if TYPE_CHECKING:
    from litestar import Request

    from symbolicate.store import App, Stored

__all__ = ["report_of"]

_ID = re.compile(r"[0-9a-f]{8,64}")


def report_of(request: Request[Any, Any, Any], report_id: str, app: App | None = None) -> Stored:
    """A report by its public id; one that the caller may not see is treated as one that does not exist.

    Args:
        request: the request, with its caller.
        report_id: the id.
        app: the app that it must belong to.

    Raises:
        RefusedError: no report has this id, or the caller may not act for its app.
    """
    try:
        found = context_of(request).store.reports.get(report_id) if _ID.fullmatch(report_id) else None
    except NotFound:
        found = None
    foreign = found is not None and app is not None and found.app_id != app.id
    if found is None or foreign or not caller_of(request).may_act_for(found.app_id):
        raise RefusedError(404, "NotFound", "no report has this id")
    return found
