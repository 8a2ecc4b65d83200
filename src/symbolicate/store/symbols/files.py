"""Symbol files: their owners, and what their changes do to reports. Their bytes are in the blob store.

A blob holds the usable form of a file, compressed, and is named after the content, so that a file that is uploaded
often is stored once. Each change of an owner's files increases the owner's version, by which workers notice the change.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from symbolicate.atomic import AtomicFile
from symbolicate.store.database.clock import moment, now
from symbolicate.store.database.tables import SYMBOL_FILE, SYMBOL_POOL, SYMBOL_UPLOAD_FILE
from symbolicate.store.database.transactions import in_chunks, insert, lock
from symbolicate.store.errors import NotFound, StoreUnavailable
from symbolicate.store.records import ORIGINALS, SymbolFile
from symbolicate.store.symbols.choice import (
    ALL,
    SHARED,
    Candidates,
    Module,
    module_of,
    normal_debug_id,
    owners_of,
    preference,
    versions,
)
from symbolicate.store.symbols.packed import pack, unpack
from symbolicate.store.symbols.stored import StoredFile, StoredFiles
from symbolicate.store.symbols.used import requeue_outdated, requeue_using
from symbolicate.summary.text import LONGEST_TEXT, clean, clean_or_none

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection, Row

    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.jobs.arrivals import Arrivals
    from symbolicate.store.records import App, Part

__all__ = ["FOLDER", "SymbolFiles", "content_of", "contents", "lock_symbols", "register", "symbol_file"]

FOLDER = "symbols/files"
"""The prefix of symbol files in the blob store."""


class SymbolFiles:
    """The symbol files of a store."""

    def __init__(self, database: Database, blobs: Blobs, arrivals: Arrivals) -> None:
        self._database = database
        self._blobs = blobs
        self._arrivals = arrivals
        self._stored = StoredFiles(blobs)

    def put(self, path: str) -> tuple[str, str]:
        """Store the bytes of a file, for `register`; returns their content hash and the key of the blob.

        Raises:
            OSError: the file cannot be read.
            StoreUnavailable: the bytes could not be stored.
        """
        content = content_of(path)
        key = f"{FOLDER}/{content}"
        # Also if the blob exists: a sweep removes blobs without a row by their age.
        with open(path, "rb") as stream:
            self._blobs.put(key, pack(stream))
        return content, key

    def opened(self, content: str) -> StoredFile | None:
        """The file of a content hash, of which ranges can be read; None if it was stored by an earlier version.

        Raises:
            NotFound: it is not in the blob store, or damaged.
            StoreUnavailable: it cannot be read.
        """
        return self._stored.opened(f"{FOLDER}/{content}")

    def fetch(self, content: str, path: str) -> None:
        """Copy the file of a content hash to a path, where it appears complete or not at all.

        Raises:
            NotFound: it is not in the blob store.
            StoreUnavailable: it is damaged, or cannot be read or written.
        """
        try:
            with AtomicFile(path) as file:
                file.stream.writelines(self.stream(content))
        except OSError as error:
            raise StoreUnavailable(f"symbols cannot be cached: {error.strerror or error}") from error

    def stream(self, content: str) -> Iterator[bytes]:
        """The bytes of the file of a content hash, in parts.

        Raises:
            NotFound: it is not in the blob store, or what was read so far is not the file.
            StoreUnavailable: it cannot be read.
        """
        digest, unpacker = hashlib.sha256(), zlib.decompressobj()
        try:
            for part in self._blobs.stream(f"{FOLDER}/{content}"):
                for plain in unpack(unpacker, part):
                    digest.update(plain)
                    yield plain
        except zlib.error as error:
            raise NotFound(f"the symbol file {content} is damaged in the blob store: {error}") from None
        if digest.hexdigest() != content:
            raise NotFound(f"the symbol file {content} is damaged in the blob store")

    def register(self, owner: App | None, files: Sequence[SymbolFile]) -> int:
        """Add symbol files to an app, or with None to the shared pool.

        Reports that lacked them, or were made with files that are worse, are processed again; returns how many.
        """
        number = SHARED if owner is None else owner.id
        return self._announced(self._database.write(lambda connection: register(connection, number, files, None)))

    def candidates(self, app_id: int, debug_id: str, code_id: str, part: str = "symbols") -> builtins.list[SymbolFile]:
        """The files for a part of a module in a report of an app, the one to be used first."""
        module = module_of(debug_id, code_id)
        return self._database.read(
            lambda connection: [
                symbol_file(row) for row in Candidates(connection, [module], owners_of(app_id)).of(app_id, module, part)
            ]
        )

    def readable(
        self, app_id: int, debug_ids: Iterable[str], code_id: str, parts: Sequence[Part]
    ) -> builtins.list[SymbolFile]:
        """The files of an app and of the pool with one of these ids, in the order in which reports prefer them.

        Args:
            app_id: the app; `ALL` for the files of every owner.
            debug_ids: debug ids.
            code_id: a code id; empty if none is known.
            parts: the parts to look for; of files of one owner those of the first are preferred.
        """
        known = [one for one in map(normal_debug_id, debug_ids) if one]
        of_id: builtins.list[sa.ColumnElement[bool]] = [SYMBOL_FILE.c.debug_id.in_(known)] if known else []
        if code_id:
            of_id.append(SYMBOL_FILE.c.code_id == clean(code_id.lower()))
        if not of_id:
            return []
        statement = sa.select(SYMBOL_FILE).where(
            sa.or_(*of_id), SYMBOL_FILE.c.part.in_(parts), SYMBOL_FILE.c.blob.is_not(None)
        )
        if (owners := owners_of(app_id)) is not None:
            statement = statement.where(SYMBOL_FILE.c.app_id.in_(owners))
        rows = self._database.read(lambda connection: connection.execute(statement).all())
        return [symbol_file(row) for row in sorted(rows, key=lambda row: preference(row, parts))]

    def version(self, app_id: int) -> tuple[int, int]:
        """What changes whenever the files of an app or of the pool do; of `ALL`, whenever any do."""
        if app_id != ALL:
            return self._database.read(lambda connection: versions(connection, [app_id]))[app_id]
        changes = sa.select(sa.func.coalesce(sa.func.sum(SYMBOL_POOL.c.version), 0))
        return self._database.read(lambda connection: int(connection.execute(changes).scalar_one())), 0

    def list(
        self, owners: Iterable[int] | None = None, debug_id: str | None = None, top: int = 1000, skip: int = 0
    ) -> builtins.list[SymbolFile]:
        """Symbol files, the newest first.

        Args:
            owners: of these apps, by their rows, or of `SHARED`; None for all.
            debug_id: only files of this debug id or code id.
            top: at most so many.
            skip: how many to leave out first.
        """
        statement = sa.select(SYMBOL_FILE).order_by(SYMBOL_FILE.c.id.desc()).limit(top).offset(skip)
        if owners is not None:
            statement = statement.where(SYMBOL_FILE.c.app_id.in_(list(owners)))
        if debug_id is not None:
            of_code = SYMBOL_FILE.c.code_id == clean(debug_id.lower())
            statement = statement.where(sa.or_(SYMBOL_FILE.c.debug_id == normal_debug_id(debug_id), of_code))
        return self._database.read(lambda connection: [symbol_file(row) for row in connection.execute(statement)])

    def get(self, file_id: int) -> SymbolFile:
        """A symbol file.

        Raises:
            NotFound: no symbol file has this number.
        """
        statement = sa.select(SYMBOL_FILE).where(SYMBOL_FILE.c.id == file_id)
        row = self._database.read(lambda connection: connection.execute(statement).first())
        if row is None:
            raise NotFound("no symbol file has this number")
        return symbol_file(row)

    def remove(self, file_id: int) -> int:
        """Remove a symbol file. Reports that were made with it are processed again; returns how many.

        A later sweep removes the bytes, unless another owner has the same file.

        Raises:
            NotFound: no symbol file has this number.
        """
        owner = self.get(file_id).owner

        def work(connection: Connection) -> int:
            lock_symbols(connection, owner)
            gone = sa.delete(SYMBOL_FILE).where(SYMBOL_FILE.c.id == file_id).returning(*SYMBOL_FILE.c)
            row = connection.execute(gone).first()
            if row is None:
                raise NotFound("no symbol file has this number")
            connection.execute(sa.delete(SYMBOL_UPLOAD_FILE).where(SYMBOL_UPLOAD_FILE.c.file_id == file_id))
            _next_version(connection, owner)
            if row.part in ORIGINALS:  # no report is made with it
                return 0
            requeue = requeue_outdated if row.part == "symbols" else requeue_using
            return requeue(connection, owner, [_module(row.debug_id, row.code_id)])

        return self._announced(self._database.write(work))

    def without_bytes(self) -> builtins.list[SymbolFile]:
        """The files that an earlier version left in the local symbol folder of a service."""
        statement = sa.select(SYMBOL_FILE).where(SYMBOL_FILE.c.blob.is_(None)).order_by(SYMBOL_FILE.c.id)
        return self._database.read(lambda connection: [symbol_file(row) for row in connection.execute(statement)])

    def adopt(self, old: Sequence[SymbolFile], new: SymbolFile) -> int:
        """Replace rows of files in a local folder by a shared file; returns how many reports are affected."""
        numbers = [file.id for file in old]

        def work(connection: Connection) -> int:
            count = register(connection, SHARED, [new], None)
            found = sa.select(SYMBOL_FILE.c.id).where(
                SYMBOL_FILE.c.app_id == SHARED,
                SYMBOL_FILE.c.debug_id == normal_debug_id(new.debug_id),
                SYMBOL_FILE.c.debug_file == clean(new.debug_file),
                SYMBOL_FILE.c.content == new.content,
            )
            number = connection.execute(found).scalar_one()
            of_old = SYMBOL_UPLOAD_FILE.c.file_id.in_(numbers)
            uploads = set(connection.execute(sa.select(SYMBOL_UPLOAD_FILE.c.upload_id).where(of_old)).scalars())
            connection.execute(sa.delete(SYMBOL_UPLOAD_FILE).where(of_old))
            for upload in sorted(uploads):
                _link(connection, upload, [number])
            connection.execute(sa.delete(SYMBOL_FILE).where(SYMBOL_FILE.c.id.in_(numbers)))
            return count

        return self._announced(self._database.write(work))

    def _announced(self, count: int) -> int:
        if count:
            self._arrivals.notify()
        return count


def lock_symbols(connection: Connection, owner: int) -> None:
    """Lock an owner's symbol files against other writers and against the completion of reports that may use them."""
    # The shared pool first, as everywhere, so that two transactions cannot deadlock.
    lock(connection, ("symbols", SHARED), shared=owner != SHARED)
    if owner != SHARED:
        lock(connection, ("symbols", owner))


