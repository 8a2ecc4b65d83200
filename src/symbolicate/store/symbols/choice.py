"""Which symbol files there are for a module, and which of them is used: one rule for reports and the symbol server.

The file with the most is used, by the ranks of `symbols.content`: lines, functions, a symbol table, exports. Of equals
a report of an app uses the app's own file before one of the shared pool; another app's never. Of several files of one
owner the one with more content is used (see `records.QUALITY`), and of equals the one that was uploaded last. Symbols
and unwind tables are parts of a module that are chosen by themselves: they may come from different files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from symbolicate.store.database.tables import SYMBOL_FILE, SYMBOL_POOL
from symbolicate.store.database.transactions import in_chunks
from symbolicate.store.records import EXPORTS, QUALITY
from symbolicate.summary.text import clean
from symbolicate.symbols.content import rank
from symbolicate.symbols.ids import debug_id as canonical_debug_id
from symbolicate.symbols.ids import debug_ids_of_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from sqlalchemy.engine import Connection, Row

__all__ = [
    "ALL",
    "SHARED",
    "Candidates",
    "Module",
    "module_of",
    "normal_debug_id",
    "owners_of",
    "preference",
    "versions",
]

SHARED = 0
"""The owner of the pool that all apps share; other owners are apps."""
ALL = -1
"""In place of an app, for readers that may read the files of every owner."""


class Module(NamedTuple):
    """What symbol files are found by. `code_id` is empty if the debug id is enough, or can be derived from it."""

    debug_id: str
    code_id: str


def normal_debug_id(debug_id: str) -> str:
    """A normalised debug id, upper case and without dashes; empty for one that is all zero."""
    plain = clean((canonical_debug_id(debug_id) or debug_id.replace("-", "")).upper())
    return plain if plain.strip("0") else ""


def module_of(debug_id: str, code_id: str | None) -> Module:
    """The module of a debug id and a code id, of which either may be empty."""
    known, code = normal_debug_id(debug_id), clean((code_id or "").lower())
    derived = debug_ids_of_code(code)
    if not derived:
        return Module(known, code)
    return Module(known or normal_debug_id(derived[0]), "")


def owners_of(app_id: int) -> list[int] | None:
    """Whose files there are for an app: its own and those of the pool; None for all owners."""
    return None if app_id == ALL else [app_id, SHARED]


class Candidates:
    """The usable files of some modules, read from the database once.

    Args:
        connection: reads them.
        modules: what to look for.
        owners: whose files to read; None for all.
    """

    def __init__(self, connection: Connection, modules: Iterable[Module], owners: Sequence[int] | None) -> None:
        self._by_debug_id: dict[str, list[Row[Any]]] = {}
        self._by_code_id: dict[str, list[Row[Any]]] = {}
        modules = list(modules)
        for key, column, ids in (
            ("debug_id", SYMBOL_FILE.c.debug_id, {module.debug_id for module in modules}),
            ("code_id", SYMBOL_FILE.c.code_id, {module.code_id for module in modules}),
        ):
            found = self._by_debug_id if key == "debug_id" else self._by_code_id
            for some in in_chunks(sorted(ids - {""})):
                statement = sa.select(SYMBOL_FILE).where(column.in_(some), SYMBOL_FILE.c.blob.is_not(None))
                if owners is not None:
                    statement = statement.where(SYMBOL_FILE.c.app_id.in_(owners))
                for row in connection.execute(statement):
                    found.setdefault(getattr(row, key), []).append(row)

    def of(self, app_id: int, module: Module, part: str = "symbols") -> list[Row[Any]]:
        """The files for a module in a report of an app, the one to be used first; of unwind tables all are used."""
        found = {row.id: row for row in self._by_debug_id.get(module.debug_id, ())}
        for row in self._by_code_id.get(module.code_id, ()):
            # The code id decides only if one of the two has no debug id.
            if not module.debug_id or not row.debug_id:
                found[row.id] = row
        owners = owners_of(app_id)
        ours = (row for row in found.values() if (owners is None or row.app_id in owners) and row.part == part)

        return sorted(ours, key=lambda row: preference(row, (part,)))


def preference(row: Row[Any], parts: Sequence[str]) -> tuple[int, bool, int, int, int, int]:
    """What the files of a module are sorted by, the one to be used first.

    Args:
        row: a row of `SYMBOL_FILE`.
        parts: the parts of the files; of files of one owner those of the first are preferred.
    """
    order = parts.index(row.part)
    return (-_rank(row.quality), row.app_id == SHARED, order, -(row.quality & ~EXPORTS), -row.version, -row.id)


def _rank(quality: int) -> int:
    """The rank of a file among those of its module."""
    for content in ("lines", "functions"):
        if quality & QUALITY[content]:
            return rank(content)
    return rank("exports" if quality & EXPORTS else "symbol table")


_VERSIONS = sa.select(SYMBOL_POOL.c.app_id, SYMBOL_POOL.c.version).where(
    SYMBOL_POOL.c.app_id.in_(sa.bindparam("some", expanding=True))
)


def versions(connection: Connection, app_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """For each app, the version of its own symbol files and of the shared ones. Each change of files increases it."""
    apps = sorted(set(app_ids))
    known: dict[int, int] = {}
    for some in in_chunks([*apps, SHARED]):
        known |= {row.app_id: row.version for row in connection.execute(_VERSIONS, {"some": some})}
    return {app: (known.get(app, 0), known.get(SHARED, 0)) for app in apps}
