"""Parts of the API description that the framework cannot see: bodies that handlers read by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar.openapi.spec import (
    Example,
    OpenAPIMediaType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
    SecurityRequirement,
    SecurityScheme,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

__all__ = ["ANYBODY", "BINARY", "SCHEMES", "OpenAPIType", "Schema", "body_operation", "query_operation"]

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
    "password": SecurityScheme(
        type="http", scheme="basic", description="A token as the password, which tools take from a URL."
    ),
    "client": SecurityScheme(type="http", scheme="basic", description="The id and the secret of a client."),
}
"""The ways of authentication. A requirement lists the scopes that a token needs."""

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
    """An operation with these parameters in its address, name to description, which the handler reads by itself."""

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
