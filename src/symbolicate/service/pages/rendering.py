"""Pages as responses: templates with what all pages show, and the headers of pages."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import FunctionLoader
from litestar import Response
from litestar.exceptions import HTTPException

from symbolicate.render.html.environment import asset, environment
from symbolicate.service.access.callers import Caller, Callers
from symbolicate.service.access.guard import SESSION, caller_of
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http.policy import PAGE_POLICY
from symbolicate.service.http.responses import refused

if TYPE_CHECKING:
    from jinja2 import Environment
    from litestar import Request
    from litestar.types import ExceptionHandlersMap

    from symbolicate.store import App

__all__ = ["STATIC", "app_title", "error_pages", "page", "static_text", "static_version", "to"]

STATIC = {
    "style.css": "text/css",
    "charts.css": "text/css",
    "pages.css": "text/css",
    "icon.svg": "image/svg+xml",
    "report.js": "text/javascript",
}
"""Files that pages load, with their types."""

_HEADERS = {**PAGE_POLICY, "Cache-Control": "no-store"}
_SIGN_IN_NEEDED = 401


def page(
    request: Request[Any, Any, Any],
    template: str,
    title: str,
    *,
    status: int = 200,
    app: App | None = None,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> Response[bytes]:
    """A page.

    Args:
        request: the request.
        template: the name of its template.
        title: the title of the window, without the name of the app.
        status: the status of the response.
        app: the app that it is about, whose other pages it links.
        headers: further headers.
        values: what the template shows.
    """
    callers = context_of(request).part(Callers)
    cookie = request.cookies.get(SESSION, "")
    shown = {
        "title": title,
        "app": app,
        "app_title": app_title(app) if app is not None else "",
        "at": app_path(app) if app is not None else "",
        "section": template.removesuffix(".html"),
        "caller": _caller(request),
        "signed_in": bool(cookie),
        "form_code": callers.form_code(cookie),
        "static": f"/static/{static_version()}",
    }
    text = _environment().get_template(template).render(**shown, **values)
    return Response(
        text.encode("utf-8", "replace"),
        status_code=status,
        headers={**_HEADERS, **(headers or {})},
        media_type="text/html",
    )


def to(path: str) -> Response[bytes]:
    """A redirection to a page, after a form or to where something is now."""
    return Response(b"", status_code=303, headers={"Location": path, "Cache-Control": "no-store"})


def app_path(app: App) -> str:
    """The path of the pages of an app."""
    return f"/apps/{app.id}"


def app_title(app: App) -> str:
    """The name of an app for people."""
    names = f"{app.owner}/{app.name}" if app.owner and app.name else app.name
    return app.product_name or names or app.application_id


def error_pages() -> ExceptionHandlersMap:
    """Exception handlers of pages: who is not signed in comes to the sign-in, others see what is wrong."""

    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        found = refused(request, error)
        if found.status == _SIGN_IN_NEEDED:
            return _to_sign_in(request)
        headers = {name: value for name, value in found.headers.items() if name.lower() != "www-authenticate"}
        return page(request, "error.html", "Not possible", status=found.status, headers=headers, message=found.message)

    return {Exception: handle, HTTPException: handle, RefusedError: handle}


def _to_sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    query = request.scope["query_string"].decode("latin-1")
    here = request.scope["path"] + (f"?{query}" if query else "") if request.method == "GET" else "/apps"
    if request.method == "GET" and request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        # A link on another site: browsers leave out the cookie (SameSite=Strict), and send it if the page itself leads
        # there.
        return page(request, "again.html", "One moment", here=here)
    from urllib.parse import quote

    return to(f"/sign-in?next={quote(here, safe='')}")


def _caller(request: Request[Any, Any, Any]) -> Caller | None:
    try:
        return caller_of(request)
    except KeyError:
        return None


@cache
def _environment() -> Environment:
    """The templates of pages, and those of reports under their names."""
    return environment().overlay(loader=FunctionLoader(_template))


@cache
def _template(name: str) -> str:
    """The text of a template: one of pages, else one of reports."""
    ours = files(__package__).joinpath("templates", name)
    return ours.read_text(encoding="utf-8") if ours.is_file() else asset(name)


def static_text(name: str) -> str:
    """The text of a file that pages load, of those in `STATIC`."""
    return _template(name)


@cache
def static_version() -> str:
    """A part of the paths of static files that changes with their content, so that browsers may keep them."""
    return hashlib.sha256("".join(static_text(name) for name in STATIC).encode()).hexdigest()[:12]
