"""Parts of a large archive, which processes can extract independently: a range of its files each.

Zip archives have a directory, and the headers of a tar archive are found by skipping over its files. What is compressed
as a whole has to be decompressed from its begin, and has no parts.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from symbolicate.symbols.archives import streams, tarred, zipped
from symbolicate.symbols.archives.limits import HEAD, BadArchiveError, Budget, Limits
from symbolicate.symbols.archives.member import is_junk

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Part", "parts_of"]


class Part(NamedTuple):
    """A range of the files of an archive.

    Attributes:
        first: the number of its first file, from 0.
        files: the number of its files; those in archives in the archive do not count.
        offset: where its first file begins, in a tar archive.
        bytes: the size of its files, as the archive states it.
    """

    first: int
    files: int
    offset: int
    bytes: int


class _File(NamedTuple):
    name: str
    offset: int
    size: int


def parts_of(path: str, limits: Limits, most_files: int, most_bytes: int) -> list[Part]:
    """The parts of an archive, in order; none if it has only one, or is damaged, or may not be extracted.

    Each has a file that is no metadata of Finder or others.

    Args:
        path: the archive; any other file has no parts.
        limits: what it may hold.
        most_files: the largest number of files of a part, not counting such metadata.
        most_bytes: the largest size of a part with more than one file.
    """
    try:
        with open(path, "rb") as stream:
            head = stream.read(HEAD)
        if head.startswith(zipped.MAGIC):
            found: Iterator[_File] = (_File(one.name, 0, one.size) for one in zipped.members(path, Budget(limits)))
        elif streams.format_of(head) is None and tarred.is_tar(head):
            found = _files_of_tar(path, limits)
        else:
            return []
        parts = list(_cut(found, limits, most_files, most_bytes))
    except (BadArchiveError, OSError):
        # It is one input, whose good files are rows, and whose damage is another one.
        return []
    return parts if len(parts) > 1 else []


def _files_of_tar(path: str, limits: Limits) -> Iterator[_File]:
    with streams.opened(path, None, limits.unpacked_bytes, limits.ends) as stream:
        for member in tarred.members(stream):
            yield _File(member.name, member.offset, member.size)


def _cut(found: Iterator[_File], limits: Limits, most_files: int, most_bytes: int) -> Iterator[Part]:
    begins: list[tuple[int, int, int]] = []
    files = size = total = count = 0
    for count, file in enumerate(found, 1):
        if count > limits.files or total + file.size > limits.unpacked_bytes:
            raise BadArchiveError("the archive holds more than it may")
        if not is_junk(file.name):
            if not begins or files >= most_files or (files and size + file.size > most_bytes):
                # Metadata before the first file belongs to its part.
                begins.append((count - 1, file.offset, total) if begins else (0, 0, 0))
                files = size = 0
            files += 1
        size += file.size
        total += file.size
    begins.append((count, 0, total))
    for (first, offset, before), (end, _, after) in pairwise(begins):
        yield Part(first, end - first, offset, after - before)
