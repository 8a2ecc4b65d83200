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

    from symbolicate.service.serving.files import ServedFile

__all__ = ["as_download"]

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*\Z")
_OCTETS = "application/octet-stream"
# As fast as a disk reads; a text is then a sixth.
_LEVEL = 1


def as_download(request: Request[Any, Any, Any], file: ServedFile) -> Response[Any]:
    """The response with a file, or with the range of it that the request asks for.

    Raises:
        RefusedError: the file cannot be read now, or has no such range.
    """
    headers = request.headers
    try:
        descriptor = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise RefusedError(404, "NotFound", "not found") from error
    try:
        whole = os.fstat(descriptor).st_size
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
        content = _parts(descriptor, start + first, start + end, zipped=zipped)
        descriptor = -1
        return Stream(content, status_code=status, headers=common, media_type=_OCTETS)
    finally:
        if descriptor >= 0:
            os.close(descriptor)


async def _parts(descriptor: int, first: int, end: int, *, zipped: bool) -> AsyncIterator[bytes]:
    """The bytes from one position to another, read on threads; the descriptor is closed at the end."""
    packer = zlib.compressobj(_LEVEL, wbits=zlib.MAX_WBITS | 16) if zipped else None

    def read(at: int) -> tuple[int, bytes]:
        part = os.pread(descriptor, min(_CHUNK, end - at), at)
        return len(part), part if packer is None else packer.compress(part)

    try:
        while first < end:
            count, part = await asyncio.to_thread(read, first)
            if not count:
                raise OSError("a file became shorter while it was sent")
            first += count
            if part:
                yield part
        if packer is not None:
            yield packer.flush()
    finally:
        os.close(descriptor)


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
