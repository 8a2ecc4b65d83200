"""Chunks: parts of files that clients upload by their SHA-1, and the uploads that are put together from them.

A chunk belongs to a holder, a text of the caller's choice, and is used for uploads of the same holder alone: whoever
knows the SHA-1 of another holder's chunk gains nothing. A chunk is removed after a day, or when the upload that lists
it is finished.

An upload that is put together from chunks has an id that is derived from its app, its owner and the SHA-1 of the whole
file, so that the same file is one upload however often it is sent.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from symbolicate.store.database.clock import now
from symbolicate.store.database.tables import SYMBOL_CHUNK, SYMBOL_UPLOAD, SYMBOL_UPLOAD_CHUNK
from symbolicate.store.database.transactions import in_chunks, insert, lock
from symbolicate.store.errors import Conflict, NotFound
from symbolicate.store.symbols.choice import SHARED
from symbolicate.store.symbols.uploads import FOLDER as UPLOADS
from symbolicate.summary.text import clean_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import BinaryIO

    from sqlalchemy.engine import Connection

    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.jobs.arrivals import Arrivals
    from symbolicate.store.records import App

__all__ = [
    "FOLDER",
    "MOST_IN_VAIN",
    "OTHER_FILE_LASTS",
    "ChunkedFile",
    "SymbolChunks",
    "expire_chunks",
    "is_other_file",
    "upload_id_of",
]

FOLDER = "symbols/chunks"
"""The prefix of chunks in the blob store."""

MOST_IN_VAIN = 256 * 1024 * 1024
"""Bytes that may be put together to a wrong checksum for an app in `OTHER_FILE_LASTS` seconds; then no more are.

