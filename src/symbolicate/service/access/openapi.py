"""Completes the API description: who may call each operation, and what the framework cannot see of its responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar.openapi.spec import OpenAPI, OpenAPIMediaType, OpenAPIResponse
from litestar.routes import HTTPRoute

from symbolicate.service.access.guard import KEY_PATHS, scope_of, takes_password
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
            if (needed := guarded.get((method, path))) is not None:
                scope, password = needed
                schemes = ["bearer", "apiToken"]
                schemes += ["key"] if path.startswith(KEY_PATHS) else []
                schemes += ["password"] if password else []
                operation.security = [{scheme: [scope]} for scheme in schemes]
            for response in operation.responses.values():
                content = getattr(response, "content", None)
                if content and "application/json" in content:
                    content["application/json"] = anything
            # Possible are 400, 401, 403, 404, 408, 413, 429, 503 and others.
            operation.responses.pop("400", None)
            operation.responses["default"] = error


def _guarded(routes: Iterable[BaseRoute]) -> dict[tuple[str, str], tuple[str, bool]]:
    """The scope that each operation needs, and whether it takes a password, by its method and path.

    They are those of the guards that enforce it.
    """
    found: dict[tuple[str, str], tuple[str, bool]] = {}
    for route in routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                guards = handler.resolve_guards()
                if (scope := scope_of(guards)) is not None:
                    found[method.lower(), route.path_format] = scope, takes_password(guards)
    return found
