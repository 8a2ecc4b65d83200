"""Taking files out of what a client uploaded: a zip, or one file.

Nothing is unpacked to where the archive says. Each file goes to a name of ours in a folder of ours, sizes are counted
as the bytes come out, and the archive's own names are only told.
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
# What Finder and others leave behind.
_JUNK = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")
# A file cannot unpack to more than this of what it takes in the archive: deflate's own limit is 1032.
_RATIO = 1100


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an upload.

    Attributes:
        name: what the archive calls it, with forward slashes; for telling alone, never for opening.
        path: where it lies now; it goes when the next one is asked for.
        size: its bytes.
    """

    name: str
    path: str
    size: int


def entries(path: str, name: str, folder: str, *, unpacked_bytes: int, files: int) -> Iterator[Entry]:
    """Every file of an upload, junk passed over.

    Args:
        path: the upload.
        name: what the client called it.
        folder: an empty folder for the files, one at a time.
        unpacked_bytes: how much may come out of an archive.
        files: how many files may.

    Raises:
        BadArchiveError: it is damaged, encrypted, or holds more than it may.
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
                yield Entry(_told(info.filename), target, size)
                os.unlink(target)
    except OSError as error:
        # Places that are before the file, and data that are not what bzip2 writes, raise these.
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
    """Unpack one file; its size."""
    limit = min(left, info.compress_size * _RATIO + _CHUNK)
    size = 0
    with archive.open(info) as packed, open(target, "wb") as plain:
        while chunk := packed.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise BadArchiveError(f"{_told(info.filename)}: unpacks to more than it may")
            plain.write(chunk)
    return size


def _is_junk(name: str) -> bool:
    return _JUNK.search(name.replace("\\", "/")) is not None


def _told(name: str) -> str:
    return name.replace("\\", "/").replace("\0", "")[:_NAME_LENGTH]
