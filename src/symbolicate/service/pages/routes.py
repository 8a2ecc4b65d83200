"""The routes of all pages. They are for people, so the description of the API does not have them."""

from __future__ import annotations

from litestar import Router

from symbolicate.service.access.guard import needs_session
from symbolicate.service.pages.assets import static
from symbolicate.service.pages.failure import failure
from symbolicate.service.pages.health import health
from symbolicate.service.pages.home import apps, home
from symbolicate.service.pages.rendering import error_pages
from symbolicate.service.pages.report import attachment, document, received, report
from symbolicate.service.pages.sign_in import show_sign_in, sign_in, sign_out

__all__ = ["PAGES"]

_seen_by_all = Router(
    "/",
    route_handlers=[home, show_sign_in, sign_in, sign_out],
    include_in_schema=False,
    exception_handlers=error_pages(),
)

_seen_in_a_session = Router(
    "/",
    route_handlers=[apps, health, failure, report, document, received, attachment],
    include_in_schema=False,
    guards=[needs_session("query")],
    exception_handlers=error_pages(),
)

PAGES = (static, _seen_by_all, _seen_in_a_session)
"""Every route of pages."""
