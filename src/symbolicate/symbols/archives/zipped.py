"""Zip archives: also app bundles (.aab, .apk, .ipa), wheels, and the archives that Xcode and the NDK's tools write."""

from __future__ import annotations

import contextlib
import lzma
import os
import struct
import zipfile
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from symbolicate.symbols.archives.limits import (
    CHUNK,
    HEAD,
    LZMA_MEMORY,
    BadArchiveError,
    LimitError,
    MemberError,
    damage,
    most_of,
)
from symbolicate.symbols.archives.member import reported_name
from symbolicate.symbols.archives.zip_directory import count_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.symbols.archives.limits import Budget

__all__ = ["MAGIC", "members"]

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
"""How an archive begins: with a file, or, if it is empty, with its directory."""

# The lengths of the name and of the extra field at the end of a file's header; the size of the dictionary at the end of
# what an LZMA stream begins with (APPNOTE.TXT of PKWARE, 4.3.7 and 5.8.8).
_LOCAL = struct.Struct("<26x2H")
_LZMA = struct.Struct("<5xL")

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


def members(path: str, budget: Budget, part: tuple[int, int] | None = None) -> Iterator[_Zipped]:
    """The files of an archive.

    Args:
        path: the archive.
        budget: what it may hold.
        part: the number of the first file that is wanted, from 0, and how many; None for all.

    Raises:
        BadArchiveError: it is cut or damaged, or has more files than it may.
        OSError: it cannot be read.
    """
    if part is not None:
        archive, files = _listed(path, os.stat(path).st_mtime_ns, budget)
        for info in files[part[0] : part[0] + part[1]]:
            yield _Zipped(path, archive, info)
        return
    with _opened(path, budget) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield _Zipped(path, archive, info)


def _opened(path: str, budget: Budget) -> zipfile.ZipFile:
    # The directory of a zip is at its end.
    if not zipfile.is_zipfile(path):
        raise BadArchiveError("the archive is cut short or damaged: it has no directory of its files")
    # Folders are listed, too, and are no files: as many as files are allowed.
    budget.expect_files(count_files(path, 2 * budget.files_left + 1) // 2)
    with _typed():
        return zipfile.ZipFile(path)


# The archive of which a part was wanted last: another one mostly follows, and to read a large directory takes a second.
_last: dict[tuple[str, int], tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]] = {}


def _listed(path: str, modified: int, budget: Budget) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    found = _last.get((path, modified))
    if found is None:
        archive = _opened(path, budget)
        found = archive, [info for info in archive.infolist() if not info.is_dir()]
        _last.clear()
        _last[path, modified] = found
    return found


class _Zipped:
    def __init__(self, path: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._path = path
        self._archive = archive
        self._info = info
        self.name = reported_name(info.filename)
        self.size = info.file_size
        self.modified = _modified(info)

    def head(self) -> bytes:
        with _typed(self.name):
            self._check_memory()
            with self._archive.open(self._info) as packed:
                return packed.read(HEAD)

    def _check_memory(self) -> None:
        """Refuse a file that needs more memory than one of xz may: an LZMA stream begins with its properties."""
        if self._info.compress_type != zipfile.ZIP_LZMA:
            return
        with open(self._path, "rb") as archive:
            archive.seek(self._info.header_offset)
            *_, name, extra = _LOCAL.unpack(archive.read(_LOCAL.size))
            archive.seek(name + extra, os.SEEK_CUR)
            if _LZMA.unpack(archive.read(_LZMA.size))[-1] > LZMA_MEMORY:
                raise MemberError("needs too much memory")

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
