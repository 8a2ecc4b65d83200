"""The files of an archive and of the archives in it: one at a time, or those of interest in a folder."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from symbolicate.symbols.archives import cabinets, streams, tarred, zipped
from symbolicate.symbols.archives.limits import HEAD, BadArchiveError, Budget, LimitError, Limits, MemberError
from symbolicate.symbols.archives.member import is_junk
from symbolicate.symbols.debug_files import is_debug_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from symbolicate.symbols.archives.member import Member
    from symbolicate.symbols.archives.parts import Part
    from symbolicate.symbols.archives.streams import Plain

__all__ = ["Entry", "entries", "is_archive", "safe_part", "unpack"]

_SOURCE_BUNDLE = b"SYSB"  # a bundle of source code of sentry-cli: a zip archive after a head of its own
_PART_LENGTH = 200
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive.

    Attributes:
        name: its name in the archive, with forward slashes; only to be reported, never to be opened.
        path: its temporary path, which is removed when the next file is requested; empty if there is an error.
        size: its bytes.
        error: why it could not be extracted, if it alone is damaged, or an archive in the archive.
    """

    name: str
    path: str
    size: int
    error: str = ""


def is_archive(path: str) -> bool:
    """Whether a file begins like an archive or a compressed file; False also for one that cannot be read."""
    try:
        return os.path.isfile(path) and _is_archive(_head_of(path))
    except OSError:
        return False


def entries(
    path: str,
    name: str,
    folder: str,
    limits: Limits,
    wanted: Callable[[str, bytes], bool] = lambda _name, _head: True,
    part: Part | None = None,
) -> Iterator[Entry]:
    """Every file of an archive, and of the archives in it, without metadata files; a file that is no archive itself.

    Args:
        path: the archive.
        name: what its sender calls it.
        folder: an empty folder for the files, one at a time.
        limits: what it may hold.
        wanted: selects files by their names and first bytes; others are counted and not extracted.
        part: only these of its files, see `parts_of`.

    Raises:
        BadArchiveError: it is damaged, or exceeds a limit.
        OSError: it cannot be read, or the folder cannot be written.
    """
    if not _is_archive(_head_of(path)):
        if _is_cut_zip(path, name):
            raise BadArchiveError("the archive is cut short or damaged: its begin or its directory is missing")
        yield Entry(name, path, os.path.getsize(path))
        return
    yield from _entries(path, name, folder, Budget(limits), limits.depth, wanted, part)


def _entries(
    path: str,
    name: str,
    folder: str,
    budget: Budget,
    depth: int,
    wanted: Callable[[str, bytes], bool],
    part: Part | None = None,
) -> Iterator[Entry]:
    for member in _members(path, name, budget, part):
        budget.count_file()
        if is_junk(member.name):
            continue
        target = os.path.join(folder, _leaf(member.name))
        try:
            try:
                head = member.head()
                is_inner = _is_archive(head)
                if not is_inner and not wanted(member.name, head):
                    continue
                size = member.extract(target, budget)
            except MemberError as error:
                yield Entry(member.name, "", 0, str(error))
                continue
            if member.modified is not None:
                with contextlib.suppress(OSError, OverflowError, ValueError):
                    os.utime(target, (member.modified, member.modified))
            if not is_inner:
                yield Entry(member.name, target, size)
            elif depth <= 1:
                yield Entry(member.name, "", size, "is an archive in too many others")
            else:
                yield from _inner(target, member.name, folder, budget, depth, wanted)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(target)


def _inner(
    path: str, name: str, folder: str, budget: Budget, depth: int, wanted: Callable[[str, bytes], bool]
) -> Iterator[Entry]:
    with tempfile.TemporaryDirectory(dir=folder) as inside:
        try:
            for entry in _entries(path, name, inside, budget, depth - 1, wanted):
                yield Entry(f"{name}/{entry.name}", entry.path, entry.size, entry.error)
        except LimitError:
            raise
        except BadArchiveError as error:
            yield Entry(name, "", 0, str(error))


