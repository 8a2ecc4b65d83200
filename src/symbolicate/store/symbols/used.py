"""Which symbol files a report was made with and which it lacked, to find the reports that a change of files affects.

Reports with the same modules and the same files share one set, which is a row for each module. A hit names its set.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import sqlalchemy as sa

from symbolicate.store.database.clock import now
from symbolicate.store.database.tables import EMPTY, HIT, SYMBOL_SET, SYMBOL_SET_FILE
from symbolicate.store.database.transactions import in_chunks, insert
from symbolicate.store.jobs.enqueue import put_selected
from symbolicate.store.symbols.choice import SHARED, Candidates, Module, module_of
from symbolicate.summary.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Connection

    from symbolicate.summary.outline import Outline

__all__ = [
    "LACKING",
    "LOCAL",
    "FileSet",
    "content_of",
    "ensure",
    "outdated",
    "remove_unused",
    "requeue_outdated",
    "requeue_using",
    "used_by",
]

LACKING = ""
"""The content where no file was found."""
LOCAL = "local"
"""The content of a file that is not in the database: of a configured source, or of the operator's folder."""

_STORED = re.compile(r"symbols/files/([0-9a-f]{64})")
_MOST_MODULES = 512
_USES = 100  # in one statement


def content_of(path: str) -> str:
    """The content of a symbol file by the path that its report shows."""
    found = _STORED.fullmatch(path)
    return found[1] if found else LOCAL


class _File(NamedTuple):
    debug_id: str
    code_id: str
    debug_file: str
    content: str


class FileSet(NamedTuple):
    """The files of a report: its app, and the file that was used for each module."""

    app_id: int
    files: tuple[_File, ...]

    @property
    def key(self) -> bytes:
        """Equal for equal files."""
        return hashlib.blake2b(msgspec.json.encode(self), digest_size=16).digest()


def used_by(app_id: int, outline: Outline) -> FileSet:
    """The files that a report was made with, and those that it lacked."""
    files: dict[Module, _File] = {}
    for needed in outline.needed_symbols():
        module = module_of(needed.debug_id, needed.code_id)
        if any(module) and module not in files:
            content = LACKING if needed.file is None else content_of(needed.file)
            files[module] = _File(*module, clean(needed.name), content)
            if len(files) == _MOST_MODULES:
                break
    return FileSet(app_id, tuple(sorted(files.values())))


def ensure(connection: Connection, sets: Iterable[FileSet]) -> dict[FileSet, int]:
    """The rows of sets, created if necessary. To be called under the lock on the apps' symbols: see `remove_unused`."""
    by_key = {one.key: one for one in sets}
    found = _known(connection, by_key)
    new = {key: one for key, one in by_key.items() if one not in found}
    if new:
        rows = [{"app_id": one.app_id, "key": key} for key, one in sorted(new.items())]
        made = insert(connection.dialect.name, SYMBOL_SET).values(rows).on_conflict_do_nothing()
        numbers = {
            row.id: new[bytes(row.key)] for row in connection.execute(made.returning(SYMBOL_SET.c.id, SYMBOL_SET.c.key))
        }
        files = [{"set_id": number, **file._asdict()} for number, one in numbers.items() for file in one.files]
        if files:
            connection.execute(sa.insert(SYMBOL_SET_FILE), files)
        found |= {one: number for number, one in numbers.items()}
        if len(found) < len(by_key):  # another process created them at the same time
            found |= _known(connection, by_key)
    return found


_KEYS = sa.select(SYMBOL_SET.c.key, SYMBOL_SET.c.id).where(SYMBOL_SET.c.key.in_(sa.bindparam("some", expanding=True)))


def _known(connection: Connection, by_key: dict[bytes, FileSet]) -> dict[FileSet, int]:
    found: dict[FileSet, int] = {}
    for some in in_chunks(list(by_key)):
        found |= {by_key[bytes(row.key)]: row.id for row in connection.execute(_KEYS, {"some": some})}
    return found


def outdated(connection: Connection, sets: Sequence[FileSet]) -> set[FileSet]:
    """The sets whose reports would be made with other files now."""
    owners = sorted({SHARED, *(one.app_id for one in sets)})
    modules = {Module(file.debug_id, file.code_id) for one in sets for file in one.files}
    candidates = Candidates(connection, modules, owners)
    return {
        one
        for one in sets
        if any(
            _is_outdated(candidates, one.app_id, Module(file.debug_id, file.code_id), file.content)
            for file in one.files
        )
    }


