"""Joins the rows of all shards to one output."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from typing import TYPE_CHECKING

from symbolicate.atomic import AtomicFile
from symbolicate.corpus.manifest import Job, JobError
from symbolicate.corpus.objects import is_address
from symbolicate.corpus.storage import open_storage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["finish"]

_CHUNK = 1 << 20


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
    if is_address(out):
        folder, _, name = out.rpartition("/")
        with tempfile.TemporaryDirectory() as scratch:
            path = os.path.join(scratch, "joined")
            rows = _join(job, numbers, path, scratch)
            open_storage(folder).put_file(name, path)
    else:
        # The target of a link is replaced, not the link.
        file = AtomicFile(os.path.realpath(out))
        try:
            with tempfile.TemporaryDirectory() as scratch:
                rows = _join(job, numbers, file.temporary, scratch)
            file.commit()
        finally:
            file.discard()
    if not keep:
        job.remove()
    return rows


def _join(job: Job, shards: Iterable[int], out: str, scratch: str) -> int:
    rows = 0
    with open(out, "wb") as joined:
        for shard in shards:
            record = job.record(shard)
            rows += record.rows
            with _local(job, record.data, scratch) as path, open(path, "rb") as part:
                shutil.copyfileobj(part, joined, _CHUNK)
    return rows


@contextlib.contextmanager
def _local(job: Job, key: str, scratch: str) -> Iterator[str]:
    path = job.storage.local(key, scratch)
    try:
        yield path
    finally:
        if path.startswith(scratch):
            os.unlink(path)