def register(connection: Connection, owner: int, files: Sequence[SymbolFile], upload_id: str | None) -> int:
    """Write files, and put the reports that they affect into the queue; returns how many."""
    if not files:
        return 0
    # A report that is being completed now either sees these files or is found to lack them.
    lock_symbols(connection, owner)
    version = _next_version(connection, owner)
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for file in files:
        row = _row(owner, file, upload_id, version)
        rows[row["debug_id"], row["debug_file"], row["content"]] = row
    statement = insert(connection.dialect.name, SYMBOL_FILE)
    # A file that is uploaded again becomes the newest.
    changed = ("kind", "arch", "code_id", "size", "quality", "part", "blob", "version")
    known = _contents_of_unwind(connection, owner, rows)
    statement = statement.on_conflict_do_update(
        index_elements=["app_id", "debug_id", "debug_file", "content"],
        set_={name: statement.excluded[name] for name in changed},
    )
    connection.execute(statement, [rows[key] for key in sorted(rows)])
    if upload_id is not None:
        written = sa.select(SYMBOL_FILE.c.id).where(SYMBOL_FILE.c.app_id == owner, SYMBOL_FILE.c.version == version)
        _link(connection, upload_id, connection.execute(written).scalars().all())
    parts = [(row["part"], _module(row["debug_id"], row["code_id"]), row["content"]) for row in rows.values()]
    count = requeue_outdated(connection, owner, {module for part, module, _ in parts if part == "symbols"})
    new = {module for part, module, content in parts if part == "unwind" and content not in known}
    return count + requeue_using(connection, owner, new)


