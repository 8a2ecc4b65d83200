"""Reading the body of a request: in time, within limits, unpacked."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from symbolicate.service.errors import RefusedError, busy
from symbolicate.service.unpack import STEP, Unpacker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from litestar import Request

    from symbolicate.service.config import Limits

    AnyRequest: TypeAlias = Request[Any, Any, Any]

__all__ = ["Inflight", "read", "stream"]

# Bytes of a chunk that are unpacked where they come in.
_INLINE = 64 * 1024
# Bytes held for a byte of a body that is read whole: its chunks while they are joined, then what is taken of it, which
# repair may make longer.
_COPIES = 3


class Inflight:
    """The bytes that all requests hold at a time: bodies, unpacked, and copies of them. Used by one event loop.

    Args:
        limit: how many there may be.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """A body's share, given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self.held -= share.size


class Share:
    """What one body holds of all that may be held."""

    def __init__(self, inflight: Inflight) -> None:
        self._inflight = inflight
        self.size = 0

    def take(self, size: int) -> None:
        """Hold `size` bytes more.

        Raises:
            RefusedError: the service is full, come back.
        """
        # One body alone may always be read, however small the limit.
        if self._inflight.held > self.size and self._inflight.held + size > self._inflight.limit:
            raise busy("too many requests are being read")
        self._inflight.held += size
        self.size += size


async def read(request: AnyRequest, limits: Limits, share: Share) -> tuple[bytes, str | None]:
    """The whole body, unpacked, and what is wrong with its packing.

    Raises:
        RefusedError: too large, too slow, or cut.
    """
    parts: list[bytes] = []
    unpacker = Unpacker(_encoding(request), limits.decoded_bytes)
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
    """The body in chunks, as it comes in.

    Args:
        request: the request.
        limits: how large and how slow it may be.
        body_bytes: how large it may be, if not as `limits` says.
        unpack: whether packed bodies are unpacked.
        unpacker: what unpacks it, for those who want to know of damage.

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
        # Much at a time is left to a thread, so that others are served meanwhile.
        inline = len(chunk) <= _INLINE
        while plain := next(parts, b"") if inline else await asyncio.to_thread(next, parts, b""):
            yield plain
            inline = inline and len(plain) < STEP
    if unpacker is not None:
        for plain in unpacker.end():
            yield plain


async def _received(request: AnyRequest, limits: Limits, largest: int) -> AsyncIterator[bytes]:
    """The body as it is sent, in time and within its size."""
    if (declared := _content_length(request)) is not None and declared > largest:
        raise _too_large(largest)
    began = time.monotonic()
    size = 0
    more = True
    while more:
        try:
            async with asyncio.timeout(limits.idle_seconds):
                message = await request.receive()
        except TimeoutError:
            raise _too_slow() from None
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "BadRequest", "the client left before the end of the body")
        chunk: bytes = message.get("body", b"")  # type: ignore[assignment]
        more = bool(message.get("more_body", False))
        size += len(chunk)
        if size > largest:
            raise _too_large(largest)
        waited = time.monotonic() - began
        if more and waited > limits.grace_seconds and size < waited * limits.bytes_per_second:
            raise _too_slow()
        if chunk:
            yield chunk


def _encoding(request: AnyRequest) -> str:
    return str(request.headers.get("content-encoding", "")).strip().lower()


def _content_length(request: AnyRequest) -> int | None:
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else None


def _too_large(limit: int) -> RefusedError:
    return RefusedError(413, "PayloadTooLarge", f"the body is larger than {limit} bytes", {"Connection": "close"})


def _too_slow() -> RefusedError:
    return RefusedError(408, "RequestTimeout", "the body came too slowly", {"Connection": "close"})
