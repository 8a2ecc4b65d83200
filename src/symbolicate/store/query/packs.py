"""Columns as bytes beside the rows they were read from, so that the first query after a start need not read the rows.

A day's pack has the version of the day when it was made: a reader that unpacks it reads the rows that changed since, as
if it had the day in memory, and ignores a pack that is older than the last removal. So writers of hits need not care
about packs, and a pack that is written late or twice does no harm. Rows of buckets and of dimensions never change their
ids and names; a pack of those may lack some.

Numbers are little-endian. A pack that is cut or has another layout is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from symbolicate.store.database.tables import PACK
from symbolicate.store.database.transactions import insert

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert
    from sqlalchemy.engine import Connection

__all__ = ["PackedDay", "PackedNames", "pack_day", "pack_names", "read", "unpack_day", "unpack_names", "write"]

_LAYOUT = 1
_HEAD = 32  # bytes: layout, rows, buckets, dimensions


@dataclass(frozen=True, slots=True)
class PackedDay:
    """A day's rows: positions in the ids that occur, and counts."""

    bucket_ids: npt.NDArray[np.int64]
    dimensions_ids: npt.NDArray[np.int64]
    buckets: npt.NDArray[np.int32]
    dimensions: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]


class PackedNames(msgspec.Struct, array_like=True):
    """Rows that others refer to: ids (int64), for each field the values and each row's code (int32)."""

    layout: int
    ids: bytes
    fields: list[str]
    values: list[list[str]]
    columns: list[bytes]


def pack_day(day: PackedDay) -> bytes:
    """A day as bytes."""
    head = np.array([_LAYOUT, len(day.counts), len(day.bucket_ids), len(day.dimensions_ids)], "<i8")
    ids = [part.astype("<i8", copy=False) for part in (head, day.bucket_ids, day.dimensions_ids)]
    rows = [part.astype("<i4", copy=False) for part in (day.buckets, day.dimensions, day.counts)]
    return b"".join([part.tobytes() for part in ids] + [part.tobytes() for part in rows])


def unpack_day(data: bytes) -> PackedDay | None:
    """The day; None if the bytes are invalid."""
    if len(data) < _HEAD:
        return None
    layout, rows, buckets, dimensions = np.frombuffer(data, "<i8", 4).tolist()
    sizes = (rows, buckets, dimensions)
    if layout != _LAYOUT or min(sizes) < 0 or len(data) != _HEAD + 8 * (buckets + dimensions) + 12 * rows:
        return None
    ids = np.frombuffer(data, "<i8", buckets + dimensions, _HEAD)
    table = np.frombuffer(data, "<i4", 3 * rows, _HEAD + ids.nbytes).reshape(3, rows)
    if rows and (table.min() < 0 or table[0].max() >= buckets or table[1].max() >= dimensions):
        return None
    return PackedDay(ids[:buckets], ids[buckets:], table[0], table[1], table[2])


def pack_names(ids: list[int], fields: tuple[str, ...], values: list[list[str]], columns: list[list[int]]) -> bytes:
    """Rows that others refer to as bytes."""
    codes = [np.array(column, "<i4").tobytes() for column in columns]
    return msgspec.msgpack.encode(PackedNames(_LAYOUT, np.array(ids, "<i8").tobytes(), list(fields), values, codes))


def unpack_names(data: bytes, fields: tuple[str, ...]) -> tuple[list[int], list[list[str]], list[list[int]]] | None:
    """The ids, the values of each field and each row's codes; None if the bytes are invalid, or have other fields."""
    try:
        packed = msgspec.msgpack.decode(data, type=PackedNames)
        ids = np.frombuffer(packed.ids, "<i8")
        columns = [np.frombuffer(column, "<i4") for column in packed.columns]
    except (msgspec.MsgspecError, ValueError):
        return None
    if (
        packed.layout != _LAYOUT
        or tuple(packed.fields) != fields
        or not len(fields) == len(columns) == len(packed.values)
    ):
        return None
    for column, values in zip(columns, packed.values, strict=True):
        if len(column) != len(ids) or (len(ids) and not 0 <= int(column.min()) <= int(column.max()) < len(values)):
            return None
    return ids.tolist(), packed.values, [column.tolist() for column in columns]


def read(connection: Connection, app_id: int, kind: str, day: int = 0) -> tuple[int, bytes] | None:
    """The version of a pack and its bytes, if there is one."""
    row = connection.execute(_READ, {"of_app": app_id, "of_kind": kind, "of_day": day}).first()
    return None if row is None else (row.version, bytes(row.data))


_READ = sa.select(PACK.c.version, PACK.c.data).where(
    PACK.c.app_id == sa.bindparam("of_app"),
    PACK.c.kind == sa.bindparam("of_kind"),
    PACK.c.day == sa.bindparam("of_day"),
)


def write(connection: Connection, app_id: int, kind: str, day: int, version: int, data: bytes) -> None:
    """Store a pack, unless there is a newer one."""
    row = {"app_id": app_id, "kind": kind, "day": day, "version": version, "data": data}
    connection.execute(_write(connection.dialect.name), row)


@cache
def _write(dialect: str) -> Insert:
    statement = insert(dialect, PACK)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=list(PACK.primary_key.columns),
        set_={"version": new.version, "data": new.data},
        where=PACK.c.version <= new.version,
    )
