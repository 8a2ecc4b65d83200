"""The database: how it is opened, and transactions on it.

SQLite in WAL mode lets one process write at a time and any number read. Writers of this process queue up before a lock,
which is fairer and quicker than SQLite's own waiting; those of other processes wait in `BEGIN IMMEDIATE`.

A transaction is durable (the disk has it when it returns) or loose: atomic all the same, but a power failure may take
the last ones back. Loose transactions are for what the queue would cause again anyway. In either case a killed process
loses nothing that returned.
"""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import threading
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from symbolicate.store.database.arrays import use_arrays
from symbolicate.store.errors import StoreFull, StoreUnavailable, StoreUrlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy.dialects.postgresql import Insert
    from sqlalchemy.engine import URL, Connection, Engine

__all__ = ["LOCK", "Database", "database_file", "driver", "in_chunks", "insert", "lock", "lock_keys"]

T = TypeVar("T")

# A lost connection is noticed within a minute; with TCP's defaults it takes hours.
_CONNECTION = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_TRUSTED_SECONDS = 1.0  # a connection of PostgreSQL that was used this time ago is not checked
_TRIES = 6  # of a transaction that conflicts with another one
_DISK_FULL = "53100"
_AGAIN = ("40001", "40P01")  # serialization failure, deadlock