def _contents_of_unwind(connection: Connection, owner: int, rows: Iterable[tuple[str, str, str]]) -> set[str]:
    """Those of these files that are there already."""
    found: set[str] = set()
    for some in in_chunks(sorted({content for _, _, content in rows})):
        statement = sa.select(SYMBOL_FILE.c.content).where(
            SYMBOL_FILE.c.app_id == owner, SYMBOL_FILE.c.part == "unwind", SYMBOL_FILE.c.content.in_(some)
        )
        found.update(connection.execute(statement).scalars())
    return found


def contents(connection: Connection, upload_ids: builtins.list[str]) -> dict[str, builtins.list[SymbolFile]]:
    """The files of uploads, by the ids of the uploads."""
    found: dict[str, builtins.list[SymbolFile]] = {}
    for some in in_chunks(upload_ids):
        statement = sa.select(SYMBOL_UPLOAD_FILE.c.upload_id, SYMBOL_FILE)
        statement = statement.join(SYMBOL_FILE, SYMBOL_FILE.c.id == SYMBOL_UPLOAD_FILE.c.file_id)
        statement = statement.where(SYMBOL_UPLOAD_FILE.c.upload_id.in_(some)).order_by(SYMBOL_FILE.c.id)
        for row in connection.execute(statement):
            found.setdefault(row.upload_id, []).append(symbol_file(row))
    return found


