"""Completes the API description: who may call each operation, and what the framework cannot see of its responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar.openapi.spec import OpenAPI, OpenAPIMediaType, OpenAPIResponse
from litestar.routes import HTTPRoute

from symbolicate.service.access.guard import KEY_PATHS, scope_of
from symbolicate.service.http.openapi import OpenAPIType, Schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from litestar.routes import BaseRoute

__all__ = ["complete"]


def complete(description: OpenAPI, routes: Iterable[BaseRoute]) -> None:
    """Add what the framework cannot derive for an operation: ready-made JSON, errors, and the permissions it needs."""
    guarded = _guarded(routes)
    anything = OpenAPIMediaType(schema=Schema())
    text = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
    error = OpenAPIResponse(
        description="What was wrong, in the shape that the clients of this endpoint know.",
        content={"application/json": anything, "text/plain": text, "application/xml": text},
    )
    for path, item in (description.paths or {}).items():
        for method in ("get", "put", "post", "patch", "delete"):
            operation = getattr(item, method)
            if operation is None or operation.responses is None:
                continue
            if (scope := guarded.get((method, path))) is not None:
                schemes = ["bearer", "apiToken"]
                schemes += ["key"] if path.startswith(KEY_PATHS) else []
                schemes += ["password"] if scope == "symbols-read" else []
                operation.security = [{scheme: [scope]} for scheme in schemes]
            for response in operation.responses.values():
                content = getattr(response, "content", None)
                if content and "application/json" in content:
                    content["application/json"] = anything
            # Possible are 400, 401, 403, 404, 408, 413, 429, 503 and others.
            operation.responses.pop("400", None)
            operation.responses["default"] = error


def _guarded(routes: Iterable[BaseRoute]) -> dict[tuple[str, str], str]:
    """The scope that each operation needs, by its method and path, from the guards that enforce it."""
    found: dict[tuple[str, str], str] = {}
    for route in routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if (scope := scope_of(handler.resolve_guards())) is not None:
                    found[method.lower(), route.path_format] = scope
    return found
