"""Parts of the API description that the framework cannot see: bodies that handlers read by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litestar.openapi.spec import (
    Example,
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    RequestBody,
    Schema,
    SecurityRequirement,
    SecurityScheme,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.routes import HTTPRoute

from symbolicate.service.access.guard import KEY_PATHS, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from litestar.routes import BaseRoute

__all__ = ["ANYBODY", "BINARY", "SCHEMES", "OpenAPIType", "Schema", "body_operation", "complete", "query_operation"]

ANYBODY: list[SecurityRequirement] = [{}]
"""The security of a route that needs no permission."""

SCHEMES = {
    "bearer": SecurityScheme(type="http", scheme="bearer", description="A token, or an access token of a client."),
    "apiToken": SecurityScheme(
        type="apiKey",
        name="X-API-Token",
        security_scheme_in="header",
        description="A token, as appcenter-cli sends it.",
    ),
    "key": SecurityScheme(
        type="apiKey", name="key", security_scheme_in="query", description="A token, as Breakpad's uploaders send it."
    ),
    "appSecret": SecurityScheme(
        type="apiKey", name="App-Secret", security_scheme_in="header", description="The secret of an app."
    ),
    "link": SecurityScheme(
        type="apiKey", name="sig", security_scheme_in="query", description="The signature of a link that ends soon."
    ),
    "client": SecurityScheme(type="http", scheme="basic", description="The id and the secret of a client."),
}
"""How callers show who they are. The words that a requirement lists are the scopes that a token needs."""

BINARY = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)


def body_operation(
    media: dict[str, Schema], description: str, *, example: Any = None, required: bool = True
) -> type[Operation]:
    """An operation whose body is of these media types."""

    @dataclass
    class BodyOperation(Operation):
        def __post_init__(self) -> None:
            self.request_body = RequestBody(
                content={
                    name: OpenAPIMediaType(
                        schema=schema, examples={"example": Example(value=example)} if example is not None else None
                    )
                    for name, schema in media.items()
                },
                description=description,
                required=required,
            )

    return BodyOperation


def query_operation(parameters: dict[str, str], required: tuple[str, ...]) -> type[Operation]:
    """An operation with these parameters in its address, name to description, that the handler reads by itself."""

    @dataclass
    class QueryOperation(Operation):
        def __post_init__(self) -> None:
            self.parameters = [
                Parameter(
                    name=name,
                    param_in="query",
                    description=description,
                    required=name in required,
                    schema=Schema(type=OpenAPIType.STRING),
                )
                for name, description in parameters.items()
            ]

    return QueryOperation


def complete(description: OpenAPI, routes: Iterable[BaseRoute]) -> None:
    """Say what the framework does not know of every operation: ready-made JSON, errors, and who may call it."""
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
                schemes = ("bearer", "apiToken", "key") if path.startswith(KEY_PATHS) else ("bearer", "apiToken")
                operation.security = [{scheme: [scope]} for scheme in schemes]
            for response in operation.responses.values():
                content = getattr(response, "content", None)
                if content and "application/json" in content:
                    content["application/json"] = anything
            # There are 400, 401, 403, 404, 408, 413, 429, 503 and their like.
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
