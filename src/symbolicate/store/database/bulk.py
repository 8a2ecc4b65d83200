"""INSERT of many rows at once, by a statement that is written once and prepared by the driver.

SQLAlchemy takes apart and checks every value of every row, and for rows that are returned it writes a statement for
each number of rows. For the few statements that every report needs, that took longer than the databases did. PostgreSQL
gets an array for each column, so the statement is the same for any number of rows, and is one round trip; SQLite gets
row after row.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection, CursorResult

__all__ = ["Bulk"]

_ARRAYS = {
    sa.BigInteger: "bigint[]",
    sa.Integer: "integer[]",
    sa.Boolean: "boolean[]",
    sa.Text: "text[]",
    sa.LargeBinary: "bytea[]",
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
        self._columns = columns
        self._conflict = conflict
        self._returning = returning

    def write(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write rows, of which no two may be in conflict with each other."""
        if not rows:
            return
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(self._row_by_row, list(rows))
        else:
            self.write_on_postgresql(connection, rows)

    def write_on_postgresql(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> CursorResult[Any]:
        """The same, on PostgreSQL alone; the result has the columns that are returned."""
        return connection.exec_driver_sql(self._by_column, tuple(map(list, zip(*rows, strict=True))))

    @cached_property
    def _row_by_row(self) -> str:
        marks = ", ".join("?" for _ in self._columns)
        return f"{self._into} VALUES ({marks}) {self._conflict}"

    @cached_property
    def _by_column(self) -> str:
        arrays = ", ".join(f"%b::{self._array(name)}" for name in self._columns)
        returning = f" RETURNING {self._returning}" if self._returning else ""
        return f"{self._into} SELECT * FROM unnest({arrays}) {self._conflict}{returning}"  # noqa: S608 - names of tables

    @property
    def _into(self) -> str:
        return f"INSERT INTO {self._table.name} ({', '.join(self._columns)})"

    def _array(self, name: str) -> str:
        kind = self._table.c[name].type
        return next(array for known, array in _ARRAYS.items() if isinstance(kind, known))
