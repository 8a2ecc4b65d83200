"""The job of a batch: an immutable manifest, lists of inputs by shard, and the commit records of finished shards.

    OUT.batch/manifest.json                options, number of inputs of each shard; written once all inputs are listed
    OUT.batch/ID/inputs.json               the inputs of all shards, in order: a line for each shard
    OUT.batch/ID/rows.ndjson               rows of shards in the order of the shards; see `layout`
    OUT.batch/ID/data/000000-….ndjson      rows of a shard that are not there; without a commit record it does not count
    OUT.batch/ID/commits/000000.json       the commit record of a shard: its data file and its tally
    OUT.batch/ID/stored/000000.json        the rows of a shard are in a database, and its data file is not needed

Everything is written create-only. A process that is killed at any point leaves at most a data file without a record, or
the list of inputs of an ID that no manifest has.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from symbolicate.corpus.entries import Entry
from symbolicate.corpus.options import Options  # noqa: TC001 - the decoder reads annotations
from symbolicate.corpus.storage import Storage, open_storage
from symbolicate.errors import SymbolicateError
from symbolicate.summary.tally import Tally  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Job", "JobError", "Manifest", "NoJobError", "Record", "ShardSize"]

_MANIFEST = "manifest.json"
_INPUTS = "inputs.json"
_VERSION = 2


class JobError(SymbolicateError):
    """A batch cannot be done or resumed. The message says why, in one line."""


class NoJobError(JobError):
    """There is no batch: no manifest was written."""


class ShardSize(msgspec.Struct, frozen=True, array_like=True):
    """The number of inputs of a shard, and their bytes; where its line in the list of inputs is, and how long."""

    inputs: int
    bytes: int
    line: int
    line_bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch is.

    Attributes:
        version: of this format.
        id: the name of the folder of its shards.
        folder: the folder that relative names of inputs are relative to.
        given: the inputs as they were named.
        options: what determines the rows.
        shards: the size of each shard.
    """

    version: int = _VERSION
    id: str
    folder: str
    given: list[str]
    options: Options
    shards: list[ShardSize]

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return sum(size.inputs for size in self.shards)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The commit record of a shard.

    Attributes:
        shard: its number.
        data: the key of its data file.
        rows: the number of its rows.
        bytes: the size of the rows.
        tally: what was counted.
        begin: where they are in the file of all rows; None if the data file has only them.
    """

    shard: int
    data: str
    rows: int
    bytes: int
    tally: Tally
    begin: int | None = None


class Job:
    """A batch in its folder.

    Args:
        place: the folder, or the address of one in an object store.

    Raises:
        ObjectError: the object store cannot be opened.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self.storage: Storage = open_storage(place)
        self._manifest: Manifest | None = None

    @property
    def manifest(self) -> Manifest:
        """Its manifest.

        Raises:
            JobError: there is no manifest, or it is of another version.
        """
        if self._manifest is None:
            try:
                self._manifest = msgspec.json.decode(self.storage.read(_MANIFEST), type=Manifest)
            except FileNotFoundError:
                raise NoJobError(f"{self.place}: there is no batch") from None
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                raise JobError(f"{self.place}/{_MANIFEST}: not a manifest of this version: {error}") from None
            if self._manifest.version != _VERSION:
                raise JobError(f"{self.place}/{_MANIFEST}: version {self._manifest.version}, not {_VERSION}")
        return self._manifest

    def is_planned(self) -> bool:
        """Whether it has a manifest."""
        try:
            return self.manifest is not None
        except NoJobError:
            return False

    def create(self, manifest: Manifest) -> None:
        """Write the manifest.

        Raises:
            JobError: another process wrote one.
        """
        if not self.storage.create(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest))):
            raise JobError(f"{self.place}: another process has begun this batch")
        self._manifest = manifest

    def write_inputs(self, batch: str, path: str) -> None:
        """Move the list of inputs from a local file, before there is a manifest with this id."""
        self.storage.put_file(f"{batch}/{_INPUTS}", path)

    def inputs(self, shard: int) -> list[Entry]:
        """The inputs of a shard."""
        size = self.manifest.shards[shard]
        line = self.storage.read(f"{self.manifest.id}/{_INPUTS}", (size.line, size.line_bytes))
        return msgspec.json.decode(line, type=list[Entry])

    @property
    def rows_key(self) -> str:
        """The key of the file of all rows. It is on a disk, or is not there."""
        return f"{self.manifest.id}/rows.ndjson"

    def data_key(self, shard: int) -> str:
        """A new key for a data file of a shard."""
        return f"{self.manifest.id}/data/{shard:06}-{os.urandom(6).hex()}.{self.manifest.options.format}"

    def committed(self) -> set[int]:
        """The numbers of the shards with a commit record."""
        return self._numbers("commits")

    def _numbers(self, folder: str) -> set[int]:
        names = (key.partition(".")[0] for key in self.storage.keys(f"{self.manifest.id}/{folder}"))
        return {int(name) for name in names if name.isdigit()}

    def record(self, shard: int) -> Record:
        """The commit record of a shard.

        Raises:
            FileNotFoundError: it is not committed.
        """
        return msgspec.json.decode(self.storage.read(_key(self.manifest.id, "commits", shard)), type=Record)

    def records(self) -> Iterator[Record]:
        """All commit records, in the order of the shards."""
        for shard in sorted(self.committed()):
            yield self.record(shard)

    def commit(self, record: Record) -> Record:
        """Commit a shard whose data file is written; returns the record that counts, which may be another process's."""
        if self.storage.create(_key(self.manifest.id, "commits", record.shard), msgspec.json.encode(record)):
            return record
        counts = self.record(record.shard)
        if record.data not in {counts.data, self.rows_key}:
            self.storage.delete(record.data)
        return counts

    def stored(self) -> set[int]:
        """The numbers of the shards whose rows are in a database."""
        return self._numbers("stored")

    def mark_stored(self, record: Record) -> None:
        """The rows of a shard are in a database: remove its data file."""
        self.storage.create(_key(self.manifest.id, "stored", record.shard), b"{}")
        self.storage.delete(record.data)

    def remove(self) -> None:
        """Remove the folder. What is left if the process is killed meanwhile is no batch."""
        self.storage.delete(_MANIFEST)
        self.storage.remove()


def _key(batch: str, folder: str, shard: int) -> str:
    return f"{batch}/{folder}/{shard:06}.json"