def unpack(
    path: str, name: str, folder: str, limits: Limits, wanted: Callable[[str, bytes], bool]
) -> Iterator[tuple[str, str]]:
    """Put the files of an archive into a folder, under paths made of harmless parts of their names.

    Args:
        path: the archive.
        name: what its sender calls it.
        folder: an empty folder.
        limits: what it may hold.
        wanted: selects files by their names and first bytes.

    Returns:
        The names of the files that could not be extracted, each with the reason.

    Raises:
        BadArchiveError: it is damaged, or exceeds a limit; files before the damage are in the folder.
        OSError: it cannot be read, or the folder cannot be written.
    """
    places = _Places()
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking-") as scratch:
        for entry in entries(path, name, scratch, limits, wanted):
            if entry.error:
                yield entry.name, entry.error
                continue
            parts = [part for part in map(safe_part, entry.name.split("/")) if part]
            try:
                target = places.free(os.path.join(folder, *parts[:-1]), parts[-1] if parts else "file")
                # A hard link would leave the entry in its place, but not every file system has them.
                (shutil.copyfile if entry.path == path else os.replace)(entry.path, target)
            except OSError as error:
                if error.errno != errno.ENAMETOOLONG:
                    raise
                yield entry.name, "its path is too long"


class _Places:
    """Paths for files, of which many may have one name."""

    def __init__(self) -> None:
        # The number of each name's next file: to look for it from the first would be quadratic.
        self._next = dict[str, int]()

    def free(self, folder: str, name: str) -> str:
        """A path in a folder, which is below another folder if it is taken, also by a file where a folder has to be."""
        wanted = os.path.join(folder, name)
        number = self._next.get(wanted, 0)
        while True:
            target = os.path.join(folder, str(number), name) if number else os.path.join(folder, name)
            try:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                if not os.path.lexists(target):
                    self._next[wanted] = number + 1
                    return target
            except (FileExistsError, NotADirectoryError):
                folder += "+"
            number += 1


def _members(path: str, name: str, budget: Budget, part: Part | None) -> Iterator[Member]:
    head = _head_of(path)
    if head.startswith(zipped.MAGIC):
        yield from zipped.members(path, budget, None if part is None else (part.first, part.files))
    elif head.startswith(cabinets.MAGIC):
        yield from cabinets.members(path, budget)
    else:
        packed = streams.format_of(head)
        with streams.opened(path, packed, budget.left, budget.ends) as stream:
            if part is not None:
                stream.skip(part.offset)
                yield from islice(tarred.members(stream), part.files)
            elif tarred.is_tar(stream.peek(HEAD)):
                yield from tarred.members(stream)
            else:
                yield _Single(stream, name.removesuffix(streams.SUFFIXES.get(packed or "", "")), os.path.getmtime(path))


class _Single:
    """A file that is compressed by itself."""

    def __init__(self, stream: Plain, name: str, modified: float) -> None:
        self._stream = stream
        self.modified: float | None = modified
        self.name = name.rpartition("/")[2] or "file"

    def head(self) -> bytes:
        return self._stream.peek(HEAD)

    def extract(self, target: str, budget: Budget) -> int:
        size = 0
        with open(target, "wb") as plain:
            while chunk := self._stream.read(HEAD << 10):
                budget.take(len(chunk), self.name)
                size += len(chunk)
                plain.write(chunk)
        return size


def _is_archive(head: bytes) -> bool:
    is_packed = head.startswith((*zipped.MAGIC, cabinets.MAGIC)) or streams.format_of(head) is not None
    return is_packed or tarred.is_tar(head)


def _is_cut_zip(path: str, name: str) -> bool:
    head = _head_of(path)[:4]
    if head == _SOURCE_BUNDLE:
        return False
    if name.lower().endswith(".zip") or (head and any(magic.startswith(head) for magic in zipped.MAGIC)):
        return True
    # An archive may also be appended to a program.
    return zipfile.is_zipfile(path) and not is_debug_file(path)


def _head_of(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(HEAD)


def safe_part(part: str) -> str:
    """A harmless part of a path; empty if nothing is left of it."""
    part = _UNSAFE.sub("_", part.replace("\\", "_").replace("/", "_")).strip()
    encoded = part.encode("utf-8", "replace")[:_PART_LENGTH]
    return "" if part in {"", ".", ".."} else encoded.decode("utf-8", "ignore")


def _leaf(name: str) -> str:
    return safe_part(name.rpartition("/")[2]) or "file"
