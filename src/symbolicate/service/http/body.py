"""Reads the body of a request, within limits of time and size, and decompresses it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from symbolicate.service.errors import RefusedError
from symbolicate.service.http.idle import IdleLimit
from symbolicate.service.http.incoming import Incoming
from symbolicate.service.http.unpack import STEP, Unpacker, is_plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from litestar import Request

    from symbolicate.service.config import Limits
    from symbolicate.service.limits.inflight import Share

    AnyRequest = Request[Any, Any, Any] | Incoming

__all__ = ["read", "stream"]

# Chunks up to this size are decompressed on the event loop.
_INLINE = 64 * 1024
# Bytes held for each byte of a body that is read completely: its chunks while they are joined, then what is stored of
# it, which repair may make longer.
_COPIES = 3


async def read(request: AnyRequest, limits: Limits, share: Share) -> tuple[bytes, str | None]:
    """The complete body, decompressed, and what is wrong with its compression.

    Raises:
        RefusedError: too large, too slow, or cut.
    """
    encoding = _encoding(request)
    if isinstance(request, Incoming) and is_plain(request.whole, encoding, limits.decoded_bytes):
        share.take(len(request.whole) * _COPIES)
        return request.take_whole(), None
    parts: list[bytes] = []
    unpacker = Unpacker(encoding, limits.decoded_bytes)
    async for chunk in stream(request, limits, unpacker=unpacker):
        share.take(len(chunk) * _COPIES)
        parts.append(chunk)
    return (parts[0] if len(parts) == 1 else b"".join(parts)), unpacker.damaged


async def stream(
    request: AnyRequest,
    limits: Limits,
    *,
    body_bytes: int | None = None,
    unpack: bool = True,
    unpacker: Unpacker | None = None,
) -> AsyncIterator[bytes]:
    """The body in chunks, as it is received.

    Args:
        request: the request.
        limits: its limits of size and time.
        body_bytes: a limit of its size, instead of that in `limits`.
        unpack: whether compressed bodies are decompressed.
        unpacker: decompresses it, for callers that need to know about damage.

    Raises:
        RefusedError: too large, too slow, or cut.
    """
    if unpacker is None and unpack:
        unpacker = Unpacker(_encoding(request), limits.decoded_bytes)
    async for chunk in _received(request, limits, limits.body_bytes if body_bytes is None else body_bytes):
        if unpacker is None:
            yield chunk
            continue
        parts = unpacker.feed(chunk)
        # Larger chunks are decompressed on a thread, so that other requests are not delayed.
        inline = len(chunk) <= _INLINE
        while plain := next(parts, b"") if inline else await asyncio.to_thread(next, parts, b""):
            yield plain
            inline = inline and len(plain) < STEP
    if unpacker is not None:
        for plain in unpacker.end():
            yield plain


async def _received(request: AnyRequest, limits: Limits, largest: int) -> AsyncIterator[bytes]:
    """The body as it is sent, within its limits."""
    if isinstance(request, Incoming) and request.whole is not None:
        yield request.take_whole()
        return
    if (declared := _content_length(request)) is not None and declared > largest:
        raise _too_large(largest)
    began = time.monotonic()
    size = 0
    more = True
    with IdleLimit(limits.idle_seconds) as idle:
        while more:
            try:
                message: Any = await idle.wait_for(request.receive())
            except TimeoutError:
                raise _too_slow() from None
            if message["type"] == "http.disconnect":
                raise RefusedError(400, "BadRequest", "the client left before the end of the body")
            chunk: bytes = message.get("body", b"")
            more = bool(message.get("more_body", False))
            size += len(chunk)
            if size > largest:
                raise _too_large(largest)
            if more and _is_slow(size, time.monotonic() - began, limits):
                raise _too_slow()
            if chunk:
                yield chunk


def _is_slow(size: int, seconds: float, limits: Limits) -> bool:
    return seconds > limits.grace_seconds and size < seconds * limits.bytes_per_second


def _encoding(request: AnyRequest) -> str:
    return str(request.headers.get("content-encoding", "")).strip().lower()


def _content_length(request: AnyRequest) -> int | None:
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else None


def _too_large(limit: int) -> RefusedError:
    return RefusedError(413, "PayloadTooLarge", f"the body is larger than {limit} bytes", {"Connection": "close"})


def _too_slow() -> RefusedError:
    return RefusedError(408, "RequestTimeout", "the body was sent too slowly", {"Connection": "close"})
