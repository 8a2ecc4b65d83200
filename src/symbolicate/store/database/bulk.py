"""INSERT and SELECT of many rows at once, by statements that are written once and prepared by the driver.

SQLAlchemy takes apart and checks every value of every row, and for rows that are returned it writes a statement for
each number of rows. For the few statements that every report needs, that took longer than the databases did. PostgreSQL
gets an array for each column, so the statement is the same for any number of rows, and is one round trip. SQLite gets
some rows at a time: for each call of it the driver gives Python's lock away, and has to wait for it afterwards.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from symbolicate.store.database.arrays import Array
from symbolicate.store.database.transactions import driver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Cursor
    from sqlalchemy.engine import Connection

__all__ = ["Among", "Bulk"]

# Rows of one statement on SQLite. Of 11 columns each, they are less than the 999 parameters that any SQLite takes.
_TOGETHER = (64, 16, 4, 1)

_KINDS = {
    sa.BigInteger: "bigint",
    sa.Integer: "integer",
    sa.Boolean: "boolean",
    sa.Text: "text",
    sa.LargeBinary: "bytea",
}


class Bulk:
    """An INSERT into a table.

    Args:
        table: the table.
        columns: the names of the columns that are written, in the order of the values in a row.
        conflict: what follows, for rows that are there already, such as `ON CONFLICT DO NOTHING`.
        returning: the columns that PostgreSQL returns of rows that were written, separated by commas.
    """

    def __init__(self, table: sa.Table, columns: Sequence[str], conflict: str = "", returning: str = "") -> None:
        self._table = table
        self.columns = columns
        self.conflict = conflict
        self._returning = returning

    def write(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Write rows, of which no two may be in conflict with each other; returns how many were written."""
        if not rows:
            return 0
        if connection.dialect.name != "sqlite":
            return self.write_on_postgresql(connection, rows).rowcount
        start = written = 0
        for size in _TOGETHER:
            while len(rows) - start >= size:
                values = tuple(chain.from_iterable(rows[start : start + size]))
                written += driver(connection).execute(self._by_row[size], values).rowcount
                start += size
        return written

    def write_on_postgresql(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> Cursor[Any]:
        """The same, on PostgreSQL alone; the result has the columns that are returned."""
        cursor: Cursor[Any] = driver(connection).execute(self._by_column, self.arrays(rows), binary=True)
        return cursor

    def arrays(self, rows: Sequence[tuple[Any, ...]]) -> tuple[Array, ...]:
        """The values of rows as PostgreSQL takes them, an array for each column."""
        columns = zip(*rows, strict=True)
        return tuple(Array(kind, values) for kind, values in zip(self._kinds, columns, strict=True))

    @cached_property
    def _by_row(self) -> dict[int, str]:
        row = f"({', '.join('?' for _ in self.columns)})"
        return {size: f"{self.into} VALUES {', '.join([row] * size)} {self.conflict}" for size in _TOGETHER}

    @cached_property
    def _by_column(self) -> bytes:
        returning = f" RETURNING {self._returning}" if self._returning else ""
        return f"{self.into} SELECT * FROM {self.unnested} {self.conflict}{returning}".encode()  # noqa: S608 - tables

    @cached_property
    def unnested(self) -> str:
        """What PostgreSQL selects rows from, with a parameter for each array."""
        return f"unnest({', '.join(f'%b::{kind}[]' for kind in self._kinds)})"

    @cached_property
    def _kinds(self) -> list[str]:
        kinds = [self._table.c[name].type for name in self.columns]
        return [next(name for known, name in _KINDS.items() if isinstance(kind, known)) for kind in kinds]

    @property
    def into(self) -> str:
        """The begin of an INSERT."""
        return f"INSERT INTO {self._table.name} ({', '.join(self.columns)})"


class Among:
    """A SELECT of the rows of a table that have one value in a column and one of many different texts in another.

    Args:
        table: the table.
        columns: the names of the columns that are read.
        same: the name of the column with the one value.
        among: the name of the column with one of the texts.
        further: a further condition.
    """

    def __init__(self, table: sa.Table, columns: Sequence[str], same: str, among: str, further: str = "") -> None:
        condition = f" AND {further}" if further else ""
        start = f"SELECT {', '.join(columns)} FROM {table.name} WHERE {same} = "  # noqa: S608 - names of a table
        self._sqlite = start + f"? AND {among} IN (SELECT value FROM json_each(?)){condition}"  # noqa: S608
        # One search for each text: with `ANY`, while PostgreSQL has not counted the rows, it reads all that have the
        # one value, by any index that begins with its column, and compares each of them with each text.
        self._postgresql = (
            f"SELECT found.* FROM unnest(%b::text[]) AS given (text) CROSS JOIN LATERAL ("  # noqa: S608
            f"{start}%b AND {among} = given.text{condition} OFFSET 0) AS found"
        ).encode()

    def on_sqlite(self, connection: Connection, same: int, among: Sequence[str]) -> list[Any]:
        """The rows."""
        found: list[Any] = (
            driver(connection).execute(self._sqlite, (same, msgspec.json.encode(among).decode())).fetchall()
        )
        return found

    def on_postgresql(self, connection: Connection, same: int, among: Sequence[str]) -> Cursor[Any]:
        """A cursor that has the rows; in a pipeline, it has them at its end."""
        # Planned each time, for the table as large as it is: a plan that was made while it was small remains until
        # PostgreSQL counts its rows again, a minute later.
        cursor: Cursor[Any] = driver(connection).execute(
            self._postgresql, (Array("text", among), same), binary=True, prepare=False
        )
        return cursor
