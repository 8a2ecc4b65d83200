"""The rows of a batch in the store of a service: every crash becomes an event of an app, with its report."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import msgspec

from symbolicate.atomic import AtomicFile
from symbolicate.cli.complaints import wrong_file
from symbolicate.corpus.manifest import JobError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from symbolicate.corpus.manifest import Job, Record
    from symbolicate.service.config import Config
    from symbolicate.service.limits.capacity import Capacity
    from symbolicate.store import App, Store

__all__ = ["StoreRows", "is_database", "local_place", "opened_rows"]

_SCHEMES = ("sqlite", "postgresql")
# Reports, and their bytes, of one transaction.
_MOST, _MOST_BYTES = 200, 8 << 20
# Shards that wait to be written; beyond these the batch waits.
_AHEAD = 4


class _Input(msgspec.Struct):
    kind: str = ""


class _Row(msgspec.Struct):
    """What is decoded of a row."""

    status: str = ""
    input: _Input = msgspec.field(default_factory=_Input)


_decoder = msgspec.json.Decoder(_Row)


def is_database(out: str) -> bool:
    """Whether an output is the URL of a database: `sqlite:///PATH`, `postgresql://…`."""
    scheme, separator, _ = out.partition("://")
    return bool(separator) and scheme.partition("+")[0].lower() in _SCHEMES


def local_place(out: str, chosen: dict[str, Any]) -> str:
    """The path of a file in the data folder, beside which the batch of a database and an app has its folder.

    The file is written when the batch is finished.
    """
    import hashlib

    config = _settings(out, chosen)
    _check_folder(out, config)
    key = hashlib.blake2b(f"{out}\n{chosen['app'] or ''}".encode(), digest_size=8).hexdigest()
    folder = os.path.join(os.path.abspath(config.data_dir), "batches")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return os.path.join(folder, f"{key}.ndjson")


def _check_folder(url: str, config: Config) -> None:
    """Refuse a file of SQLite in a folder that is not there, unless it is the data folder: its path may be misspelt."""
    from symbolicate.store import database_file

    path = database_file(url)
    if path is not None:
        folder = os.path.dirname(path)
        if folder != os.path.abspath(config.data_dir) and not os.path.isdir(folder):
            raise wrong_file(f"no such folder: {folder}")


@contextmanager
def opened_rows(job: Job, place: str, chosen: dict[str, Any]) -> Iterator[StoreRows]:
    """Open the store, and the app, which is created if there is none with this id.

    Shards that are committed and not stored, because the process was killed, are stored first.

    Errors of the store are printed, with exit code 1; what is stored by then stays.
    """
    from symbolicate.cli.query_places import only_app
    from symbolicate.cli.service_options import opened
    from symbolicate.service.limits.capacity import Capacity

    url = chosen["database"]
    with opened(chosen["config_file"], chosen["data"], url) as store:
        name = chosen["app"] or only_app(store)
        app = store.apps.named(name) or store.apps.ensure(name)
        rows = StoreRows(job, place, store, app, Capacity(store, _settings(url, chosen)))
        try:
            for shard in sorted(job.committed() - job.stored()):
                rows.add(job.record(shard))
            yield rows
        finally:
            rows.close()


class StoreRows:
    """Writes the rows of shards to a store, while other shards are processed.

    A row is written once, whatever is repeated: its id is made of those of the batch, of the shard and of the row, and
    a shard has one data file that counts.

    Args:
        job: the batch.
        place: the file that is written when all rows are stored.
        store: the store.
        app: the app that the events are of.
        capacity: its quota, and the space on the disks.
    """

    def __init__(self, job: Job, place: str, store: Store, app: App, capacity: Capacity) -> None:
        # Most batches have no database.
        from concurrent.futures import ThreadPoolExecutor

        self._job = job
        self._place = place
        self._store = store
        self._app = app
        self._capacity = capacity
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._waiting: deque[Future[None]] = deque()

    def add(self, record: Record) -> None:
        """A shard is committed.

        Raises:
            JobError: there is no space for its rows.
            StoreUnavailable: the rows of this or an earlier shard could not be written.
        """
        self._waiting.append(self._thread.submit(self._write_shard, record))
        while len(self._waiting) > _AHEAD:
            self._waiting.popleft().result()

    def finish(self) -> None:
        """Wait until all rows are written, and remove the batch's folder. Raises as `add`."""
        while self._waiting:
            self._waiting.popleft().result()
        # First this: if the process is killed now, `--resume` sees that nothing is left to do.
        with AtomicFile(self._place) as file:
            file.stream.write(self._job.manifest.id.encode())
        self._job.remove()

    def close(self) -> None:
        """Let go of what was not begun."""
        self._thread.shutdown(cancel_futures=True)

    def _write_shard(self, record: Record) -> None:
        from symbolicate.store import Processed

        job, some, size = self._job, [], 0
        with tempfile.TemporaryDirectory() as scratch, open(job.storage.local(record.data, scratch), "rb") as lines:
            for number, line in enumerate(lines):
                row = _decoder.decode(line)
                if row.status == "ERROR":
                    continue
                some.append(Processed(f"{job.manifest.id}/{record.shard}/{number}", row.input.kind, line.rstrip(b"\n")))
                size += len(line)
                if len(some) >= _MOST or size >= _MOST_BYTES:
                    self._write(some)
                    some, size = [], 0
        if some:
            self._write(some)
        job.mark_stored(record)

    def _write(self, reports: list[Any]) -> None:
        from symbolicate.service.errors import RefusedError

        try:
            self._capacity.check_reports(self._app, [len(one.report) for one in reports])
        except RefusedError as error:
            raise JobError(f"{error}; what is stored stays, and --resume goes on") from None
        self._store.add_processed(self._app, reports)


def _settings(out: str, chosen: dict[str, Any]) -> Config:
    from symbolicate.cli.service_options import settings

    if chosen["runner"] == "ray" and not chosen["data"]:
        raise click.UsageError("--runner ray with a database needs --data: a folder that all machines have")
    return settings(chosen["config_file"], {"data": chosen["data"], "db": out})
