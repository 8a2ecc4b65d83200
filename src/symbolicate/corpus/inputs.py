"""Finds the inputs of a batch: files, folders, patterns, lists of names, and prefixes of object stores.

All of them are listed as a stream, but for the matches of a pattern. What cannot be read becomes an entry with an
error, so that it has a row like any other input.
"""

from __future__ import annotations

import glob
import os
import sys
from typing import IO, TYPE_CHECKING

from symbolicate.corpus.entries import Entry, kind_of
from symbolicate.corpus.folders import entry_of, files_below
from symbolicate.corpus.objects import is_address, objects_below
from symbolicate.errors import InputNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

__all__ = ["STANDARD_LIST", "find_inputs"]

STANDARD_LIST = "@-"
"""The list of names on standard input."""

_CHUNK = 1 << 16
# A name in a list; a path has at most 4,096 bytes.
_LONGEST_NAME = 1 << 16


def find_inputs(
    given: Iterable[str], *, separator: bytes = b"\n", skipped: AbstractSet[tuple[int, int]] = frozenset()
) -> Iterator[Entry]:
    """The inputs that a person names, in this order.

    Args:
        given: files, folders (with all folders in them), patterns such as `dumps/**/*.dmp`, addresses of objects or
            prefixes (`s3://bucket/prefix`), and lists of such names (`@names.txt`, `@-` for standard input).
        separator: the byte between the names of a list.
        skipped: device and inode of files and folders that are left out of folders.
    """
    for name in given:
        if not name.startswith("@"):
            yield from _find(name, skipped)
            continue
        try:
            if name == STANDARD_LIST:
                for listed in _names(sys.stdin.buffer, separator):
                    yield from _find(listed, skipped)
            else:
                with open(name[1:], "rb") as stream:
                    for listed in _names(stream, separator):
                        yield from _find(listed, skipped)
        except FileNotFoundError:
            yield Entry.of(name, error="no such file", kind=kind_of(InputNotFoundError))
        except (OSError, ValueError) as error:
            yield Entry.of(name, error=(getattr(error, "strerror", None) or str(error)).lower())


def _find(name: str, skipped: AbstractSet[tuple[int, int]]) -> Iterator[Entry]:
    if is_address(name):
        yield from objects_below(name)
    elif os.path.isdir(name):
        yield from files_below(name, skipped)
    elif glob.has_magic(name) and not os.path.lexists(name):
        yield from _matching(name, skipped)
    else:
        yield entry_of(name)


def _matching(pattern: str, skipped: AbstractSet[tuple[int, int]]) -> Iterator[Entry]:
    is_empty = True
    # In the order of names, as a shell does.
    for path in sorted(glob.iglob(pattern, recursive=True)):
        # `**` matches folders, and everything in them.
        if "**" in pattern and os.path.isdir(path):
            continue
        is_empty = False
        yield from _find_path(path, skipped)
    if is_empty:
        yield Entry.of(pattern, error="no file matches it", kind=kind_of(InputNotFoundError))


def _find_path(path: str, skipped: AbstractSet[tuple[int, int]]) -> Iterator[Entry]:
    if os.path.isdir(path):
        yield from files_below(path, skipped)
    else:
        yield entry_of(path)


def _names(stream: IO[bytes], separator: bytes) -> Iterator[str]:
    """The names in a list, without empty ones.

    Raises:
        ValueError: it is not a list of names.
    """
    held = b""
    while chunk := stream.read(_CHUNK):
        *names, held = (held + chunk).split(separator)
        if len(held) > _LONGEST_NAME:
            raise ValueError("not a list of names: one of them is too long")
        for name in names:
            if name := _stripped(name, separator):
                yield os.fsdecode(name)
    if held := _stripped(held, separator):
        yield os.fsdecode(held)


def _stripped(name: bytes, separator: bytes) -> bytes:
    return name.removesuffix(b"\r") if separator == b"\n" else name
