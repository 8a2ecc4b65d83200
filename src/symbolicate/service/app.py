"""The HTTP application: every route, and the handling that all requests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import Litestar
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components

from symbolicate.service.access import oauth
from symbolicate.service.access.openapi import complete
from symbolicate.service.http.direct import answered_directly
from symbolicate.service.http.openapi import SCHEMES
from symbolicate.service.http.responses import error_handlers, rest_error
from symbolicate.service.http.watched import watched
from symbolicate.service.http.whole import WholeAnswers
from symbolicate.service.ingest import logs as ingest
from symbolicate.service.ingest import submit
from symbolicate.service.pages.routes import PAGES
from symbolicate.service.questions import analytics, attachments, buckets, reports
from symbolicate.service.questions import health as health_questions
from symbolicate.service.serving import stacks, symbol_server
from symbolicate.service.symbols import (
    appcenter,
    appcenter_symbols,
    azure,
    breakpad,
    put_file,
    sentry_chunks,
    sentry_files,
)
from symbolicate.service.symbols import routes as symbols
from symbolicate.service.upkeep import health, queue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.types import ASGIApp, ControllerRouterHandler

    from symbolicate.service.context import Context

__all__ = ["build", "build_for_worker", "security_headers", "whole_answers"]

_DIRECT = (ingest.DIRECT, submit.DIRECT)
_HEALTH = (health.healthz, health.readyz, health.metrics)


def security_headers(*, tls: bool) -> list[tuple[str, str]]:
    """Headers of every response: browsers must not frame it or sniff its type. See also `http/policy.py`."""
    headers = [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
    return [*headers, ("Strict-Transport-Security", "max-age=31536000")] if tls else headers


def build(context: Context) -> ASGIApp:
    """The application of a service."""
    app = _application(
        context,
        [
            ingest.logs,
            submit.submit,
            analytics.router,
            analytics.cab,
            buckets.router,
            health_questions.router,
            reports.router,
            symbols.router,
            queue.router,
            attachments.reports_router,
            attachments.errors_router,
            attachments.attachment_file,
            appcenter.router,
            appcenter_symbols.router,
            azure.put_bytes,
            azure.download_bytes,
            breakpad.upload_form,
            breakpad.check_status,
            breakpad.create,
            breakpad.put_file,
            breakpad.complete,
            put_file.put_file,
            sentry_chunks.router,
            sentry_files.router,
            sentry_files.info,
            symbol_server.symbol_file,
            stacks.router,
            oauth.token,
            *_HEALTH,
            *PAGES,
        ],
        _BesidePages(),
    )
    return answered_directly(app, context, _DIRECT)


def whole_answers(context: Context) -> WholeAnswers:
    """What answers small requests before they reach the application."""
    return WholeAnswers(context, _DIRECT)


def build_for_worker(context: Context) -> ASGIApp:
    """The application of a worker process: its health and metrics."""
    return _application(context, _HEALTH)


class _BesidePages(JsonRenderPlugin):
    """The description of the API at `/openapi.json` alone; without this, the framework would also take `/` for it."""

    def has_path(self, path: str) -> bool:
        """Whether the description has this path, or it is one that the framework must not give to it."""
        return path == "/" or super().has_path(path)


def _application(
    context: Context, handlers: Sequence[ControllerRouterHandler], description: JsonRenderPlugin | None = None
) -> Litestar:
    from symbolicate._native import __version__

    def watching(app: ASGIApp) -> ASGIApp:
        return watched(app, context)

    app = Litestar(
        route_handlers=handlers,
        state=State({"context": context}),
        middleware=[watching],
        exception_handlers=error_handlers(rest_error),
        # The handlers read bodies, within limits of their own.
        request_max_body_size=None,
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="symbolicate",
            version=__version__,
            description="Takes crash reports and symbols, and answers questions about failures.",
            path="/",
            render_plugins=[description or JsonRenderPlugin()],
            components=Components(security_schemes=dict(SCHEMES)),
            use_handler_docstrings=True,
        ),
    )
    complete(app.openapi_schema, app.routes)
    return app
