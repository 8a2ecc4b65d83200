"""The rows of shards as a stream, while other shards are processed."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from symbolicate.corpus.copying import copy_file

if TYPE_CHECKING:
    from typing import BinaryIO

    from symbolicate.corpus.manifest import Job, Record

__all__ = ["RowStream"]


class RowStream:
    """Writes the rows of shards to a stream as soon as their turn comes, and removes the data files.

    Args:
        job: the batch; it cannot be resumed afterwards.
        stream: what to write to.
        in_order: whether the rows are in the order of the inputs; else they are written as shards are committed.
    """

    def __init__(self, job: Job, stream: BinaryIO, *, in_order: bool) -> None:
        self._job = job
        self._stream = stream
        self._in_order = in_order
        self._waiting: dict[int, Record] = {}
        self._next = 0

    def add(self, record: Record) -> None:
        """A shard is committed."""
        if not self._in_order:
            self._write(record)
            return
        self._waiting[record.shard] = record
        while (ready := self._waiting.pop(self._next, None)) is not None:
            self._write(ready)
            self._next += 1

    def finish(self) -> None:
        """All shards are committed: nothing is left."""

    def _write(self, record: Record) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            copy_file(self._job.storage.local(record.data, scratch), self._stream)
            self._stream.flush()
            self._job.storage.delete(record.data)
