"""Archives a store that may be in use: a snapshot of the tables, then every blob.

A blob is written before the row that names it, so the blob of each row exists, unless the report expired while the
archive was written.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
import time
from typing import IO, TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from symbolicate._native import __version__
from symbolicate.store.archive.layout import BLOBS, END, FORMAT, HEAD, Digest, End, Head, part_name
from symbolicate.store.database import migration
from symbolicate.store.database.tables import METADATA
from symbolicate.store.errors import NotFound, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database

__all__ = ["Written", "write"]

_PART = 4 << 20  # bytes of rows after which another part begins
_AT_ONCE = 500  # rows that are fetched at a time
_HELD = 1 << 20  # bytes of a blob that are held in memory; a larger one goes through a temporary file

Written = End
"""The content of an archive: how many rows of each table, how many blobs."""


def write(
    database: Database, blobs: Blobs, stream: IO[bytes], *, step: Callable[[], object] = lambda: None, packed: bool
) -> Written:
    """Write an archive.

    Args:
        database: the database, of this version.
        blobs: the blob store.
        stream: where to; only written forward, so it may be a pipe.
        step: called for every part and every blob that was written.
        packed: compress it with gzip.

    Raises:
        StoreUnavailable: the database or the blobs cannot be read.
        OSError: the stream cannot be written.
    """
    with tarfile.open(fileobj=stream, mode="w|gz" if packed else "w|", format=tarfile.PAX_FORMAT) as archive:
        began, digest = False, Digest()

        def tables(connection: Connection) -> dict[str, int]:
            nonlocal began
            if began:
                # What was written to the stream cannot be undone, so the transaction is not repeated.
                raise StoreUnavailable("the database ended the transaction of the export")
            began = True
            return _write_tables(connection, archive, digest, step)

        rows = database.read(tables)
        count = missing = 0
        for key, _ in blobs.list():
            try:
                _write_blob(archive, digest, blobs, key)
            except NotFound:
                missing += 1
            else:
                count += 1
            step()
        end = End(rows, count, digest.hex(), missing)
        _add(archive, Digest(), END, msgspec.json.encode(end))
    return end


def _write_tables(
    connection: Connection, archive: tarfile.TarFile, digest: Digest, step: Callable[[], object]
) -> dict[str, int]:
    if connection.dialect.name == "postgresql":
        # All statements see one snapshot; by default each would see what was committed before it.
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    head = Head(FORMAT, migration.version(connection) or "", __version__)
    _add(archive, digest, HEAD, msgspec.json.encode(head))
    rows: dict[str, int] = {}
    for table in METADATA.sorted_tables:
        rows[table.name] = 0
        for number, (count, part) in enumerate(_parts(connection, table)):
            _add(archive, digest, part_name(table.name, number), part)
            rows[table.name] += count
            step()
    return rows


def _parts(connection: Connection, table: sa.Table) -> Iterator[tuple[int, bytes]]:
    """The rows of a table in parts, each with the number of its rows."""
    encode = msgspec.json.Encoder().encode
    names = encode([str(column.name) for column in table.columns]) + b"\n"
    part, count = bytearray(names), 0
    statement = sa.select(table).order_by(*table.primary_key.columns)
    for row in connection.execute(statement, execution_options={"yield_per": _AT_ONCE}):
        part += encode(tuple(row))
        part += b"\n"
        count += 1
        if len(part) >= _PART:
            yield count, bytes(part)
            part, count = bytearray(names), 0
    if count:
        yield count, bytes(part)


def _write_blob(archive: tarfile.TarFile, digest: Digest, blobs: Blobs, key: str) -> None:
    with tempfile.SpooledTemporaryFile(max_size=_HELD) as copy:
        # The size precedes the bytes in a tar file, and the blob may be replaced while it is read.
        copy.writelines(blobs.stream(key))
        size = copy.tell()
        copy.seek(0)
        digest.text(BLOBS + key)
        digest.parts(iter(lambda: copy.read(_HELD), b""))
        copy.seek(0)
        archive.addfile(_member(BLOBS + key, size), copy)


def _add(archive: tarfile.TarFile, digest: Digest, name: str, data: bytes) -> None:
    digest.text(name)
    digest.parts([data])
    archive.addfile(_member(name, len(data)), io.BytesIO(data))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(time.time())
    return member