def requeue_outdated(connection: Connection, owner: int, modules: Iterable[Module]) -> int:
    """Put the reports that a change of the symbols of these modules affects into the queue; returns how many."""
    uses = _uses(connection, owner, set(modules))
    owners = None if owner == SHARED else [owner, SHARED]
    candidates = Candidates(connection, {module for _, module, _ in uses}, owners)
    return _requeue(connection, (use for use in sorted(uses) if _is_outdated(candidates, *use)))


def requeue_using(connection: Connection, owner: int, modules: Iterable[Module]) -> int:
    """Put the reports whose stacks lead into these modules into the queue, whose unwind tables changed.

    Which tables a report was made with is not recorded: its stacks may not have needed them.
    """
    return _requeue(connection, sorted(_uses(connection, owner, set(modules))))


def _uses(connection: Connection, owner: int, modules: set[Module]) -> set[tuple[int, Module, str]]:
    """The apps with reports that use these modules, and the contents of the symbols that they were made with."""
    uses: set[tuple[int, Module, str]] = set()
    for column, ids in (
        (SYMBOL_SET_FILE.c.debug_id, {module.debug_id for module in modules}),
        (SYMBOL_SET_FILE.c.code_id, {module.code_id for module in modules}),
    ):
        for some in in_chunks(sorted(ids - {""})):
            # The files that were used, without the reports, which may be millions.
            file = SYMBOL_SET_FILE.c
            statement = sa.select(SYMBOL_SET.c.app_id, file.debug_id, file.code_id, file.content).distinct()
            statement = statement.join(SYMBOL_SET, SYMBOL_SET.c.id == file.set_id).where(
                column.in_(some), column != EMPTY
            )
            if owner != SHARED:
                statement = statement.where(SYMBOL_SET.c.app_id == owner)
            for row in connection.execute(statement):
                uses.add((row.app_id, Module(row.debug_id, row.code_id), row.content))
    return uses


def _requeue(connection: Connection, uses: Iterable[tuple[int, Module, str]]) -> int:
    by_app: dict[int, list[tuple[Module, str]]] = {}
    for app_id, module, content in uses:
        by_app.setdefault(app_id, []).append((module, content))
    count = 0
    for app_id, files in by_app.items():
        for some_files in in_chunks(files, _USES):
            made_so = sa.and_(HIT.c.app_id == app_id, HIT.c.symbols_id.in_(_sets_with(some_files)))
            count += put_selected(connection, HIT.c.report_id, HIT.c.app_id, made_so, "symbols", now())
    return count


def _sets_with(files: Sequence[tuple[Module, str]]) -> sa.CompoundSelect[tuple[int]]:
    """The sets that any of these contents of modules is in, by the index of debug ids and that of code ids."""
    file = SYMBOL_SET_FILE.c
    parts = []
    for column, some in (
        (file.debug_id, [one for one in files if one[0].debug_id]),
        (file.code_id, [one for one in files if not one[0].debug_id]),
    ):
        used = [
            sa.and_(file.debug_id == module.debug_id, file.code_id == module.code_id, file.content == content)
            for module, content in some
        ]
        ids = sorted({module.debug_id or module.code_id for module, _ in some})
        parts.append(sa.select(file.set_id).where(column.in_(ids), column != EMPTY, sa.or_(sa.false(), *used)))
    return sa.union(*parts)


def _is_outdated(candidates: Candidates, app_id: int, module: Module, content: str) -> bool:
    chosen = candidates.of(app_id, module)
    if chosen:
        return bool(chosen[0].content != content)
    return content not in {LACKING, LOCAL}


def remove_unused(connection: Connection, sets: Sequence[int]) -> None:
    """Remove those of these sets that no hit names. To be called under the exclusive lock on the symbols."""
    unused = ~sa.exists().where(HIT.c.app_id == SYMBOL_SET.c.app_id, HIT.c.symbols_id == SYMBOL_SET.c.id)
    for some in in_chunks(list(sets)):
        gone = sa.delete(SYMBOL_SET).where(SYMBOL_SET.c.id.in_(some), unused).returning(SYMBOL_SET.c.id)
        numbers = list(connection.execute(gone).scalars())
        connection.execute(sa.delete(SYMBOL_SET_FILE).where(SYMBOL_SET_FILE.c.set_id.in_(numbers)))
