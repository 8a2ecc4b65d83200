"""Small JSON bodies, for commands of the API."""

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


async def read_json(request: Request[Any, Any, Any], shape: type[_Shape], *, empty: bytes = b"") -> _Shape:
    """The body of a request.

    Args:
        request: the request.
        shape: the type of the body.
        empty: JSON in place of an empty body; by default an empty body is refused.

    Raises:
        RefusedError: the body is invalid, or has more than 64 KiB.
    """
    limits = context_of(request).config.limits
    content = b"".join([chunk async for chunk in body.stream(request, limits, body_bytes=_BODY_BYTES)])
    try:
        return msgspec.json.decode(content if content.strip() else empty, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(400, "BadRequest", f"the body is invalid: {error}") from None