One file of any size does not count."""

OTHER_FILE_LASTS = 600.0
"""For how many seconds it is remembered that the chunks of a file make another one."""

_MOST = 100_000
"""Chunks of a holder. As rows they take some ten megabytes."""

_OTHER_FILE = "its chunks make another file"
"""The message of an upload whose chunks do not have its SHA-1 begins so."""

_WAITING = ("committed", "processing")  # states of an upload that is not installed yet
_IDS = uuid.UUID("1f0a4a2c-6a52-4c0e-9d5b-6c1f6f1d2b57")  # the name space of derived ids


class ChunkedFile(NamedTuple):
    """A file that is put together from chunks: its SHA-1, its name, and its chunks in order."""

    sha1: str
    name: str
    chunks: Sequence[str]


def upload_id_of(app: App | None, sha1: str, *, shared: bool) -> str:
    """The id of the upload of a file that is put together from chunks."""
    app_id = SHARED if app is None else app.id
    return str(uuid.uuid5(_IDS, f"{app_id}/{SHARED if shared else app_id}/{sha1}"))


def is_other_file(message: str) -> bool:
    """Whether this is the message of an upload whose chunks make another file: its bytes are not those of the file."""
    return message.startswith(_OTHER_FILE)


class SymbolChunks:
    """The chunks of a store."""

    def __init__(self, database: Database, blobs: Blobs, arrivals: Arrivals) -> None:
        self._database = database
        self._blobs = blobs
        self._arrivals = arrivals

    def put(self, holder: str, sha1: str, data: bytes, *, most_bytes: int) -> None:
        """Store a chunk; one that is stored already lives for another day.

        Args:
            holder: whose it is.
            sha1: of the bytes, in lower case; the caller has checked it.
            data: the bytes.
            most_bytes: of all chunks of this holder.

        Raises:
            Conflict: the holder has too many chunks, or too many bytes of them.
            StoreUnavailable: it could not be stored.
        """
        chunk = SYMBOL_CHUNK.c
        ours = (chunk.holder == holder, chunk.sha1 == sha1)
        again = sa.update(SYMBOL_CHUNK).where(*ours).values(created=now())
        if self._database.write(lambda connection: connection.execute(again).rowcount):
            return
        # Each blob has a key of its own, so that the removal of an older one never concerns this one.
        key = f"{FOLDER}/{uuid.uuid4()}"
        self._blobs.put(key, data)
        values = {"holder": holder, "sha1": sha1, "size": len(data), "blob": key, "created": now()}
        stored = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(chunk.size), 0)).where(chunk.holder == holder)

        def work(connection: Connection) -> bool:
            lock(connection, ("chunks", holder))
            count, size = connection.execute(stored).one()
            if count >= _MOST or size + len(data) > most_bytes:
                raise Conflict(f"{count} chunks of {size} bytes wait to be put together; {_MOST} of {most_bytes} may")
            made = insert(connection.dialect.name, SYMBOL_CHUNK).values(values).on_conflict_do_nothing()
            return connection.execute(made.returning(chunk.blob)).first() is not None

        is_new = False
        try:
            is_new = self._database.write(work)
        finally:
            if not is_new:
                self._blobs.delete([key])

    def sizes(self, holder: str, sha1s: Iterable[str]) -> dict[str, int]:
        """The sizes of those of these chunks that are stored."""
        wanted = sorted(set(sha1s))
        return self._database.read(lambda connection: _sizes(connection, holder, wanted))

    def assemble(self, app: App | None, holder: str, files: Sequence[ChunkedFile], *, shared: bool) -> None:
        """Commit uploads of files all of whose chunks are stored; a file that is being installed is left alone.

        Whoever leases such an upload gets its bytes by `join`. A file that lacks a chunk is left out.

        Args:
            app: the app that lists the uploads; None for none.
            holder: whose the chunks are.
            files: the files.
            shared: their symbols are for all apps.
        """

        def work(connection: Connection) -> bool:
            # No chunk of this holder is removed before the uploads that list it are written.
            lock(connection, ("chunks", holder))
            sizes = _sizes(connection, holder, sorted({sha1 for file in files for sha1 in file.chunks}))
            committed = [
                _commit(connection, app, holder, file, sum(sizes[sha1] for sha1 in file.chunks), shared=shared)
                for file in files
                if file.chunks and all(sha1 in sizes for sha1 in file.chunks)
            ]
            return any(committed)

        if self._database.write(work):
            self._arrivals.notify()

    def in_vain(self, app: App | None) -> int:
        """Bytes that were put together for an app (None: for none) in the last minutes, and made another file.

        The largest of these files does not count: one that was damaged on its way must not stop the others.
        """
        app_id = SHARED if app is None else app.id
        return self._database.read(lambda connection: _in_vain(connection, app_id))

    def join(self, upload_id: str, stream: BinaryIO, *, most_in_vain: int = MOST_IN_VAIN) -> bool:
        """Write the bytes of an upload that is put together from chunks; False if it has no chunks.

        Args:
            upload_id: the upload.
            stream: where they are written.
            most_in_vain: as many bytes may be put together for its app without becoming a file, before nothing is put
                together for a while.

        Raises:
            NotFound: a chunk is gone, or the file has another SHA-1 than the client said, or that was so too often.
            StoreUnavailable: they cannot be read.
        """
        listed = SYMBOL_UPLOAD_CHUNK.c
        of_upload = sa.select(SYMBOL_CHUNK.c.blob).select_from(SYMBOL_UPLOAD_CHUNK)
        of_upload = of_upload.outerjoin(
            SYMBOL_CHUNK, sa.and_(SYMBOL_CHUNK.c.holder == listed.holder, SYMBOL_CHUNK.c.sha1 == listed.sha1)
        )
        of_upload = of_upload.where(listed.upload_id == upload_id).order_by(listed.number)
        about = sa.select(SYMBOL_UPLOAD.c.app_id, SYMBOL_UPLOAD.c.owner).where(SYMBOL_UPLOAD.c.id == upload_id)

        def work(connection: Connection) -> tuple[list[str | None], Any, int]:
            upload = connection.execute(about).first()
            in_vain = 0 if upload is None else _in_vain(connection, upload.app_id)
            return list(connection.execute(of_upload).scalars()), upload, in_vain

        places, upload, in_vain = self._database.read(work)
        if not places or upload is None:
            return False
        if in_vain > most_in_vain:
            raise NotFound(
                "not put together: the chunks of earlier files of this app made other files; try again later"
            )
        digest = hashlib.sha1(usedforsecurity=False)
        for place in places:
            if place is None:
                raise NotFound("a chunk of it is gone: upload it again")
            for part in self._blobs.stream(place):
                digest.update(part)
                stream.write(part)
        if str(uuid.uuid5(_IDS, f"{upload.app_id}/{upload.owner}/{digest.hexdigest()}")) != upload_id:
            raise NotFound(f"{_OTHER_FILE}, with the SHA-1 {digest.hexdigest()}")
        return True

    def release(self, upload_id: str) -> None:
        """Forget the chunks of an upload that is finished, and remove those that no other upload lists."""
        listed = SYMBOL_UPLOAD_CHUNK.c
        of_upload = sa.select(listed.holder, listed.sha1).where(listed.upload_id == upload_id).distinct()

        def work(connection: Connection) -> list[str]:
            rows = connection.execute(of_upload).all()
            lock(connection, *(("chunks", holder) for holder in {row.holder for row in rows}))
            connection.execute(sa.delete(SYMBOL_UPLOAD_CHUNK).where(listed.upload_id == upload_id))
            gone: list[str] = []
            for holder in sorted({row.holder for row in rows}):
                for some in in_chunks(sorted({row.sha1 for row in rows if row.holder == holder})):
                    unused = sa.delete(SYMBOL_CHUNK).where(
                        SYMBOL_CHUNK.c.holder == holder, SYMBOL_CHUNK.c.sha1.in_(some), ~_is_listed()
                    )
                    gone += connection.execute(unused.returning(SYMBOL_CHUNK.c.blob)).scalars()
            return gone

        self._blobs.delete(self._database.write(work))


def expire_chunks(connection: Connection, before: int) -> list[str]:
    """Remove chunks that no upload waits for and that are older than a time in milliseconds; returns their blobs."""
    waits = sa.exists().where(
        SYMBOL_UPLOAD.c.id == SYMBOL_UPLOAD_CHUNK.c.upload_id, SYMBOL_UPLOAD.c.status.in_(_WAITING)
    )
    connection.execute(sa.delete(SYMBOL_UPLOAD_CHUNK).where(~waits))
    old = sa.delete(SYMBOL_CHUNK).where(SYMBOL_CHUNK.c.created < before, ~_is_listed())
    return list(connection.execute(old.returning(SYMBOL_CHUNK.c.blob)).scalars())


def _in_vain(connection: Connection, app_id: int) -> int:
    upload = SYMBOL_UPLOAD.c
    all_but_one = sa.func.sum(upload.size) - sa.func.max(upload.size)
    statement = sa.select(sa.func.coalesce(all_but_one, 0)).where(
        upload.app_id == app_id,
        upload.status == "failed",
        upload.updated > now() - int(OTHER_FILE_LASTS * 1000),
        upload.message.startswith(_OTHER_FILE),
    )
    return int(connection.execute(statement).scalar_one())


def _is_listed() -> sa.ColumnElement[bool]:
    listed = SYMBOL_UPLOAD_CHUNK.c
    return sa.exists().where(listed.holder == SYMBOL_CHUNK.c.holder, listed.sha1 == SYMBOL_CHUNK.c.sha1)


def _sizes(connection: Connection, holder: str, sha1s: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in in_chunks(sha1s):
        statement = sa.select(SYMBOL_CHUNK.c.sha1, SYMBOL_CHUNK.c.size)
        statement = statement.where(SYMBOL_CHUNK.c.holder == holder, SYMBOL_CHUNK.c.sha1.in_(some))
        found |= {row.sha1: row.size for row in connection.execute(statement)}
    return found


def _commit(
    connection: Connection, app: App | None, holder: str, file: ChunkedFile, size: int, *, shared: bool
) -> bool:
    """Write an upload and its chunks; False if it is being installed."""
    number, time = upload_id_of(app, file.sha1, shared=shared), now()
    values = {
        "status": "committed",
        "file_name": clean_or_none(file.name),
        "size": size,
        "message": None,
        "blob": f"{UPLOADS}/{number}",
        "attempts": 0,
        "updated": time,
    }
    app_id = SHARED if app is None else app.id
    first = {
        "id": number,
        "app_id": app_id,
        "owner": SHARED if shared else app_id,
        "symbol_type": "Breakpad",
        "created": time,
    }
    made = insert(connection.dialect.name, SYMBOL_UPLOAD).values(values | first)
    made = made.on_conflict_do_update(
        index_elements=[SYMBOL_UPLOAD.c.id],
        set_=values,
        where=SYMBOL_UPLOAD.c.status.not_in(_WAITING),
    )
    if connection.execute(made.returning(SYMBOL_UPLOAD.c.id)).first() is None:
        return False
    connection.execute(sa.delete(SYMBOL_UPLOAD_CHUNK).where(SYMBOL_UPLOAD_CHUNK.c.upload_id == number))
    rows = [
        {"upload_id": number, "number": place, "holder": holder, "sha1": sha1} for place, sha1 in enumerate(file.chunks)
    ]
    connection.execute(sa.insert(SYMBOL_UPLOAD_CHUNK), rows)
    return True
