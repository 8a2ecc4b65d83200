"""What came: a compressed file, an error page, or the file itself."""

from __future__ import annotations

import os
import tempfile
import time
from typing import TYPE_CHECKING

from symbolicate.symbols.fetching.failure import FetchError

if TYPE_CHECKING:
    from symbolicate.symbols.fetching.partial import Partial

__all__ = ["install"]

_HEAD = 512
_BLANKS = b" \t\r\n"


def install(part: Partial, path: str, ends: float) -> None:
    """Give a fetched file its path, unpacked if it is compressed (gzip, zstd, CAB and others, by its content).

    Args:
        part: the file.
        path: its path.
        ends: until when it is unpacked, see `time.monotonic`.

    Raises:
        FetchError: it is no file of symbols, it is damaged, unpacks to more than it may, or takes too long.
        OSError: the folder cannot be written.
    """
    from symbolicate.symbols.archives import is_archive

    part.stream.flush()
    part.stream.seek(0)
    head = part.stream.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip(_BLANKS)
    if head.startswith(b"<"):
        is_page = b"html" in head.lower()
        raise FetchError("malformed", "an HTML page" if is_page else "an XML document")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if is_archive(part.path):
        _unpack(part, path, ends)
        part.discard()
    else:
        part.move(path)


def _unpack(part: Partial, path: str, ends: float) -> None:
    from symbolicate.symbols.archives import BadArchiveError, Limits, entries

    folder = os.path.dirname(part.path)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking-") as scratch:
        limits, is_one = Limits(unpacked_bytes=part.limit, files=8, depth=2, ends=ends), False
        try:
            for entry in entries(part.path, os.path.basename(path), scratch, limits):
                if entry.error:
                    raise FetchError("malformed", entry.error)
                if is_one:
                    raise FetchError("malformed", "an archive of several files")
                os.replace(entry.path, path)
                is_one = True
        except BadArchiveError as error:
            if time.monotonic() >= ends:
                raise FetchError("timed out", str(error)) from None
            raise FetchError("malformed", str(error)) from None
    if not is_one:
        raise FetchError("malformed", "an archive without a file")
