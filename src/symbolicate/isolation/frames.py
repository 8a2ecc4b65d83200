"""Messages over a pipe: two lengths, as many bytes of MessagePack, and as many bytes of data."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from symbolicate.isolation.messages import Answer, Question, Request, Response

__all__ = ["Readable", "ReadableInParts", "Writable", "read_frame", "read_frame_in_parts", "write_frame"]


class Writable(Protocol):
    """The stream to which a message is written."""

    def write(self, data: bytes | memoryview, /) -> object:
        """Write all bytes."""

    def writelines(self, lines: Iterable[bytes | memoryview], /) -> object:
        """Write all bytes of all parts."""

    def flush(self) -> object:
        """Flush buffered bytes."""


class Readable(Protocol):
    """The stream from which a message is read."""

    def read(self, size: int, /) -> bytes:
        """Read a number of bytes; fewer at the end."""


class ReadableInParts(Readable, Protocol):
    """The stream from which a message with large data is read."""

    def parts(self, size: int, /) -> list[bytes]:
        """Read a number of bytes, as they arrive; fewer at the end."""


_LENGTHS = struct.Struct("<QQ")


def write_frame(
    stream: Writable, message: Request | Answer | Question | Response, data: Sequence[bytes | memoryview] = ()
) -> None:
    """Write one message, and data that belong to it. The data are not copied."""
    body = msgspec.msgpack.encode(message)
    stream.write(_LENGTHS.pack(len(body), sum(map(len, data))) + body)
    stream.writelines(data)
    stream.flush()


def read_frame(stream: Readable) -> tuple[bytes, bytes] | None:
    """Read the bytes of one message and its data; None if the stream ends before they do."""
    if (lengths := _lengths(stream)) is None:
        return None
    body, data = (stream.read(length) for length in lengths)
    return (body, data) if (len(body), len(data)) == lengths else None


def read_frame_in_parts(stream: ReadableInParts) -> tuple[bytes, list[bytes]] | None:
    """The same; the data are not joined, because a copy of them would take as long as reading them."""
    if (lengths := _lengths(stream)) is None:
        return None
    body, data = stream.read(lengths[0]), stream.parts(lengths[1])
    return (body, data) if (len(body), sum(map(len, data))) == lengths else None


def _lengths(stream: Readable) -> tuple[int, int] | None:
    head = stream.read(_LENGTHS.size)
    return None if len(head) < _LENGTHS.size else _LENGTHS.unpack(head)
