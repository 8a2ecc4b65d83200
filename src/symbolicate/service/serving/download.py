"""Responses with a file: parts of it, only if it has changed, or compressed (RFC 9110)."""

from __future__ import annotations

import asyncio
import os
import re
import zlib
from typing import TYPE_CHECKING, Any

from litestar import Response
from litestar.response import Stream

from symbolicate.service.errors import RefusedError
from symbolicate.service.http.exchange import HEAD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from litestar import Request

    from symbolicate.service.serving.files import Content, ServedFile

__all__ = ["as_download", "asks_for_part"]

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*\Z")
# Of a longer range the whole file is fetched from the blob store: it is sent sooner then.
_PART = 64 << 20
_OCTETS = "application/octet-stream"
# As fast as a disk reads; a text is then a sixth.
_LEVEL = 1


class _LocalFile:
    """A file on this machine, which is open as long as this object lives."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.fstat(self._descriptor).st_size

    def __del__(self) -> None:
        if (descriptor := getattr(self, "_descriptor", None)) is not None:
            os.close(descriptor)

    def read(self, offset: int, length: int, /) -> bytes:
        return os.pread(self._descriptor, length, offset)


def asks_for_part(request: Request[Any, Any, Any]) -> bool:
    """Whether a request is answered without a body, or with a short range."""
    if HEAD in request.scope:
        return True
    found = _RANGE.match(request.headers.get("range", "").strip())
    if found is None or not found[2]:
        return False
    first, last = found[1], int(found[2])
    return (last if not first else last - int(first)) < _PART


def as_download(request: Request[Any, Any, Any], file: ServedFile) -> Response[Any]:
    """The response with a file, or with the range of it that the request asks for.

    Raises:
        RefusedError: the file cannot be read now, or has no such range.
    """
    headers = request.headers
    try:
        content: Content = file.content or _LocalFile(file.path)
    except OSError as error:
        raise RefusedError(404, "NotFound", "not found") from error
    whole = content.size
    start, size = (0, whole) if file.section is None else file.section
    if start + size > whole:
        raise RefusedError(404, "NotFound", "not found")
    # The size of a compressed answer is known only when it was sent, so HEAD describes the plain one.
    is_whole = "range" not in headers and HEAD not in request.scope
    zipped = file.is_text and is_whole and _accepts_gzip(headers.get("accept-encoding", ""))
    tag = f'"{file.tag}{"-gzip" if zipped else ""}"'
    common = {"ETag": tag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    if file.is_text:
        common["Vary"] = "Accept-Encoding"
    if _matches(headers.get("if-none-match", ""), tag):
        return Response(b"", status_code=304, headers=common)
    if zipped:
        common |= {"Content-Encoding": "gzip"}
        del common["Accept-Ranges"]
        first, end, status = 0, size, 200
    else:
        is_same = headers.get("if-range", tag).strip() == tag
        asked = _range(headers.get("range", ""), size) if is_same else None
        first, end = asked or (0, size)
        status = 200 if asked is None else 206
        common["Content-Length"] = str(end - first)
        if asked is not None:
            common["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    if HEAD in request.scope:
        return Response(b"", status_code=status, headers=common, media_type=_OCTETS)
    parts = _parts(content, start + first, start + end, zipped=zipped)
    return Stream(parts, status_code=status, headers=common, media_type=_OCTETS)


async def _parts(content: Content, first: int, end: int, *, zipped: bool) -> AsyncIterator[bytes]:
    """The bytes from one position to another, read on threads."""
    packer = zlib.compressobj(_LEVEL, wbits=zlib.MAX_WBITS | 16) if zipped else None

    def read(at: int) -> tuple[int, bytes]:
        part = content.read(at, min(_CHUNK, end - at))
        return len(part), part if packer is None else packer.compress(part)

    while first < end:
        count, part = await asyncio.to_thread(read, first)
        if not count:
            raise OSError("a file became shorter while it was sent")
        first += count
        if part:
            yield part
    if packer is not None:
        yield packer.flush()


def _range(header: str, size: int) -> tuple[int, int] | None:
    """The first byte and the end of the range that is asked for; None for the whole file.

    Several ranges, and what is not a range of bytes, are answered with the whole file, as RFC 9110 permits.

    Raises:
        RefusedError: the file has no such range.
    """
    found = _RANGE.match(header.strip())
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last) + 1, size) if first and last else size
    if first and last and int(last) < int(first):
        return None
    if start >= end:
        raise RefusedError(416, "RangeNotSatisfiable", "no such range", {"Content-Range": f"bytes */{size}"})
    return start, end


def _matches(header: str, tag: str) -> bool:
    known = {one.strip().removeprefix("W/") for one in header.split(",")}
    return tag in known or "*" in known


def _accepts_gzip(header: str) -> bool:
    for one in header.lower().split(","):
        coding, _, quality = one.partition(";")
        if coding.strip() == "gzip":
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", quality)
    return False
