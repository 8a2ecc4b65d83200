"""The body of `POST /logs`, for the API description."""

from __future__ import annotations

from symbolicate.service.http.openapi import OpenAPIType, Schema, body_operation

__all__ = ["LogsOperation"]

_LOG = Schema(
    type=OpenAPIType.OBJECT,
    description="A log; its `type` says which. Unknown fields are stored.",
    properties={
        "type": Schema(type=OpenAPIType.STRING),
        "id": Schema(type=OpenAPIType.STRING),
        "timestamp": Schema(type=OpenAPIType.STRING),
        "errorId": Schema(type=OpenAPIType.STRING, description="The crash that an attachment belongs to."),
        "data": Schema(type=OpenAPIType.STRING, description="The bytes of an attachment in base64."),
    },
    required=["type"],
)

LogsOperation = body_operation(
    {
        "application/json": Schema(
            type=OpenAPIType.OBJECT,
            properties={"logs": Schema(type=OpenAPIType.ARRAY, items=_LOG, min_items=1)},
            required=["logs"],
        )
    },
    "Logs; may be packed with gzip.",
)
