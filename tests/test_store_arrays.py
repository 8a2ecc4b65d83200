"""Arrays are packed as PostgreSQL reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from symbolicate.store.database.arrays import Array, use_arrays

if TYPE_CHECKING:
    from postgresql import PostgreSQL

VALUES: dict[str, list[Any]] = {
    "bigint": [0, -1, 2**63 - 1, -(2**63)],
    "integer": [0, -1, 2**31 - 1, -(2**31)],
    "boolean": [True, False],
    "text": ["", "a", "ü€𝄞", "x" * 100_000, '{"a",NULL}', "NULL"],
    "bytea": [b"", b"\0\xff", bytes(100_000)],
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_come_back(postgresql: PostgreSQL, kind: str) -> None:
    import psycopg

    every = VALUES[kind]
    lists: list[list[Any]] = [[], every, [None], [None, *every, None], every * 50]
    with psycopg.connect(postgresql.database()) as connection:
        use_arrays(connection)
        for values in lists:
            query = f"SELECT value FROM unnest(%b::{kind}[]) AS value".encode()  # noqa: S608 - a type
            assert [row[0] for row in connection.execute(query, (Array(kind, values),))] == values


def test_a_number_that_is_too_large_is_an_error() -> None:
    with pytest.raises(Exception, match=r"format|range|int too large"):
        Array("integer", [2**31])
