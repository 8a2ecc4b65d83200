"""Zip archives: also app bundles (.aab, .apk, .ipa), wheels, and the archives that Xcode and the NDK's tools write."""

from __future__ import annotations

import contextlib
import lzma
import struct
import zipfile
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from symbolicate.symbols.archives.limits import CHUNK, HEAD, BadArchiveError, LimitError, damage, most_of
from symbolicate.symbols.archives.member import reported_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.symbols.archives.limits import Budget

__all__ = ["MAGIC", "members"]

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
"""How an archive begins: with a file, or, if it is empty, with its directory."""

# An encrypted file raises a RuntimeError, a method that is not read a NotImplementedError, a name that is not UTF-8 a
# UnicodeDecodeError (a ValueError), and an offset that no file has an OverflowError or a ValueError.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    OverflowError,
    ValueError,
)


def members(path: str) -> Iterator[_Zipped]:
    """The files of an archive.

    Raises:
        BadArchiveError: it is cut, damaged or encrypted.
        OSError: it cannot be read.
    """
    # The directory of a zip is at its end.
    if not zipfile.is_zipfile(path):
        raise BadArchiveError("the archive is cut short or damaged: it has no directory of its files")
    with _typed():
        archive = zipfile.ZipFile(path)
    with archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield _Zipped(archive, info)


class _Zipped:
    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info
        self.name = reported_name(info.filename)
        self.modified = _modified(info)

    def head(self) -> bytes:
        with _typed(self.name), self._archive.open(self._info) as packed:
            return packed.read(HEAD)

    def extract(self, target: str, budget: Budget) -> int:
        limit, size = most_of(self._info.compress_size), 0
        with _typed(self.name), self._archive.open(self._info) as packed, open(target, "wb") as plain:
            while chunk := packed.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise LimitError(f"{self.name}: unpacks to more than it may")
                budget.take(len(chunk), self.name)
                plain.write(chunk)
        return size


@contextlib.contextmanager
def _typed(member: str = "") -> Iterator[None]:
    """Raise the errors of the library as those of an archive, or of a file in it."""
    try:
        yield
    except BadArchiveError:
        raise
    except _DAMAGED as error:
        raise damage(error, member) from None


def _modified(info: zipfile.ZipInfo) -> float | None:
    """The time of a file, which has no time zone: it is taken as UTC, so that it is the same everywhere."""
    try:
        return datetime(*info.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return None
