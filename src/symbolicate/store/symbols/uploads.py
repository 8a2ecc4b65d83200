"""Uploads of symbols with their states, and the symbols that reports lack."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from symbolicate.store.database.clock import milliseconds, moment, now
from symbolicate.store.database.tables import (
    HIT,
    SYMBOL_FILE,
    SYMBOL_SET_FILE,
    SYMBOL_UPLOAD,
    SYMBOL_UPLOAD_CHUNK,
    SYMBOL_UPLOAD_ENTRY,
    SYMBOL_UPLOAD_FILE,
)
from symbolicate.store.database.transactions import in_chunks
from symbolicate.store.errors import Conflict, NotFound
from symbolicate.store.records import Missing, SymbolUpload, UploadEntry
from symbolicate.store.symbols.choice import SHARED, Module
from symbolicate.store.symbols.files import FOLDER as FILES
from symbolicate.store.symbols.files import contents, register
from symbolicate.store.symbols.lost import LostFrames, LostModule, lost_frames
from symbolicate.store.symbols.used import LACKING
from symbolicate.summary.text import LONGEST_TEXT, clean, clean_or_none

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection, Row

    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.jobs.arrivals import Arrivals
    from symbolicate.store.records import App, SymbolFile

__all__ = ["FOLDER", "SymbolUploads"]

FOLDER = "symbols/uploads"
"""The prefix of uploads in the blob store."""

# For each state of an upload, the states that may precede it.
_FROM = {
    "committed": ("created", "committed", "failed"),
    "aborted": ("created", "aborted"),
    "processing": ("committed", "processing"),
    "failed": ("created", "committed", "processing", "failed"),
}
_ALL = ("", "all")
_ATTEMPTS = 5  # to install an upload
_NEVER_ENDED = f"installing it was begun {_ATTEMPTS} times and never ended: the process ended, or took too long"


class SymbolUploads:
    """The uploads of symbols to a store. Their files are in `files.SymbolFiles`."""

    def __init__(self, database: Database, blobs: Blobs, arrivals: Arrivals) -> None:
        self._database = database
        self._blobs = blobs
        self._arrivals = arrivals

    def begin(
        self,
        app: App | None,
        symbol_type: str,
        file_name: str | None = None,
        build: str | None = None,
        version: str | None = None,
        *,
        shared: bool = False,
        debug_id: str = "",
        code_id: str = "",
    ) -> SymbolUpload:
        """Begin an upload: its bytes are to be put under `blob`.

        Args:
            app: the app that lists it; None for none.
            symbol_type: its type, in App Center's terms.
            file_name: its name at the client.
            build: the app's build that it is for.
            version: the app's version that it is for.
            shared: its symbols are for all apps, as those of uploads without an app always are; else for this app
            alone.
            debug_id: of the only module whose files it may have.
            code_id: of the same.
        """
        number, time = str(uuid.uuid4()), now()
        row = {
            "id": number,
            "app_id": SHARED if app is None else app.id,
            "owner": SHARED if app is None or shared else app.id,
            "symbol_type": clean(symbol_type),
            "status": "created",
            "file_name": clean_or_none(file_name),
            "build": clean_or_none(build),
            "version": clean_or_none(version),
            "debug_id": clean_or_none(debug_id or None),
            "code_id": clean_or_none(code_id or None),
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
            NotFound: no upload has this id.
        """
        return self._database.read(lambda connection: _there(connection, upload_id))

    def find(self, upload_ids: Iterable[str]) -> dict[str, SymbolUpload]:
        """The uploads of these ids that exist."""

        def work(connection: Connection) -> dict[str, SymbolUpload]:
            found: dict[str, SymbolUpload] = {}
            for some in in_chunks(sorted(set(upload_ids))):
                rows = connection.execute(sa.select(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id.in_(some))).all()
                found |= {upload.id: upload for upload in _uploads(connection, rows)}
            return found

        return self._database.read(work)

    def list(
        self, app: App, status: str | None = None, symbol_type: str | None = None, top: int = 30
    ) -> builtins.list[SymbolUpload]:
        """The uploads of an app, the newest first.

        Args:
            app: the app.
            status: a state; `uploaded` and `processed` have App Center's meaning.
            symbol_type: a type.
            top: at most so many.
        """
        states = {"uploaded": ("committed", "processing", "indexed", "failed"), "processed": ("indexed", "failed")}
        statement = sa.select(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.app_id == app.id)
        if (status or "") not in _ALL:
            statement = statement.where(SYMBOL_UPLOAD.c.status.in_(states.get(str(status), (str(status),))))
        if (symbol_type or "") not in _ALL:
            statement = statement.where(SYMBOL_UPLOAD.c.symbol_type == symbol_type)
        statement = statement.order_by(SYMBOL_UPLOAD.c.created.desc(), SYMBOL_UPLOAD.c.id).limit(top)
        return self._database.read(lambda connection: _uploads(connection, connection.execute(statement).all()))

    def delete(self, upload_id: str) -> None:
        """Remove an upload and its bytes; its symbol files stay.

        Raises:
            NotFound: no upload has this id.
        """
        number = clean(upload_id)
        gone = sa.delete(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id == number).returning(SYMBOL_UPLOAD.c.blob)

        def work(connection: Connection) -> str | None:
            connection.execute(sa.delete(SYMBOL_UPLOAD_FILE).where(SYMBOL_UPLOAD_FILE.c.upload_id == number))
            connection.execute(sa.delete(SYMBOL_UPLOAD_CHUNK).where(SYMBOL_UPLOAD_CHUNK.c.upload_id == number))
            _forget_entries(connection, number)
            return connection.execute(gone).scalar()

        blob = self._database.write(work)
        if blob is None:
            raise NotFound("no symbol upload has this id")
        self._blobs.delete([blob or f"{FOLDER}/{number}"])  # also bytes that a sweep would remove

    def set_status(
        self, upload_id: str, status: str, message: str | None = None, size: int | None = None
    ) -> SymbolUpload:
        """Set the state of an upload: `committed`, `aborted`, `processing` or `failed`.

        Raises:
            NotFound: no upload has this id.
            Conflict: the state cannot follow the present one.
        """
        if status not in _FROM:
            raise ValueError(f"an upload cannot be set to {status!r}")
        values: dict[str, Any] = {"status": status, "updated": now(), "message": clean_or_none(message, LONGEST_TEXT)}
        if size is not None:
            values["size"] = size
        if status == "committed":
            values["attempts"] = 0
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
            self._arrivals.notify()
        return upload

    def received(self, upload_id: str, size: int, *, more: bool = False) -> None:
        """Set how many bytes of an upload were received, or with `more` add to their number."""
        value = SYMBOL_UPLOAD.c.size + size if more else size
        change = sa.update(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id == clean(upload_id)).values(size=value)
        self._database.write(lambda connection: connection.execute(change))

    def finish(
        self,
        upload_id: str,
        files: Sequence[SymbolFile],
        message: str | None = None,
        entries: Sequence[UploadEntry] | None = None,
    ) -> int:
        """Write the files of an upload. Reports that they affect are processed again, as by `SymbolFiles.register`.

        Args:
            upload_id: the upload.
            files: its files, whose bytes are stored.
            message: what is to be said of it.
            entries: all that it holds, if each of these is one of its files. Its own bytes are then stored no longer
                than a day, for copies of the store that are made now.

        Raises:
            NotFound: no upload has this id.
        """

        def work(connection: Connection) -> int:
            upload = _there(connection, upload_id)
            values = {"status": "indexed", "updated": now(), "message": clean_or_none(message, LONGEST_TEXT)}
            _write_entries(connection, upload.id, entries or ())
            if entries is not None:
                values["blob"] = ""
            connection.execute(sa.update(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id == upload.id).values(values))
            return register(connection, upload.owner, files, upload.id)

        count = self._database.write(work)
        if count:
            self._arrivals.notify()
        return count

    def entries(self, upload_id: str) -> builtins.list[UploadEntry]:
        """The files that make up an upload whose own bytes are not stored, without those that were removed since."""
        entry = SYMBOL_UPLOAD_ENTRY.c
        is_there = sa.exists().where(SYMBOL_FILE.c.blob == sa.literal(f"{FILES}/") + entry.content)
        statement = sa.select(entry.name, entry.content, entry.size).order_by(entry.number)
        statement = statement.where(entry.upload_id == clean(upload_id), is_there)
        rows = self._database.read(lambda connection: connection.execute(statement).all())
        return [UploadEntry(row.name, row.content, row.size) for row in rows]

    def missing(self, app: App, top: int = 100) -> builtins.list[Missing]:
        """The modules without symbols, and those without unwind rules, that cost most.

        They are ordered by the reports that lack symbols, then by the frames, of crashed threads and of all.
        """
        made = sa.select(HIT.c.symbols_id, sa.func.count().label("reports"))
        made = made.where(HIT.c.app_id == app.id, HIT.c.symbols_id.is_not(None)).group_by(HIT.c.symbols_id)
        reports = made.subquery()
        file, count = SYMBOL_SET_FILE.c, sa.func.sum(reports.c.reports)
        statement = sa.select(sa.func.max(file.debug_file), file.debug_id, count, file.code_id)
        statement = statement.join(reports, reports.c.symbols_id == file.set_id).where(file.content == LACKING)
        statement = statement.group_by(file.debug_id, file.code_id)
        statement = statement.order_by(count.desc(), file.debug_id, file.code_id)

        def work(connection: Connection) -> builtins.list[Missing]:
            lost = lost_frames(connection, app.id)
            found = []
            for name, debug_id, number, code_id in connection.execute(statement):
                module = Module(debug_id, code_id)
                found.append(_missing(module, name, int(number), lost.pop(module, None)))
            # Of the others only unwind rules are lacking.
            found += (_missing(module, one.debug_file, 0, one) for module, one in lost.items() if one.scanned_reports)
            found.sort(
                key=lambda one: (-one.reports, -one.crashing_frames - one.crashing_scanned, -one.frames - one.scanned)
            )
            return found[:top]

        return self._database.read(work)

    def pending(self, limit: int = 10, at: datetime | None = None) -> builtins.list[SymbolUpload]:
        """Uploads that are committed and not processed, the oldest first."""
        statement = sa.select(SYMBOL_UPLOAD).where(_due(milliseconds(at)))
        statement = statement.order_by(SYMBOL_UPLOAD.c.updated, SYMBOL_UPLOAD.c.id).limit(limit)
        return self._database.read(lambda connection: _uploads(connection, connection.execute(statement).all()))

    def lease_upload(self, worker: str, seconds: float = 600, at: datetime | None = None) -> SymbolUpload | None:
        """Lease an upload: it is `processing` until it is finished, failed, or the lease expires.

        An upload that was leased too often has failed: each worker ended, or took too long.
        """
        time = milliseconds(at)
        statement = sa.select(SYMBOL_UPLOAD.c.id, SYMBOL_UPLOAD.c.attempts).where(_due(time))
        statement = statement.order_by(SYMBOL_UPLOAD.c.updated, SYMBOL_UPLOAD.c.id).limit(1)
        taken = {
            "status": "processing",
            "worker": clean(worker),
            "leased_until": time + int(seconds * 1000),
            "attempts": SYMBOL_UPLOAD.c.attempts + 1,
        }
        failed = {"status": "failed", "updated": time, "message": _NEVER_ENDED}

        def work(connection: Connection) -> SymbolUpload | None:
            while (found := connection.execute(statement.with_for_update(skip_locked=True)).first()) is not None:
                ours = sa.update(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id == found.id)
                if found.attempts < _ATTEMPTS:
                    connection.execute(ours.values(taken))
                    return _there(connection, found.id)
                connection.execute(ours.values(failed))
            return None

        if not self.pending(1, at):
            return None
        return self._database.write(work)

    def prolong(self, upload_id: str, worker: str, seconds: float = 600, at: datetime | None = None) -> bool:
        """Extend the lease of an upload; whether it is still this worker's."""
        ours = sa.update(SYMBOL_UPLOAD).where(
            SYMBOL_UPLOAD.c.id == clean(upload_id),
            SYMBOL_UPLOAD.c.status == "processing",
            SYMBOL_UPLOAD.c.worker == clean(worker),
        )
        values = {"leased_until": milliseconds(at) + int(seconds * 1000)}
        return self._database.write(lambda connection: connection.execute(ours.values(values)).rowcount > 0)

    def give_back(self, upload_id: str) -> None:
        """Return an upload that could not be processed now to the queue, behind those that wait."""
        ours = sa.update(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id == clean(upload_id))
        ours = ours.where(SYMBOL_UPLOAD.c.status == "processing")
        values = {
            "status": "committed",
            "updated": now(),
            "worker": None,
            "leased_until": None,
            "attempts": SYMBOL_UPLOAD.c.attempts - 1,
        }
        self._database.write(lambda connection: connection.execute(ours.values(values)))