class Database:
    """A database and its transactions.

    Args:
        url: `sqlite:///PATH` or `postgresql://…`.
        pool: connections to keep, at most twice as many at once.
        wait_seconds: how long to wait for a lock, and at first for a PostgreSQL that is still starting.

    Raises:
        StoreUrlError: the URL is invalid, or of an unsupported database.
        StoreUnavailable: it cannot be reached.
    """

    def __init__(self, url: str, *, pool: int = 8, wait_seconds: float = 30) -> None:
        self.url = _parsed(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.name = "sqlite" if self.sqlite else "postgresql"
        self._lock: AbstractContextManager[Any] = threading.Lock() if self.sqlite else nullcontext()
        self.engine = _sqlite(self.url, pool, wait_seconds) if self.sqlite else _postgresql(self.url, pool)
        self._driver_error = self.engine.dialect.loaded_dbapi.Error
        self._first_contact(wait_seconds)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run work that only reads, on one snapshot of the database."""
        return self._try(work, write=False, durable=False)

    def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run work in one transaction; it is repeated after a conflict with another transaction.

        Raises:
            StoreFull: the disk of the database is full; nothing was written.
            StoreUnavailable: the database is not available or locked; as far as is known, nothing was written.
        """
        return self._try(work, write=True, durable=durable)

    def _try(self, work: Callable[[Connection], T], *, write: bool, durable: bool) -> T:
        for attempt in range(_TRIES):
            try:
                with self._lock if write else nullcontext():
                    return self._once(work, write=write, durable=durable)
            except DBAPIError as error:
                if attempt + 1 < _TRIES and _worth_another_try(error):
                    time.sleep(random.uniform(0, 0.01) * 2**attempt)  # noqa: S311
                    continue
                if _is_full(error):
                    raise StoreFull(_said(error)) from error
                if _unavailable(error):
                    raise StoreUnavailable(_said(error)) from error
                raise
            except PoolTimeout as error:
                raise StoreUnavailable("all connections to the database are in use") from error
        raise AssertionError

    def _once(self, work: Callable[[Connection], T], *, write: bool, durable: bool) -> T:
        with self.engine.connect() as connection:
            if self.sqlite:
                # Options of this connection until it is returned to the pool.
                connection.execution_options(
                    sqlite_begin="BEGIN IMMEDIATE" if write else "BEGIN", sqlite_durable=durable
                )
            with connection.begin():
                if write and not durable and not self.sqlite:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
                try:
                    return work(connection)
                except self._driver_error as error:  # of statements that were given to the driver itself
                    lost = self.engine.dialect.is_disconnect(error, connection.connection.driver_connection, None)
                    if lost:
                        connection.invalidate(error)
                    raise DBAPIError.instance(
                        None,
                        None,
                        error,
                        self._driver_error,
                        hide_parameters=True,
                        connection_invalidated=lost,
                        dialect=self.engine.dialect,
                    ) from error

    def _first_contact(self, wait_seconds: float) -> None:
        give_up = time.monotonic() + wait_seconds
        while True:
            try:
                self.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
            except StoreUnavailable:
                if self.sqlite or time.monotonic() > give_up:
                    raise
                time.sleep(0.2)
            else:
                return


def insert(dialect: str, table: sa.Table) -> Insert:
    """An INSERT in the dialect of a database, which supports ON CONFLICT.

    Building a statement takes longer than running it: statements that every report needs are built once, by a function
    that is cached by the dialect.
    """
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return cast("Insert", sqlite.insert(table))  # it has the same methods
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def lock(connection: Connection, *names: tuple[object, ...], shared: bool = False) -> None:
    """Lock these names until the transaction ends. SQLite has one writer at a time and needs no locks."""
    if connection.dialect.name == "sqlite" or not names:
        return
    connection.execute(sa.text(_locking(":keys", shared=shared)), {"keys": lock_keys(names)})


def driver(connection: Connection) -> Any:
    """The connection of the driver, for statements that every report needs: SQLAlchemy takes longer than they do.

    What it raises becomes an error of SQLAlchemy in the end.
    """
    return connection.connection.driver_connection


def _locking(keys: str, *, shared: bool) -> str:
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    return f"SELECT {function}(key) FROM unnest(CAST({keys} AS bigint[])) AS key"  # noqa: S608 - one of two


LOCK = _locking("%b", shared=False).encode()
"""What `lock` does, for the driver of PostgreSQL: its parameter are the `lock_keys`."""


def lock_keys(names: Iterable[tuple[object, ...]]) -> list[int]:
    """What is locked for these names, in an order in which two transactions cannot deadlock."""
    digests = {hashlib.blake2b(repr(name).encode(), digest_size=8).digest() for name in names}
    return sorted(int.from_bytes(digest, signed=True) for digest in digests)


def database_file(url: str) -> str | None:
    """The absolute path of a SQLite database; None for another kind, and for one in memory.

    Raises:
        StoreUrlError: the URL is invalid.
    """
    parsed = _parsed(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return os.path.abspath(str(parsed.database)) if is_file else None


def _parsed(url: str) -> URL:
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise StoreUrlError("invalid database URL: use sqlite:///PATH or postgresql://USER@HOST/NAME") from None
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise StoreUrlError(f"unknown kind of database {parsed.drivername!r}: use sqlite:///PATH or postgresql://…")
    return parsed


def _sqlite(url: URL, pool: int, wait_seconds: float) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise StoreUrlError("a database in memory cannot be shared: use sqlite:///PATH")
    folder = os.path.dirname(os.path.abspath(str(url.database)))
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"{folder}: {error.strerror}") from error
    engine = sa.create_engine(
        url,
        hide_parameters=True,  # they may be secrets, and messages of errors are logged
        pool_size=pool,
        pool_use_lifo=True,  # one writer at a time: the connection that wrote last has the pages that the next needs
        max_overflow=4 * pool,
        pool_timeout=wait_seconds,
        connect_args={"timeout": wait_seconds, "check_same_thread": False, "cached_statements": 512},
        poolclass=sa.QueuePool,
    )

    @event.listens_for(engine, "connect")
    def connected(raw: Any, _: object) -> None:
        raw.isolation_level = None  # `begin` below starts transactions, not the driver
        _use_write_ahead_log(raw, wait_seconds)
        for pragma in ("cache_size=-65536", "temp_store=MEMORY", "mmap_size=268435456", "wal_autocheckpoint=8192"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        level = "FULL" if options.get("sqlite_durable", True) else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN"))

    return engine


def _use_write_ahead_log(raw: Any, wait_seconds: float) -> None:
    """Change to WAL, or see that it is the mode.

    SQLite does not wait for this lock as it does for others: of several that open a new database at once, all but one
    would fail at once.
    """
    ends = time.monotonic() + wait_seconds
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= ends:
                raise
            time.sleep(0.01)
        else:
            return


def _postgresql(url: URL, pool: int) -> Engine:
    try:
        engine = sa.create_engine(
            url,
            hide_parameters=True,
            pool_size=pool,
            pool_use_lifo=True,
            max_overflow=pool,
            pool_recycle=1800,
            connect_args={name: value for name, value in _CONNECTION.items() if name not in url.query},
        )
    except (ImportError, NoSuchModuleError) as error:
        raise StoreUrlError("PostgreSQL needs psycopg: pip install 'symbolicate[service]'") from error

    # Asking a connection whether it works takes a round trip, so those that were used just now are not asked.
    @event.listens_for(engine, "checkin")
    def returned(_: object, record: Any) -> None:
        record.info["returned"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(raw: Any, record: Any, _: object) -> None:
        if time.monotonic() - record.info.get("returned", float("inf")) > _TRUSTED_SECONDS:
            try:
                alive = engine.dialect.do_ping(raw)
            except engine.dialect.loaded_dbapi.Error:
                alive = False
            if not alive:
                raise sa.exc.DisconnectionError

    @event.listens_for(engine, "connect")
    def connected(raw: Any, _: object) -> None:
        use_arrays(raw)

    return engine


def _worth_another_try(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _AGAIN


def _unavailable(error: DBAPIError) -> bool:
    """Whether the database is unavailable or full, as opposed to an invalid statement."""
    # SQLite reports a damaged file, or a file that is not a database, as a plain DatabaseError.
    damaged = type(error) is sa.exc.DatabaseError
    return error.connection_invalidated or damaged or isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)


def _is_full(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or getattr(error.orig, "sqlstate", None) == _DISK_FULL


def _said(error: DBAPIError) -> str:
    """The database's message, in one line, without the statement and its parameters."""
    text = str(error.orig).strip() or type(error.orig).__name__
    return f"the database cannot be used: {text.splitlines()[0]}"


def in_chunks(values: list[T], size: int = 500) -> Iterator[list[T]]:
    """A list in parts: SQLite takes a limited number of parameters."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
