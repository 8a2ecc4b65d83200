"""Symbols: uploads and what became of them, the files an app has, and the reports that wait for some."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from symbolicate.store.clock import milliseconds, moment, now
from symbolicate.store.database import in_chunks, insert, lock
from symbolicate.store.errors import Conflict, NotFound
from symbolicate.store.finish import normal_debug_id
from symbolicate.store.jobs import put
from symbolicate.store.records import Missing, SymbolFile, SymbolUpload
from symbolicate.store.tables import IMPROVABLE, MISSING, SYMBOL_FILE, SYMBOL_UPLOAD
from symbolicate.store.text import LONGEST_TEXT, clean, clean_or_none

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection, Row

    from symbolicate.store.blobs import Blobs
    from symbolicate.store.database import Database
    from symbolicate.store.queue import Queue
    from symbolicate.store.records import App

__all__ = ["FOLDER", "Symbols"]

FOLDER = "symbols/uploads"
"""The part of the blob store where uploads lie."""

# The states an upload may come from, for each that it may be given.
_FROM = {
    "committed": ("created", "committed", "failed"),
    "aborted": ("created", "aborted"),
    "processing": ("committed", "processing"),
    "failed": ("created", "committed", "processing", "failed"),
}
_ALL = ("", "all")


class Symbols:
    """The symbols of a store."""

    def __init__(self, database: Database, blobs: Blobs, queue: Queue) -> None:
        self._database = database
        self._blobs = blobs
        self._queue = queue

    def begin(
        self,
        app: App,
        symbol_type: str,
        file_name: str | None = None,
        build: str | None = None,
        version: str | None = None,
    ) -> SymbolUpload:
        """Begin an upload: its bytes are to be put under `blob`."""
        number, time = str(uuid.uuid4()), now()
        row = {
            "id": number,
            "app_id": app.id,
            "symbol_type": clean(symbol_type),
            "status": "created",
            "file_name": clean_or_none(file_name),
            "build": clean_or_none(build),
            "version": clean_or_none(version),
            "size": 0,
            "blob": f"{FOLDER}/{number}",
            "created": time,
            "updated": time,
        }
        self._database.write(lambda connection: connection.execute(sa.insert(SYMBOL_UPLOAD).values(row)))
        return self.get(number)

    def get(self, upload_id: str) -> SymbolUpload:
        """An upload.

        Raises:
            NotFound: there is none.
        """
        return self._database.read(lambda connection: _there(connection, upload_id))

    def list(
        self, app: App, status: str | None = None, symbol_type: str | None = None, top: int = 30
    ) -> builtins.list[SymbolUpload]:
        """The uploads of an app, the newest first.

        Args:
            app: the app.
            status: a state; `uploaded` and `processed` as App Center means them.
            symbol_type: a type.
            top: at most so many.
        """
        states = {"uploaded": ("committed", "processing", "indexed", "failed"), "processed": ("indexed", "failed")}
        wanted = sa.select(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.app_id == app.id)
        if (status or "") not in _ALL:
            wanted = wanted.where(SYMBOL_UPLOAD.c.status.in_(states.get(str(status), (str(status),))))
        if (symbol_type or "") not in _ALL:
            wanted = wanted.where(SYMBOL_UPLOAD.c.symbol_type == symbol_type)
        wanted = wanted.order_by(SYMBOL_UPLOAD.c.created.desc(), SYMBOL_UPLOAD.c.id).limit(top)
        return self._database.read(lambda connection: _uploads(connection, connection.execute(wanted).all()))

    def delete(self, upload_id: str) -> None:
        """Forget an upload and its bytes; what it brought stays.

        Raises:
            NotFound: there is none.
        """
        gone = sa.delete(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id == clean(upload_id)).returning(SYMBOL_UPLOAD.c.blob)
        blob = self._database.write(lambda connection: connection.execute(gone).scalar())
        if blob is None:
            raise NotFound("no such symbol upload")
        self._blobs.delete([blob])

    def set_status(
        self, upload_id: str, status: str, message: str | None = None, size: int | None = None
    ) -> SymbolUpload:
        """Give an upload a state: `committed`, `aborted`, `processing` or `failed`.

        Raises:
            NotFound: there is no such upload.
            Conflict: it is in a state that this cannot follow.
        """
        if status not in _FROM:
            raise ValueError(f"an upload cannot be set to {status!r}")
        values: dict[str, Any] = {"status": status, "updated": now(), "message": clean_or_none(message, LONGEST_TEXT)}
        if size is not None:
            values["size"] = size
        ours = sa.update(SYMBOL_UPLOAD).where(
            SYMBOL_UPLOAD.c.id == clean(upload_id), SYMBOL_UPLOAD.c.status.in_(_FROM[status])
        )

        def work(connection: Connection) -> SymbolUpload:
            changed = connection.execute(ours.values(values)).rowcount
            upload = _there(connection, upload_id)
            if not changed:
                raise Conflict(f"the upload is {upload.status} and cannot become {status}")
            return upload

        upload = self._database.write(work)
        if status == "committed":
            self._queue.arrived()
        return upload

    def finish(self, upload_id: str, files: Sequence[SymbolFile], message: str | None = None) -> int:
        """Say what an upload contained. Reports that waited for it are processed again; how many.

        Raises:
            NotFound: there is no such upload.
        """

        def work(connection: Connection) -> int:
            upload = _there(connection, upload_id)
            values = {"status": "indexed", "updated": now(), "message": clean_or_none(message, LONGEST_TEXT)}
            connection.execute(sa.update(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id == upload.id).values(values))
            return _register(connection, upload.app_id, files, upload.id)

        return self._told(self._database.write(work))

    def register(self, app: App, files: Sequence[SymbolFile]) -> int:
        """Say which symbol files an app has got. Reports that waited for them are processed again; how many."""
        return self._told(self._database.write(lambda connection: _register(connection, app.id, files, None)))

    def files(self, app: App | None = None, debug_id: str | None = None, top: int = 1000) -> builtins.list[SymbolFile]:
        """Symbol files, the newest first."""
        wanted = sa.select(SYMBOL_FILE).order_by(SYMBOL_FILE.c.id.desc()).limit(top)
        if app is not None:
            wanted = wanted.where(SYMBOL_FILE.c.app_id == app.id)
        if debug_id is not None:
            wanted = wanted.where(SYMBOL_FILE.c.debug_id == normal_debug_id(debug_id))
        return self._database.read(lambda connection: [_file(row) for row in connection.execute(wanted)])

    def has(self, app: App, debug_file: str, debug_id: str) -> bool:
        """Whether an app has the symbols of a debug file."""
        some = sa.select(SYMBOL_FILE.c.id).where(
            SYMBOL_FILE.c.app_id == app.id,
            SYMBOL_FILE.c.debug_id == normal_debug_id(debug_id),
            SYMBOL_FILE.c.debug_file == clean(debug_file),
        )
        return self._database.read(lambda connection: connection.execute(some.limit(1)).first() is not None)

    def waiting_for(self, app: App | None, debug_ids: Iterable[str]) -> builtins.list[int]:
        """The reports that lack any of these symbols, or may be named better with them."""
        ids = list(debug_ids)
        return self._database.read(
            lambda connection: [row[0] for row in _waiting(connection, app.id if app else None, ids)]
        )

    def missing(self, app: App, top: int = 100) -> builtins.list[Missing]:
        """The symbols that most reports of an app lack."""
        count = sa.func.count()
        wanted = sa.select(sa.func.max(MISSING.c.debug_file), MISSING.c.debug_id, count)
        wanted = wanted.where(MISSING.c.app_id == app.id).group_by(MISSING.c.debug_id)
        wanted = wanted.order_by(count.desc(), MISSING.c.debug_id).limit(top)
        return self._database.read(
            lambda connection: [Missing(file, debug_id, n) for file, debug_id, n in connection.execute(wanted)]
        )

    def pending(self, limit: int = 10, at: datetime | None = None) -> builtins.list[SymbolUpload]:
        """Uploads that are committed and not processed, the oldest first."""
        wanted = sa.select(SYMBOL_UPLOAD).where(_due(milliseconds(at)))
        wanted = wanted.order_by(SYMBOL_UPLOAD.c.updated, SYMBOL_UPLOAD.c.id).limit(limit)
        return self._database.read(lambda connection: _uploads(connection, connection.execute(wanted).all()))

    def lease_upload(self, worker: str, seconds: float = 600, at: datetime | None = None) -> SymbolUpload | None:
        """Take an upload to process: it is `processing` until it is finished, failed, or the lease runs out."""
        time = milliseconds(at)
        wanted = sa.select(SYMBOL_UPLOAD.c.id).where(_due(time))
        wanted = wanted.order_by(SYMBOL_UPLOAD.c.updated, SYMBOL_UPLOAD.c.id).limit(1)
        taken = {"status": "processing", "worker": clean(worker), "leased_until": time + int(seconds * 1000)}

        def work(connection: Connection) -> SymbolUpload | None:
            found = connection.execute(wanted.with_for_update(skip_locked=True)).scalar()
            if found is None:
                return None
            connection.execute(sa.update(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id == found).values(taken))
            return _there(connection, found)

        if not self.pending(1, at):
            return None
        return self._database.write(work)

    def give_back(self, upload_id: str) -> None:
        """Let an upload that could not be processed now be taken again, after those that wait already."""
        ours = sa.update(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id == clean(upload_id))
        ours = ours.where(SYMBOL_UPLOAD.c.status == "processing")
        values = {"status": "committed", "updated": now(), "worker": None, "leased_until": None}
        self._database.write(lambda connection: connection.execute(ours.values(values)))

    def _told(self, count: int) -> int:
        if count:
            self._queue.arrived()
        return count


def _due(time: int) -> sa.ColumnElement[bool]:
    abandoned = sa.and_(SYMBOL_UPLOAD.c.status == "processing", SYMBOL_UPLOAD.c.leased_until < time)
    return sa.or_(SYMBOL_UPLOAD.c.status == "committed", abandoned)


def _register(connection: Connection, app_id: int, files: Sequence[SymbolFile], upload_id: str | None) -> int:
    """Write files, and put what waits for them into the queue; how much."""
    # Who finishes a report just now either sees these files or is seen waiting for them.
    lock(connection, ("symbols", app_id))
    time = now()
    rows = {
        (debug_id, name, file.kind): {
            "app_id": app_id,
            "debug_id": debug_id,
            "debug_file": name,
            "kind": file.kind,
            "arch": clean_or_none(file.arch),
            "code_id": clean_or_none(file.code_id),
            "size": file.size,
            "path": clean_or_none(file.path, LONGEST_TEXT),
            "blob": file.blob,
            "upload_id": upload_id,
            "created": time,
        }
        for file in files
        for debug_id, name in [(normal_debug_id(file.debug_id), clean(file.debug_file))]
    }
    if not rows:
        return 0
    statement = insert(connection.dialect.name, SYMBOL_FILE)
    columns = ("arch", "code_id", "size", "path", "blob", "upload_id", "created")
    statement = statement.on_conflict_do_update(
        index_elements=["app_id", "debug_id", "debug_file", "kind"],
        set_={name: statement.excluded[name] for name in columns},
    )
    connection.execute(statement, [rows[key] for key in sorted(rows)])
    waiting = _waiting(connection, app_id, sorted({debug_id for debug_id, _, _ in rows}))
    return put(connection, waiting, "symbols", time)


def _waiting(connection: Connection, app_id: int | None, debug_ids: list[str]) -> list[tuple[int, int]]:
    """Reports that lack these symbols, and those that may be named better with other symbols of the same id."""
    found: set[tuple[int, int]] = set()
    for some in in_chunks([normal_debug_id(debug_id) for debug_id in debug_ids]):
        for table in (MISSING, IMPROVABLE):
            wanted = sa.select(table.c.report_id, table.c.app_id).where(table.c.debug_id.in_(some))
            if app_id is not None:
                wanted = wanted.where(table.c.app_id == app_id)
            found.update((row.report_id, row.app_id) for row in connection.execute(wanted))
    return sorted(found)


def _there(connection: Connection, upload_id: str) -> SymbolUpload:
    row = connection.execute(sa.select(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id == clean(upload_id))).first()
    if row is None:
        raise NotFound("no such symbol upload")
    return _uploads(connection, [row])[0]


def _uploads(connection: Connection, rows: Sequence[Row[Any]]) -> list[SymbolUpload]:
    files: dict[str, list[SymbolFile]] = {}
    for some in in_chunks([row.id for row in rows]):
        wanted = sa.select(SYMBOL_FILE).where(SYMBOL_FILE.c.upload_id.in_(some)).order_by(SYMBOL_FILE.c.id)
        for row in connection.execute(wanted):
            files.setdefault(row.upload_id, []).append(_file(row))
    return [
        SymbolUpload(
            id=row.id,
            app_id=row.app_id,
            symbol_type=row.symbol_type,
            status=row.status,
            file_name=row.file_name,
            size=row.size,
            build=row.build,
            version=row.version,
            created=moment(row.created),
            updated=moment(row.updated),
            contents=files.get(row.id, []),
            message=row.message,
            blob=row.blob,
        )
        for row in rows
    ]


def _file(row: Row[Any]) -> SymbolFile:
    return SymbolFile(
        debug_id=row.debug_id,
        debug_file=row.debug_file,
        kind=row.kind,
        arch=row.arch,
        size=row.size,
        path=row.path,
        code_id=row.code_id,
        blob=row.blob,
        created=moment(row.created),
    )
