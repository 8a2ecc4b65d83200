"""JSON bodies of requests, decoded into their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.http import body

if TYPE_CHECKING:
    from litestar import Request

__all__ = ["read_json"]

_Shape = TypeVar("_Shape")

_BODY_BYTES = 64 * 1024


async def read_json(
    request: Request[Any, Any, Any], shape: type[_Shape], *, empty: bytes = b"", largest: int = _BODY_BYTES
) -> _Shape:
    """The body of a request.

    Args:
        request: the request.
        shape: the type of the body.
        empty: JSON in place of an empty body; by default an empty body is refused.
        largest: bytes of the body, which are held in memory.

    Raises:
        RefusedError: the body is invalid, or larger than that, decompressed too.
    """
    limits = context_of(request).config.limits
    parts, size = [], 0
    async for chunk in body.stream(request, limits, body_bytes=largest):
        size += len(chunk)
        if size > largest:
            raise RefusedError(413, "PayloadTooLarge", f"the body unpacks to more than {largest} bytes")
        parts.append(chunk)
    content = b"".join(parts)
    try:
        return msgspec.json.decode(content if content.strip() else empty, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(400, "BadRequest", f"the body is invalid: {error}") from None
