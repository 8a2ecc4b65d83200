"""Streaming decompression of gzip and deflate, with a hard limit on the output."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, TypeGuard

from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["STEP", "Unpacker", "is_plain"]

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 31  # window bits that mean a gzip header
_RAW_DEFLATE = -15
STEP = 1024 * 1024
"""Bytes that are decompressed at a time: a compressed kilobyte may expand to a megabyte."""


def is_plain(body: bytes | None, encoding: str, limit: int) -> TypeGuard[bytes]:
    """Whether a body is complete, and `Unpacker` would return it unchanged."""
    return body is not None and len(body) <= limit and encoding != "deflate" and not body.startswith(_GZIP_MAGIC)


class Unpacker:
    """Decompresses the chunks of a body, which may be compressed or not.

    The first bytes decide whether a body is compressed: clients and proxies send `Content-Encoding: gzip` with plain
    bodies
    and omit it with compressed ones, and neither JSON nor multipart begins like gzip. Of a damaged body, the part
    before the damage is returned, and `damaged` is set.

    Args:
        encoding: the value of `Content-Encoding`, lower case.
        limit: bytes of the output.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._deflate = encoding == "deflate"
        self._limit = limit
        self._decoder: zlib._Decompress | None = None
        self._head = b""
        self._started = False
        self.size = 0
        self.damaged: str | None = None

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The plain bytes of this chunk, in parts of up to `STEP`, each decompressed when it is requested.

        Raises:
            RefusedError: the output is larger than the limit.
        """
        if not self._started:
            chunk = self._head + chunk
            if len(chunk) < len(_GZIP_MAGIC):
                self._head = chunk
                return
            self._started = True
            self._decoder = self._decoder_for(chunk)
        yield from self._unpacked(chunk)

    def end(self) -> Iterator[bytes]:
        """The rest at the end of the body."""
        if not self._started and self._head:
            self._started = True
            yield from self._unpacked(self._head)
        if self._decoder is not None and not self._decoder.eof and self.damaged is None:
            self.damaged = "the packed body ends early"

    def _decoder_for(self, head: bytes) -> zlib._Decompress | None:
        if head.startswith(_GZIP_MAGIC):
            return zlib.decompressobj(_GZIP)
        if self._deflate:
            # By the standard "deflate" is zlib's format; some clients send raw deflate.
            is_zlib = head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0  # noqa: PLR2004 - RFC 1950
            return zlib.decompressobj() if is_zlib else zlib.decompressobj(_RAW_DEFLATE)
        return None

    def _unpacked(self, chunk: bytes) -> Iterator[bytes]:
        if self._decoder is None:
            if chunk:
                yield self._counted(chunk)
            return
        while chunk and self.damaged is None:
            if self._decoder.eof:
                # Another member may follow; anything else after the end is padding.
                if not chunk.startswith(_GZIP_MAGIC):
                    break
                self._decoder = zlib.decompressobj(_GZIP)
            try:
                plain = self._counted(self._decoder.decompress(chunk, STEP))
            except zlib.error as error:
                self.damaged = f"the packed body is damaged: {error}"
                break
            chunk = self._decoder.unconsumed_tail or self._decoder.unused_data
            if plain:
                yield plain

    def _counted(self, plain: bytes) -> bytes:
        self.size += len(plain)
        if self.size > self._limit:
            raise RefusedError(413, "PayloadTooLarge", f"the body unpacks to more than {self._limit} bytes")
        return plain