def _write_entries(connection: Connection, upload_id: str, entries: Sequence[UploadEntry]) -> None:
    _forget_entries(connection, upload_id)
    rows = [
        {"upload_id": upload_id, "number": number, "name": clean(one.name), "content": one.content, "size": one.size}
        for number, one in enumerate(entries)
    ]
    if rows:
        connection.execute(sa.insert(SYMBOL_UPLOAD_ENTRY), rows)


def _forget_entries(connection: Connection, upload_id: str) -> None:
    connection.execute(sa.delete(SYMBOL_UPLOAD_ENTRY).where(SYMBOL_UPLOAD_ENTRY.c.upload_id == upload_id))


def _due(time: int) -> sa.ColumnElement[bool]:
    abandoned = sa.and_(SYMBOL_UPLOAD.c.status == "processing", SYMBOL_UPLOAD.c.leased_until < time)
    return sa.or_(SYMBOL_UPLOAD.c.status == "committed", abandoned)


def _there(connection: Connection, upload_id: str) -> SymbolUpload:
    row = connection.execute(sa.select(SYMBOL_UPLOAD).where(SYMBOL_UPLOAD.c.id == clean(upload_id))).first()
    if row is None:
        raise NotFound("no symbol upload has this id")
    return _uploads(connection, [row])[0]


def _uploads(connection: Connection, rows: Sequence[Row[Any]]) -> list[SymbolUpload]:
    files = contents(connection, [row.id for row in rows])
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
            owner=row.owner,
            debug_id=row.debug_id or "",
            code_id=row.code_id or "",
        )
        for row in rows
    ]


def _missing(module: Module, name: str, reports: int, lost: LostModule | None) -> Missing:
    frames = LostFrames() if lost is None else lost.frames
    return Missing(
        debug_file=name,
        debug_id=module.debug_id,
        reports=reports,
        code_id=module.code_id,
        crashing_frames=frames.crashing,
        frames=frames.all,
        unwinding_reports=0 if lost is None else lost.scanned_reports,
        crashing_scanned=frames.crashing_scanned,
        scanned=frames.all_scanned,
    )
