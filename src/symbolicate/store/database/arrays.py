"""Columns of values as PostgreSQL's binary arrays.

The driver finds the type of an array anew each time, by looking at all its values, which for the few that go with each
report took longer than the database did.
"""

from __future__ import annotations

import struct
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import Connection

__all__ = ["Array", "use_arrays"]

_LENGTH = struct.Struct(">i").pack
_HEAD = struct.Struct(">iiIii").pack  # dimensions, whether there are nulls, type, length, number of the first
_NULL = _LENGTH(-1)


class _Kind(NamedTuple):
    oid: int
    format: str  # of a number, as `struct` names it; empty for bytes
    bytes_of: Callable[[Any], bytes]


_KINDS = {
    "bigint": _Kind(20, "q", struct.Struct(">q").pack),
    "integer": _Kind(23, "i", struct.Struct(">i").pack),
    "boolean": _Kind(16, "?", struct.Struct(">?").pack),
    "text": _Kind(25, "", str.encode),
    "bytea": _Kind(17, "", bytes),
}


class Array:
    """Values of a column; None is NULL. To be used where the statement says the type, as in `%b::text[]`.

    Args:
        kind: the type of the values.
        values: the values.
    """

    __slots__ = ("packed",)

    def __init__(self, kind: str, values: Sequence[Any]) -> None:
        oid, number, bytes_of = _KINDS[kind]
        nulls = None in values
        if not values:
            self.packed = struct.pack(">iiI", 0, 0, oid)
        elif number and not nulls:
            size = struct.calcsize(f">{number}")
            pairs = chain.from_iterable(zip(repeat(size), values))
            self.packed = _HEAD(1, 0, oid, len(values), 1) + struct.pack(f">{f'i{number}' * len(values)}", *pairs)
        else:
            parts = [_HEAD(1, nulls, oid, len(values), 1)]
            for value in values:
                if value is None:
                    parts.append(_NULL)
                else:
                    data = bytes_of(value)
                    parts += (_LENGTH(len(data)), data)
            self.packed = b"".join(parts)


def use_arrays(connection: Connection[Any]) -> None:
    """Let a connection take arrays as parameters."""
    from psycopg.adapt import Dumper
    from psycopg.pq import Format

    class ArrayDumper(Dumper):
        format = Format.BINARY

        def dump(self, obj: Array) -> bytes:
            return obj.packed

    connection.adapters.register_dumper(Array, ArrayDumper)
