"""The routes of all pages. They are for people, so the description of the API does not have them."""

from __future__ import annotations

from litestar import Router

from symbolicate.service.access.guard import needs_session
from symbolicate.service.pages.assets import static
from symbolicate.service.pages.compare import compare
from symbolicate.service.pages.decisions import decide
from symbolicate.service.pages.failure import failure
from symbolicate.service.pages.health import health
from symbolicate.service.pages.home import apps, home
from symbolicate.service.pages.rendering import error_pages
from symbolicate.service.pages.report import attachment, document, received, report
from symbolicate.service.pages.search import search
from symbolicate.service.pages.sign_in import (
    come_back,
    leave_provider,
    show_sign_in,
    sign_in,
    sign_in_elsewhere,
    sign_out,
)
from symbolicate.service.pages.similar import similar
from symbolicate.service.pages.symbols import symbols, upload

__all__ = ["PAGES"]

_seen_by_all = Router(
    "/",
    route_handlers=[home, show_sign_in, sign_in, sign_in_elsewhere, come_back, sign_out, leave_provider],
    include_in_schema=False,
    exception_handlers=error_pages(),
)

_seen_in_a_session = Router(
    "/",
    route_handlers=[
        apps,
        health,
        failure,
        similar,
        decide,
        report,
        document,
        received,
        attachment,
        symbols,
        upload,
        search,
        compare,
    ],
    include_in_schema=False,
    guards=[needs_session("query")],
    exception_handlers=error_pages(),
)

PAGES = (static, _seen_by_all, _seen_in_a_session)
"""Every route of pages."""
