"""Symbol files in UTF-16, as PowerShell's `>` writes the output of dump_syms.

All other code reads UTF-8, so such a file is transcoded: once, into the store, or in memory if that is not writable.
"""

from __future__ import annotations

import codecs
import io
import os

from symbolicate.errors import SymbolFileError
from symbolicate.symbols.access import open_file
from symbolicate.symbols.deadline import OVER, left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["decoded_head", "encoding_of", "text_encoding", "transcode", "transcoded"]

# How many bytes of a file its encoding is detected from.
_HEAD_BYTES = 4
_CHUNK = 1 << 20
_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def encoding_of(head: bytes) -> str | None:
    """The encoding of a text by its first bytes: UTF-16 with or without a byte order mark; None for all others."""
    for mark, encoding in _UTF16:
        if head.startswith(mark):
            return encoding
    # Records begin with ASCII letters or digits, and no other text has zero bytes.
    first, second, third, fourth = head[:_HEAD_BYTES].ljust(_HEAD_BYTES, b"\0")
    if first and third and not second and not fourth:
        return "utf-16-le"
    if second and fourth and not first and not third:
        return "utf-16-be"
    return None


def text_encoding(path: str) -> str | None:
    """As `encoding_of`, of a file; None also if it cannot be read."""
    try:
        with open_file(path) as file:
            return encoding_of(file.read(_HEAD_BYTES))
    except OSError:
        return None


def decoded_head(head: bytes) -> str:
    """The first bytes of a symbol file as text."""
    encoding = encoding_of(head)
    text = head.decode(encoding or "utf-8", "replace")
    return text.removeprefix("\ufeff")


def transcode(source: str, target: str, encoding: str) -> None:
    """Write a file that is in UTF-16 as UTF-8, with the time of its source, in pieces; it appears whole or not at all.

    Raises:
        TimeoutError: the time of the report was over.
        OSError: one of them cannot be read or written.
    """
    from symbolicate.atomic import AtomicFile

    with open_file(source) as file, AtomicFile(target) as out:
        _copy(file, out.stream, encoding)
        about = os.fstat(file.fileno())
        # An index is valid for a text of the same time only.
        out.commit((about.st_atime_ns, about.st_mtime_ns))


def transcoded(source: str, encoding: str) -> bytes:
    """A file that is in UTF-16, as UTF-8 in memory.

    Raises:
        SymbolFileError: it cannot be read.
    """
    out = io.BytesIO()
    try:
        with open_file(source) as file:
            _copy(file, out, encoding)
    except OSError as error:
        raise SymbolFileError(f"{source}: {(error.strerror or str(error)).lower()}") from error
    return out.getvalue()


def _copy(source: BinaryIO, target: BinaryIO, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    first = True
    while True:
        if left() == 0:
            raise TimeoutError(OVER)
        chunk = source.read(_CHUNK)
        text = decoder.decode(chunk, final=not chunk)
        target.write((text.removeprefix("\ufeff") if first else text).encode("utf-8", "replace"))
        first = False
        if not chunk:
            return
