"""Reads multipart bodies as crash clients send them, part by part, within limits."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from symbolicate.service.limits.inflight import Share

__all__ = ["File", "Form", "FormLimits", "boundary_of", "read_form"]

_NAME_LENGTH = 300
_HEADER_BYTES = 8 * 1024
_HEADERS = 16
# The characters that Crashpad encodes in names; any other percent sign is literal.
_ENCODED = re.compile("%(22|0[dDaA]|25)")


@dataclass(frozen=True, slots=True)
class FormLimits:
    """Limits of a form.

    Attributes:
        parts: parts that are read; further ones are ignored.
        file_bytes: the largest file.
        text_bytes: all values together.
    """

    parts: int
    file_bytes: int
    text_bytes: int


@dataclass(frozen=True, slots=True)
class File:
    """A file of a form.

    Attributes:
        field: the name of its part.
        name: its file name, as sent; it may be a path.
        content_type: the client's content type.
        data: its bytes.
    """

    field: str
    name: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Form:
    """The content of a form.

    Attributes:
        values: parts that are text; of several with one name the last.
        files: parts that are files, in order.
        fault: what is wrong with the body; the parts before that are here.
    """

    values: dict[str, str] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    fault: str | None = None


def boundary_of(content_type: str) -> str:
    """The boundary in a `Content-Type`.

    Raises:
        RefusedError: it is not multipart, or has no usable boundary.
    """
    kind, options = parse_options_header(content_type)
    boundary = str(options.get("boundary", ""))
    if not kind.lower().startswith("multipart/"):
        raise RefusedError(400, "BadRequest", "the body is not multipart/form-data")
    if not boundary or len(boundary) > 200 or "\n" in boundary or "\r" in boundary:  # noqa: PLR2004 - RFC 2046: 70
        raise RefusedError(400, "BadRequest", "the multipart body has no boundary")
    return boundary


async def read_form(chunks: AsyncIterator[bytes], boundary: str, limits: FormLimits, share: Share) -> Form:
    """Read a form.

    Of a body that is damaged, the parts before the damage are returned.

    Raises:
        RefusedError: a file or the values are too large.
    """
    form = Form()
    parser = PushMultipartParser(
        boundary, max_header_size=_HEADER_BYTES, max_header_count=_HEADERS, header_charset="latin-1"
    )
    reader = _Parts(form, limits, share)
    try:
        async for chunk in chunks:
            for event in parser.parse(chunk):
                reader.take(event)
            # The rest of the body is padding; it is read, so that the client receives the response.
        if not parser.closed:
            parser.close()
    except ParserLimitReached as error:
        raise RefusedError(400, "BadRequest", str(error)) from None
    except MultipartError as error:
        form.fault = str(error)
        async for _ in chunks:
            pass
    return form


class _Parts:
    """Assembles parts."""

    def __init__(self, form: Form, limits: FormLimits, share: Share) -> None:
        self._form = form
        self._limits = limits
        self._share = share
        self._count = 0
        self._text = 0
        self._chunks: list[bytes] = []
        self._size = 0
        self._head: object | None = None

    def take(self, event: object) -> None:
        """An event of the parser: the head of a part, bytes of it, or None at its end."""
        if isinstance(event, bytes):
            self._body(event)
        elif event is None:
            self._end()
        else:
            self._head = event
            self._count += 1
            self._chunks, self._size = [], 0

    @property
    def _is_file(self) -> bool:
        head = self._head
        return getattr(head, "filename", None) is not None or getattr(head, "name", "") == "upload_file_minidump"

    def _body(self, chunk: bytes) -> None:
        if self._count > self._limits.parts:
            return
        self._size += len(chunk)
        if self._is_file:
            if self._size > self._limits.file_bytes:
                raise RefusedError(413, "PayloadTooLarge", f"a file larger than {self._limits.file_bytes} bytes")
        else:
            self._text += len(chunk)
            if self._text > self._limits.text_bytes:
                raise RefusedError(413, "PayloadTooLarge", f"values of more than {self._limits.text_bytes} bytes")
        # Twice, because the chunks of a part are joined.
        self._share.take(2 * len(chunk))
        self._chunks.append(chunk)

    def _end(self) -> None:
        if self._count > self._limits.parts:
            return
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks = []
        head = self._head
        name = _name(getattr(head, "name", "") or "")
        if self._is_file:
            file_name = _name(getattr(head, "filename", None) or "")
            content_type = str(getattr(head, "content_type", "") or "")
            self._form.files.append(File(name, file_name, content_type, data))
        elif name:
            self._form.values[name] = data.decode("utf-8", "replace").replace("\0", "\ufffd")


def _name(text: str) -> str:
    """A decoded name. Heads are read as Latin-1, which is lossless; clients write UTF-8."""
    text = text.encode("latin-1", "replace").decode("utf-8", "replace").replace("\0", "")
    return _ENCODED.sub(lambda match: chr(int(match[1], 16)), text)[:_NAME_LENGTH]
