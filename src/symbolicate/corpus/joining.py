"""Joins the rows of all shards to one output."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

from symbolicate.atomic import AtomicFile
from symbolicate.corpus.copying import copy_file
from symbolicate.corpus.manifest import Job, JobError
from symbolicate.corpus.objects import is_address
from symbolicate.corpus.storage import open_storage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["finish"]


def finish(job: Job, out: str, order: Sequence[int] | None = None, *, keep: bool = False) -> int:
    """Join the rows of a finished batch to its output, and remove the batch's folder.

    Args:
        job: the batch; all shards are committed.
        out: the path or address of the output. A file appears whole or not at all.
        order: the numbers of the shards in the order of their rows; None for the order of the inputs.
        keep: do not remove the folder.

    Returns:
        The number of rows.

    Raises:
        JobError: a shard is not committed.
        OSError: the output cannot be written.
    """
    missing = set(range(len(job.manifest.shards))) - job.committed()
    if missing:
        raise JobError(f"{job.place}: {len(missing)} shards are not processed")
    numbers = range(len(job.manifest.shards)) if order is None else order
    with tempfile.TemporaryDirectory() as scratch:
        if is_address(out):
            folder, _, name = out.rpartition("/")
            path = os.path.join(scratch, "joined")
            rows = _join(job, numbers, path, scratch)
            open_storage(folder).put_file(name, path)
        else:
            # The target of a link is replaced, not the link.
            rows = _join(job, numbers, os.path.realpath(out), scratch)
    if not keep:
        job.remove()
    return rows


def _join(job: Job, shards: Iterable[int], out: str, scratch: str) -> int:
    """Write the rows of shards to a file, which appears whole or not at all; returns their number."""
    records = [job.record(shard) for shard in shards]
    if job.manifest.options.format == "parquet":
        _join_tables([job.storage.local(record.data, scratch) for record in records], out)
    else:
        _join_lines((_local(job, record.data, scratch) for record in records), out)
    return sum(record.rows for record in records)


def _join_tables(parts: Sequence[str], out: str) -> None:
    from symbolicate._native import TableBuilder, join_parquet

    if parts:
        join_parquet(parts, out)
    else:
        with AtomicFile(out) as file:
            file.stream.write(TableBuilder().finish().parquet())


def _join_lines(parts: Iterable[contextlib.AbstractContextManager[str]], out: str) -> None:
    with AtomicFile(out) as file:
        for one in parts:
            with one as path:
                copy_file(path, file.stream)


@contextlib.contextmanager
def _local(job: Job, key: str, scratch: str) -> Iterator[str]:
    path = job.storage.local(key, scratch)
    try:
        yield path
    finally:
        if path.startswith(scratch):
            os.unlink(path)
