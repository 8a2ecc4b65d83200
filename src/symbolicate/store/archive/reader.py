"""Restores a store from an archive, completely or not at all.

Rows are written in one transaction, which is committed when the last member of the archive was read and every blob is
stored. An archive of an older version is read into the tables of that version, which are then brought up to date
as an older database would be.
"""

from __future__ import annotations

import base64
import binascii
import tarfile
import zlib
from typing import IO, TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError, StatementError

from symbolicate.store.archive.layout import (
    END,
    FORMAT,
    HEAD,
    LARGEST_PART,
    LARGEST_TEXT,
    ArchiveError,
    Digest,
    End,
    Head,
    blob_of,
    decoded,
    table_of,
)
from symbolicate.store.database import migration
from symbolicate.store.database.tables import METADATA
from symbolicate.store.database.transactions import in_chunks
from symbolicate.store.errors import Conflict, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database

__all__ = ["restore"]

_CHUNK = 1 << 20
_OWN = frozenset({"secret"})  # tables that a service fills when it starts


def restore(database: Database, blobs: Blobs, stream: IO[bytes], *, step: Callable[[], object] = lambda: None) -> End:
    """Restore a store from an archive.

    Args:
        database: an empty database, or one without any rows.
        blobs: the blob store.
        stream: the archive; only read forward, so it may be a pipe.
        step: called for every part and every blob that was read.

    Returns:
        What the archive contained.

    Raises:
        ArchiveError: it is not an archive, is cut, or is of a newer version. Only blobs were written, which the
            hourly sweep removes.
        Conflict: the database has rows.
        StoreUnavailable: the database or the blob store cannot be written.
    """
    began = False

    def work(connection: Connection) -> End:
        nonlocal began
        if began:
            # The stream cannot be read again, so the transaction is not repeated.
            raise StoreUnavailable("the database ended the transaction of the import")
        began = True
        return _restore(connection, blobs, stream, step)

    end = database.write(work)
    migration.bring_up_to_date(database)
    return end


def _restore(connection: Connection, blobs: Blobs, stream: IO[bytes], step: Callable[[], object]) -> End:
    try:
        with tarfile.open(fileobj=stream, mode="r|*") as archive:
            return _read(connection, blobs, archive, step)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ArchiveError(f"not an archive of a store, or damaged: {error}") from None


def _read(connection: Connection, blobs: Blobs, archive: tarfile.TarFile, step: Callable[[], object]) -> End:
    first = archive.next()
    if first is None or first.name != HEAD:
        raise ArchiveError("not an archive of a store")
    digest = Digest()
    head = _bytes(archive, first, LARGEST_TEXT, digest)
    _prepare(connection, decoded(head, Head))
    rows: dict[str, int] = {}
    count = 0
    while (member := archive.next()) is not None:
        if member.name == END:
            end: End = decoded(_bytes(archive, member, LARGEST_TEXT, Digest()), End)
            if end.blobs != count or {name: n for name, n in end.rows.items() if n} != rows:
                raise ArchiveError(
                    "parts of the archive are missing: it has fewer rows or blobs than its last member lists"
                )
            if end.digest != digest.hex():
                raise ArchiveError("the archive is damaged: its bytes are not those that were written")
            _continue_numbers(connection)
            return end
        if (name := table_of(member.name)) is not None:
            part = _bytes(archive, member, LARGEST_PART, digest)
            rows[name] = rows.get(name, 0) + _write_rows(connection, name, part)
        elif (key := blob_of(member.name)) is not None:
            _write_blob(blobs, key, archive, member, digest)
            count += 1
        else:
            raise ArchiveError(f"unknown member {member.name[:80]!r}")
        step()
    raise ArchiveError("the archive is cut: its end is missing")


def _bytes(archive: tarfile.TarFile, member: tarfile.TarInfo, largest: int, digest: Digest) -> bytes:
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None or member.size > largest:
        raise ArchiveError(f"{member.name[:80]!r} is not a file of at most {largest} bytes")
    data = stream.read()
    if len(data) != member.size:
        raise ArchiveError("the archive is cut")
    digest.text(member.name)
    digest.parts([data])
    return data


def _prepare(connection: Connection, head: Head) -> None:
    """Create the tables of the archive's version in a database without rows."""
    if head.format > FORMAT or head.revision not in migration.revisions():
        raise ArchiveError(
            f"the archive is of format {head.format} and revision {head.revision[:40]!r}, "
            f"written by version {head.program[:40]!r}: this program is too old"
        )
    there = set(sa.inspect(connection).get_table_names())
    for table in METADATA.sorted_tables:
        if table.name not in there or table.name in _OWN:
            continue
        if connection.execute(sa.select(sa.literal(1)).select_from(sa.table(table.name)).limit(1)).first():
            raise Conflict("the database is not empty: import into an empty one")
    if migration.version(connection) is not None:
        METADATA.drop_all(connection)
        connection.execute(sa.text("DROP TABLE alembic_version"))
    migration.upgrade(connection, head.revision)


def _write_rows(connection: Connection, name: str, data: bytes) -> int:
    try:
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    except NoSuchTableError:
        raise ArchiveError(f"unknown table {name!r}") from None
    lines = data.splitlines()
    names: list[str] = decoded(lines[0] if lines else b"", list[str])
    if set(names) != {column.name for column in table.columns}:
        raise ArchiveError(f"the columns of table {name!r} are not those of its version")
    binary = {number for number, column in enumerate(names) if isinstance(table.c[column].type, sa.LargeBinary)}
    decode = msgspec.json.Decoder(list[Any]).decode
    try:
        rows = [dict(zip(names, _row(decode(line), binary), strict=True)) for line in lines[1:]]
        for some in in_chunks(rows):
            connection.execute(sa.insert(table), some)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, TypeError, StatementError) as error:
        if isinstance(error, sa.exc.OperationalError):
            raise
        cause = error.orig if isinstance(error, SQLAlchemyError) and getattr(error, "orig", None) else error
        raise ArchiveError(f"a row of table {name!r} cannot be used: {str(cause).splitlines()[0][:200]}") from None
    return len(rows)


def _row(values: list[Any], binary: set[int]) -> list[Any]:
    """The values of a row, bytes from their base64.

    Raises:
        ValueError: a value is not valid base64.
    """
    for number in binary & set(range(len(values))):
        if (value := values[number]) is not None:
            if not isinstance(value, str):
                raise binascii.Error("bytes are not base64")
            values[number] = base64.b64decode(value, validate=True)
    return values


def _write_blob(blobs: Blobs, key: str, archive: tarfile.TarFile, member: tarfile.TarInfo, digest: Digest) -> None:
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None:
        raise ArchiveError(f"{member.name[:80]!r} is not a file")
    try:
        digest.text(member.name)
        size = blobs.put(key, digest.of(iter(lambda: stream.read(_CHUNK), b"")))
    except ValueError as error:
        raise ArchiveError(str(error)) from None
    if size != member.size:
        raise ArchiveError("the archive is cut")


def _continue_numbers(connection: Connection) -> None:
    """Make PostgreSQL number new rows after those of the archive. SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in sa.inspect(connection).get_table_names():
        sequence = connection.execute(
            sa.text(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()"
                " AND table_name = :table AND column_name = 'id' AND column_default LIKE 'nextval(%'"
            ),
            {"table": table},
        ).scalar()
        if sequence is not None:
            newest = connection.execute(sa.select(sa.func.max(sa.column("id"))).select_from(sa.table(table))).scalar()
            if newest is not None:
                name = sa.func.pg_get_serial_sequence(f'"{table}"', "id")
                connection.execute(sa.select(sa.func.setval(name, newest)))
