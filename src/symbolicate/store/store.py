"""The store as callers use it: a database, a blob store, and the operations on both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from symbolicate.store.access.apps import Apps
from symbolicate.store.access.tokens import Tokens
from symbolicate.store.content.usage import Usage
from symbolicate.store.counts.devices import DeviceRows
from symbolicate.store.database import migration
from symbolicate.store.database.clock import now as present
from symbolicate.store.database.tables import PROBE, REPORT
from symbolicate.store.database.transactions import insert
from symbolicate.store.decisions.buckets import Buckets
from symbolicate.store.intake.accept import Intake
from symbolicate.store.intake.active_devices import ActiveDevices
from symbolicate.store.jobs.arrivals import Arrivals
from symbolicate.store.locations import open_locations
from symbolicate.store.processing.completion import Finishing
from symbolicate.store.processing.queue import Queue
from symbolicate.store.query import Query
from symbolicate.store.reports.reports import Reports
from symbolicate.store.symbols.chunks import SymbolChunks
from symbolicate.store.symbols.files import SymbolFiles
from symbolicate.store.symbols.uploads import SymbolUploads
from symbolicate.store.upkeep import retention

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from sqlalchemy.engine import Connection

    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.records import Accepted, App, Attachment, Cab, Done, Job, Processed, Stored, Swept, Upload

__all__ = ["Store"]


class _OpenQueue(Queue):
    """The queue, with the other half of its work: finishing jobs."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        apps: Apps,
        arrivals: Arrivals,
        devices: DeviceRows,
        *,
        max_attempts: int,
    ) -> None:
        super().__init__(database, blobs, apps, arrivals, max_attempts=max_attempts)
        self.finishing = Finishing(database, blobs, devices)

    def complete(self, done: Sequence[Done]) -> list[bool]:
        """Write processed jobs; returns which of them counted. See `Finishing.complete`."""
        return self.finishing.complete(done)


class Store:
    """Everything that a service stores. Created by `open`; may be used by any thread."""

    def __init__(self, database: Database, blobs: Blobs, *, max_attempts: int = 5) -> None:
        self.database = database
        self.blobs = blobs
        self.apps = Apps(database)
        self.tokens = Tokens(database)
        arrivals = Arrivals()
        devices = DeviceRows()
        self.queue = _OpenQueue(database, blobs, self.apps, arrivals, devices, max_attempts=max_attempts)
        self.active_devices = ActiveDevices(database, devices)
        self.reports = Reports(database, blobs)
        self.symbols = SymbolUploads(database, blobs, arrivals)
        self.symbol_chunks = SymbolChunks(database, blobs, arrivals)
        self.symbol_files = SymbolFiles(database, blobs, arrivals)
        self.buckets = Buckets(database)
        self.usage = Usage(database)
        self.query = Query(database, blobs, self.apps)
        self._intake = Intake(database, blobs)

    @classmethod
    def open(
        cls,
        url: str | None = None,
        *,
        data: str | os.PathLike[str],
        blobs: str | None = None,
        migrate: bool = True,
        pool: int = 8,
        wait_seconds: float = 30,
        max_attempts: int = 5,
    ) -> Store:
        """Open a store; it is created if it does not exist.

        Args:
            url: of the database, `sqlite:///PATH` or `postgresql://…`; by default a file in `data`.
            data: a folder.
            blobs: where large bytes go, a folder or a URL such as `s3://bucket/prefix`; by default a folder in `data`.
            migrate: bring an older database up to date; otherwise an older database is refused.
            pool: connections to keep.
            wait_seconds: how long to wait for locks, and for a database that is still starting.
            max_attempts: attempts before a report becomes a dead letter.

        Raises:
            StoreUrlError: the URL of the database or the blobs is invalid.
            StoreUnavailable: the database or the blob store is not available, or is of a newer version.
        """
        database, place = open_locations(url, data=data, blobs=blobs, pool=pool, wait_seconds=wait_seconds)
        try:
            migration.bring_up_to_date(database, allowed=migrate)
        except BaseException:
            database.close()
            raise
        return cls(database, place, max_attempts=max_attempts)

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def location(self) -> str:
        """The URLs of the database and the blobs, without a password."""
        return f"{self.database.url.render_as_string(hide_password=True)}, blobs in {self.blobs.place}"

    def accept(
        self,
        app: App,
        uploads: Sequence[Upload],
        attachments: Sequence[Attachment] = (),
        received: datetime | None = None,
        properties: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Accepted:
        """Store uploads; they are durable and in the queue when this returns. See `Intake.accept`."""
        accepted = self._intake.accept(app, uploads, attachments, received, properties)
        self.queue.arrived()
        return accepted

    def add_processed(self, app: App, reports: Sequence[Processed]) -> int:
        """Store reports that were processed elsewhere, with what they count as. See `Finishing.add`."""
        return self.queue.finishing.add(app, reports)

    def kept_before(
        self, app: App, attachments: Mapping[int, Attachment], properties: Mapping[str, Mapping[str, str]]
    ) -> set[int | str]:
        """The keys of those attachments and properties that are stored already with the same bytes."""
        return self._intake.kept_before(app, attachments, properties)

    def new_ids(self, app: App, uploads: Sequence[Upload]) -> list[str]:
        """The normalised log ids of those uploads that are not stored already, one for each such upload."""
        return self._intake.new_ids(app, uploads)

    def data(self, of: Job | Stored | int | str) -> bytes:
        """The bytes of a report as they were received.

        Raises:
            NotFound: they have expired.
        """
        return self.reports.data(of if isinstance(of, int | str) else _number(of))

    def attachment_data(self, attachment_id: int) -> bytes:
        """The bytes of an attachment.

        Raises:
            NotFound: they have expired.
        """
        return self.reports.attachment_data(attachment_id)

    def cab_data(self, cab: Cab) -> bytes:
        """The bytes of a result of `query.cab`.

        Raises:
            NotFound: they have expired.
        """
        return self.query.cab_data(cab)

    def sweep(
        self,
        now: datetime | None = None,
        limit: int | None = None,
        orphan_hours: float = retention.ORPHAN_HOURS,
    ) -> Swept:
        """Remove what has expired. To be called about once an hour. See `retention.sweep`."""
        return retention.sweep(self.database, self.blobs, self.apps.list(), now, limit, orphan_hours)

    def ping(self) -> None:
        """Check that the database can be read and written. A row is written, because reading works on a full disk.

        Raises:
            StoreFull: its disk is full.
            StoreUnavailable: it cannot be read or written.
        """

        def work(connection: Connection) -> None:
            probe = insert(connection.dialect.name, PROBE).values(id=0, at=present())
            connection.execute(probe.on_conflict_do_update(index_elements=[PROBE.c.id], set_={"at": probe.excluded.at}))

        self.database.write(work, durable=False)

    def health(self) -> dict[str, Any]:
        """Key figures of the store."""

        def reports(connection: Connection) -> int:
            # The newest row's number: close enough, and counting millions of rows takes time.
            return connection.execute(sa.select(sa.func.max(REPORT.c.id))).scalar() or 0

        return {
            "database": self.database.name,
            "schema": self.database.read(migration.version),
            "reports": self.database.read(reports),
            **self.queue.depth(),
        }


def _number(of: Job | Stored) -> int:
    number: int | None = getattr(of, "report_id", None)
    return number if number is not None else of.id  # type: ignore[union-attr]