def symbol_file(row: Row[Any]) -> SymbolFile:
    """A row of `SYMBOL_FILE`."""
    return SymbolFile(
        id=row.id,
        owner=row.app_id,
        debug_id=row.debug_id,
        debug_file=row.debug_file,
        kind=row.kind,
        arch=row.arch,
        size=row.size,
        path=row.path,
        code_id=row.code_id,
        blob=row.blob,
        content=row.content,
        quality=row.quality,
        part=row.part,
        created=moment(row.created),
        upload_id=row.upload_id,
    )


def _row(owner: int, file: SymbolFile, upload_id: str | None, version: int) -> dict[str, Any]:
    return {
        "app_id": owner,
        "debug_id": normal_debug_id(file.debug_id),
        "debug_file": clean(file.debug_file),
        "kind": file.kind,
        "arch": clean_or_none(file.arch),
        "code_id": clean_or_none(file.code_id.lower() if file.code_id else None),
        "size": file.size,
        "path": clean_or_none(file.path, LONGEST_TEXT),
        "blob": file.blob,
        "content": file.content,
        "quality": file.quality,
        "part": file.part,
        "version": version,
        "upload_id": upload_id,
        "created": now(),
    }


def _module(debug_id: str, code_id: str | None) -> Module:
    """The module of a file, from its own ids; nothing is derived."""
    return Module(debug_id, code_id or "")


def _next_version(connection: Connection, owner: int) -> int:
    statement = insert(connection.dialect.name, SYMBOL_POOL).values(app_id=owner, version=1)
    statement = statement.on_conflict_do_update(
        index_elements=[SYMBOL_POOL.c.app_id], set_={"version": SYMBOL_POOL.c.version + 1}
    )
    return int(connection.execute(statement.returning(SYMBOL_POOL.c.version)).scalar_one())


def _link(connection: Connection, upload_id: str, files: Sequence[int]) -> None:
    if files:
        statement = insert(connection.dialect.name, SYMBOL_UPLOAD_FILE).on_conflict_do_nothing()
        connection.execute(statement, [{"upload_id": upload_id, "file_id": number} for number in files])


def content_of(path: str) -> str:
    """The content hash of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
