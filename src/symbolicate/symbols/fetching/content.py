"""What came: a compressed file, a page that says that there is none, or the file itself."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from symbolicate.symbols.fetching.failure import FetchError

if TYPE_CHECKING:
    from symbolicate.symbols.fetching.partial import Partial

__all__ = ["install"]

_HEAD = 512
_BLANKS = b" \t\r\n"


def install(part: Partial, path: str) -> None:
    """Give a fetched file its path, unpacked if it is compressed (gzip, zstd, CAB and others, by its content).

    Raises:
        FetchError: it is no file of symbols, it is damaged, or unpacks to more than it may.
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
        _unpack(part, path)
        part.discard()
    else:
        part.move(path)


def _unpack(part: Partial, path: str) -> None:
    from symbolicate.symbols.archives import BadArchiveError, Limits, entries

    folder = os.path.dirname(part.path)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking-") as scratch:
        limits, is_one = Limits(unpacked_bytes=part.limit, files=8, depth=2), False
        try:
            for entry in entries(part.path, os.path.basename(path), scratch, limits):
                if entry.error:
                    raise FetchError("malformed", entry.error)
                if is_one:
                    raise FetchError("malformed", "an archive of several files")
                os.replace(entry.path, path)
                is_one = True
        except BadArchiveError as error:
            raise FetchError("malformed", str(error)) from None
    if not is_one:
        raise FetchError("malformed", "an archive without a file")
