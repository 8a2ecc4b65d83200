"""The format of an archive: a tar file of four kinds of members, in this order.

    symbolicate-store.json            the format's version and the revision of the tables
    tables/<table>/<number>.ndjson    rows: a line with the names of the columns, then a line for each row
    blobs/<key>                       the bytes of a blob
    end.json                          how many rows of each table and how many blobs there were, and their digest

Rows are JSON arrays; bytes are base64 in them. The last member distinguishes a complete archive from one that is cut or
damaged: the digest is BLAKE2b of 32 bytes over the names and the bytes of all members before it, each followed by its
length as eight bytes, the lowest first.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import msgspec

from symbolicate.errors import SymbolicateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "BLOBS",
    "END",
    "FORMAT",
    "HEAD",
    "LARGEST_PART",
    "LARGEST_TEXT",
    "ArchiveError",
    "Digest",
    "End",
    "Head",
    "blob_of",
    "decoded",
    "part_name",
    "table_of",
]

FORMAT = 1
HEAD = "symbolicate-store.json"
END = "end.json"
BLOBS = "blobs/"

LARGEST_TEXT = 1 << 20
"""Bytes of the first and the last member."""

LARGEST_PART = 1 << 29
"""Bytes of a member with rows. Parts end at a few megabytes; one row may be larger than that."""

_PART = re.compile(r"tables/([a-z_]{1,64})/[0-9]{1,12}\.ndjson")


class ArchiveError(SymbolicateError, ValueError):
    """The bytes are not an archive of a store, or only the first part of one."""


class Head(msgspec.Struct, frozen=True):
    """The first member.

    Attributes:
        format: the version of the format.
        revision: the revision of the tables, as the migrations count them.
        program: the version of the program that wrote it.
    """

    format: int
    revision: str
    program: str


class End(msgspec.Struct, frozen=True):
    """The last member.

    Attributes:
        rows: of each table, how many.
        blobs: how many.
        digest: of all members before it, in hex digits.
        missing: blobs that were listed and removed before they could be read.
    """

    rows: dict[str, int]
    blobs: int
    digest: str
    missing: int = 0


class Digest:
    """The digest of the members of an archive, in their order."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=32)

    def text(self, text: str) -> None:
        """Add the name of a member."""
        self.parts([text.encode()])

    def parts(self, parts: Iterable[bytes]) -> None:
        """Add the bytes of a member."""
        for _ in self.of(parts):
            pass

    def of(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on the bytes of a member and add them."""
        size = 0
        for part in parts:
            self._hash.update(part)
            size += len(part)
            yield part
        self._hash.update(size.to_bytes(8, "little"))

    def hex(self) -> str:
        """The digest of what was added."""
        return self._hash.hexdigest()


def part_name(table: str, number: int) -> str:
    """The name of a member with rows of a table."""
    return f"tables/{table}/{number:06}.ndjson"


def table_of(name: str) -> str | None:
    """The table of a member with rows; None for other members."""
    found = _PART.fullmatch(name)
    return found[1] if found else None


def blob_of(name: str) -> str | None:
    """The key of a member with a blob; None for other members. The blob store checks whether the key is valid."""
    return name.removeprefix(BLOBS) if name.startswith(BLOBS) else None


def decoded(data: bytes, kind: type[Any]) -> Any:
    """A member of JSON.

    Raises:
        ArchiveError: it has other content.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArchiveError(f"not an archive of a store: {error}") from None
