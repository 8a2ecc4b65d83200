"""Parts of the API description that the framework cannot see: bodies that handlers read by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar.openapi.spec import (
    Example,
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

__all__ = ["BINARY", "OpenAPIType", "Schema", "body_operation", "complete", "query_operation"]

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


def complete(description: OpenAPI) -> None:
    """Say what the framework does not know of every operation: bodies that are ready-made JSON, and errors."""
    anything = OpenAPIMediaType(schema=Schema())
    text = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
    error = OpenAPIResponse(
        description="What was wrong, in the shape that the clients of this endpoint know.",
        content={"application/json": anything, "text/plain": text, "application/xml": text},
    )
    for path in (description.paths or {}).values():
        for operation in (path.get, path.put, path.post, path.patch, path.delete):
            if operation is None or operation.responses is None:
                continue
            for response in operation.responses.values():
                content = getattr(response, "content", None)
                if content and "application/json" in content:
                    content["application/json"] = anything
            # There are 400, 401, 403, 404, 408, 413, 429, 503 and their like.
            operation.responses.pop("400", None)
            operation.responses["default"] = error
