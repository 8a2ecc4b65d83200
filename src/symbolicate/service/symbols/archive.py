"""Extracts the files of an upload: of a zip archive, or a single file.

Paths in the archive are never used as paths. Each file is written to a name of ours in a folder of ours, sizes are
counted while bytes are extracted, and the archive's own names are only reported.
"""

from __future__ import annotations

import errno
import os
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbolicate.service.symbols.errors import BadArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Entry", "entries"]

_ZIP = b"PK\x03\x04"
_CHUNK = 1024 * 1024
_NAME_LENGTH = 1000
# Metadata files of Finder and others.
_JUNK = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")
# The largest ratio of a file to its compressed size; the limit of deflate itself is 1032.
_RATIO = 1100


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an upload.

    Attributes:
        name: its name in the archive, with forward slashes; only to be reported, never to be opened.
        path: its temporary path, which is removed when the next file is requested.
        size: its bytes.
    """

    name: str
    path: str
    size: int


def entries(path: str, name: str, folder: str, *, unpacked_bytes: int, files: int) -> Iterator[Entry]:
    """Every file of an upload, without metadata files.

    Args:
        path: the upload.
        name: the client's name of it.
        folder: an empty folder for the files, one at a time.
        unpacked_bytes: the largest total size of the files of an archive.
        files: the largest number of files.

    Raises:
        BadArchiveError: it is damaged, encrypted, or exceeds a limit.
    """
    if not zipfile.is_zipfile(path):
        # The directory of a zip is at its end.
        if _begins_as_zip(path) or name.lower().endswith(".zip"):
            raise BadArchiveError("the archive is cut short or damaged: it has no directory of its files")
        yield Entry(name, path, os.path.getsize(path))
        return
    left = unpacked_bytes
    try:
        with zipfile.ZipFile(path) as archive:
            found = [info for info in archive.infolist() if not info.is_dir() and not _is_junk(info.filename)]
            if len(found) > files:
                raise BadArchiveError(f"the archive holds {len(found)} files; {files} are read")
            for info in found:
                target = os.path.join(folder, "entry")
                size = _extract(archive, info, target, left)
                left -= size
                yield Entry(_reported_name(info.filename), target, size)
                os.unlink(target)
    except OSError as error:
        # Offsets before the file, and damaged bzip2 data, raise these.
        if error.errno not in {None, errno.EINVAL}:
            raise
        raise BadArchiveError("the archive cannot be read: it is cut short or damaged") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BadArchiveError(f"the archive cannot be read: {error}") from None


def _begins_as_zip(path: str) -> bool:
    with open(path, "rb") as stream:
        head = stream.read(len(_ZIP))
    return bool(head) and _ZIP.startswith(head)


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: str, left: int) -> int:
    """Extract one file; returns its size."""
    limit = min(left, info.compress_size * _RATIO + _CHUNK)
    size = 0
    with archive.open(info) as packed, open(target, "wb") as plain:
        while chunk := packed.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise BadArchiveError(f"{_reported_name(info.filename)}: unpacks to more than it may")
            plain.write(chunk)
    return size


def _is_junk(name: str) -> bool:
    return _JUNK.search(name.replace("\\", "/")) is not None


def _reported_name(name: str) -> str:
    return name.replace("\\", "/").replace("\0", "")[:_NAME_LENGTH]
