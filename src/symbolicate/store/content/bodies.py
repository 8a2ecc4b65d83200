"""Bytes that belong to a row: small ones in the database, large ones in the blob store.

A blob is written first, then the transaction writes the body's row. An interruption between the two leaves a blob that
no body names; `sweep` removes those.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from symbolicate.store.content.usage import BODY_ROWS
from symbolicate.store.database.bulk import Bulk
from symbolicate.store.database.tables import BODY
from symbolicate.store.database.transactions import in_chunks
from symbolicate.store.errors import NotFound, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Connection

    from symbolicate.store.content.blobs import Blobs

__all__ = [
    "BODIES",
    "FOLDER",
    "INLINE",
    "Body",
    "Removed",
    "forget",
    "prepare",
    "prepare_all",
    "read",
    "remove",
    "unpacked",
    "write",
]

FOLDER = "bodies"
"""The part of the blob store that holds bodies and nothing else."""

INLINE = 64 * 1024
"""Bytes, as written, up to which a body goes into the database: see docs/adr, "Small uploads live in the database"."""

_WORTH_A_TRY = 1024 * 1024  # larger bytes rarely become small enough, and compressing them takes time
_COMPRESSIBLE = 256  # compressing fewer bytes gains nothing
_SMALL = 4096  # up to this size, what is received is compressed together with others, less well
_PLAIN, _ZLIB = 0, 1
# A compressor with a small window takes 20 KB of memory instead of 268 KB, which the allocator may map anew each time:
# 2 KB then take 9 microseconds instead of 51.
_WINDOW_BITS = 12
_WINDOW = 1 << _WINDOW_BITS
_MEMORY = 5


class Body(NamedTuple):
    """Bytes that are ready to be written: a row of the table."""

    key: bytes
    encoding: int
    size: int
    bytes: bytes | None
    place: str | None

    @property
    def kept_bytes(self) -> int:
        """How many bytes it counts as: those that are stored, and those of its rows."""
        return BODY_ROWS + (self.size if self.bytes is None else len(self.bytes))


def prepare(blobs: Blobs, key: bytes, data: bytes, *, inline: int = INLINE) -> Body:
    """Prepare bytes before the transaction: large ones are in the blob store when this returns.

    Raises:
        StoreUnavailable: they could not be stored.
    """
    if len(data) <= _WORTH_A_TRY:
        encoding, small = _PLAIN, data
        if len(data) >= _COMPRESSIBLE and len(packed := _compressed(data)) < len(data) * 9 // 10:
            encoding, small = _ZLIB, packed
        if len(small) <= inline:
            return Body(key, encoding, len(data), small, None)
    place = f"{FOLDER}/{key[:1].hex()}/{key.hex()}"
    blobs.put(place, data)
    return Body(key, _PLAIN, len(data), None, place)


def prepare_all(blobs: Blobs, given: Sequence[tuple[bytes, bytes]]) -> list[Body]:
    """The same for many, each with its key: small ones are compressed together, without Python's lock.

    Raises:
        StoreUnavailable: large ones could not be stored.
    """
    from symbolicate._native import deflate_each  # the native module is loaded when first needed

    small = [data for _, data in given if _COMPRESSIBLE <= len(data) <= _SMALL]
    packed = iter(deflate_each(small) if small else ())
    return [
        _inline(key, data, next(packed)) if _COMPRESSIBLE <= len(data) <= _SMALL else prepare(blobs, key, data)
        for key, data in given
    ]


def _inline(key: bytes, data: bytes, packed: bytes) -> Body:
    if len(packed) < len(data) * 9 // 10:
        return Body(key, _ZLIB, len(data), packed, None)
    return Body(key, _PLAIN, len(data), data, None)


def _compressed(data: bytes) -> bytes:
    if len(data) <= _WINDOW:
        compressor = zlib.compressobj(1, zlib.DEFLATED, _WINDOW_BITS, _MEMORY)
        return compressor.compress(data) + compressor.flush()
    return zlib.compress(data, 1)


BODIES = Bulk(
    BODY,
    Body._fields,
    "ON CONFLICT (key) DO UPDATE "
    "SET encoding = excluded.encoding, size = excluded.size, bytes = excluded.bytes, place = excluded.place",
)


def write(connection: Connection, bodies: Sequence[Body]) -> None:
    """Write bodies with different keys; one whose key is there already is replaced."""
    BODIES.write(connection, bodies)


_ONE = sa.select(BODY).where(BODY.c.key == sa.bindparam("key"))


def read(connection: Connection, blobs: Blobs, key: bytes) -> bytes:
    """The bytes of a body.

    Raises:
        NotFound: it has expired, or never existed.
    """
    row = connection.execute(_ONE, {"key": key}).first()
    if row is None:
        raise NotFound("the bytes are not stored any more")
    if row.place is not None:
        return blobs.get(row.place)
    return unpacked(row.encoding, row.bytes)


def unpacked(encoding: int, data: bytes) -> bytes:
    """The bytes of a body that is in the database."""
    return zlib.decompress(data) if encoding == _ZLIB else bytes(data)


@dataclass(frozen=True, slots=True)
class Removed:
    """The result of `remove`: the blobs to delete after the commit, and the bytes that each body counted as."""

    places: list[str]
    kept_bytes: dict[bytes, int]

    @property
    def total(self) -> int:
        """The bytes of all of them."""
        return sum(self.kept_bytes.values())


def remove(connection: Connection, keys: Iterable[bytes]) -> Removed:
    """Remove bodies."""
    removed = Removed([], {})
    # Not a CASE over both: SQLite 3.40 takes the wrong branch of one in RETURNING.
    inline = sa.func.length(BODY.c.bytes)
    for some in in_chunks(list(keys)):
        gone = sa.delete(BODY).where(BODY.c.key.in_(some)).returning(BODY.c.key, BODY.c.place, BODY.c.size, inline)
        for key, place, size, length in connection.execute(gone):
            removed.kept_bytes[bytes(key)] = BODY_ROWS + (size if place is not None else length)
            if place is not None:
                removed.places.append(place)
    return removed


def forget(blobs: Blobs, places: Sequence[str]) -> None:
    """Delete blobs that no body names any more; those that cannot be deleted now are left to the next sweep."""
    if places:
        with suppress(StoreUnavailable):
            blobs.delete(places)
