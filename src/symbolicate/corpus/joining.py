"""Joins the rows of all shards to one output."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

from symbolicate.atomic import AtomicFile
from symbolicate.corpus.copying import copy_file
from symbolicate.corpus.layout import is_laid_out
from symbolicate.corpus.manifest import Job, JobError
from symbolicate.corpus.objects import is_address
from symbolicate.corpus.storage import open_storage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from symbolicate.corpus.manifest import Record

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
            rows = _join(job, numbers, path, scratch, keep=keep)
            open_storage(folder).put_file(name, path)
        else:
            # The target of a link is replaced, not the link.
            rows = _join(job, numbers, os.path.realpath(out), scratch, keep=keep)
    if not keep:
        job.remove()
    return rows


def _join(job: Job, shards: Iterable[int], out: str, scratch: str, *, keep: bool) -> int:
    """Write the rows of shards to a file, which appears whole or not at all; returns their number."""
    records = [job.record(shard) for shard in shards]
    if job.manifest.options.format == "parquet":
        _join_tables([job.storage.local(record.data, scratch) for record in records], out)
    elif keep or not is_laid_out(records) or not _link_rows(job, records, out):
        _join_lines(job, records, out, scratch)
    return sum(record.rows for record in records)


def _join_tables(parts: Sequence[str], out: str) -> None:
    from symbolicate._native import TableBuilder, join_parquet

    if parts:
        join_parquet(parts, out)
    else:
        with AtomicFile(out) as file:
            file.stream.write(TableBuilder().finish().parquet())


def _join_lines(job: Job, records: Iterable[Record], out: str, scratch: str) -> None:
    with AtomicFile(out) as file:
        for record in records:
            with _local(job, record.data, scratch) as path:
                copy_file(path, file.stream, None if record.begin is None else (record.begin, record.bytes))


def _link_rows(job: Job, records: Sequence[Record], out: str) -> bool:
    """Let the file of all rows be the output, without a copy; false if the file system cannot do that.

    The batch keeps the file until its folder is removed. If this process is killed, the same is done again.
    """
    path = job.storage.local(job.rows_key, "")
    # A process that was killed may have left this link: it is used, or the bytes would stay when the output is deleted.
    temporary = os.path.join(os.path.dirname(out), f".writing-{job.manifest.id}.part")
    try:
        os.link(path, temporary)
    except FileExistsError:
        if not _are_same(path, temporary):
            return False
    except OSError:
        return False
    try:
        with open(path, "r+b") as file:
            begin = 0
            for record in records:
                if record.begin is None:
                    file.seek(begin)
                    copy_file(job.storage.local(record.data, ""), file)
                begin += record.bytes
            # Behind them may be rows of a process that was killed.
            file.truncate(begin)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.replace(temporary, out)
        except FileNotFoundError:
            # Another process that finishes the batch may have done this.
            if not _are_same(path, out):
                raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, out) from error
    finally:
        # It is still there if something failed, and also if the output was this file already.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    return True


def _are_same(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _local(job: Job, key: str, scratch: str) -> Iterator[str]:
    path = job.storage.local(key, scratch)
    try:
        yield path
    finally:
        if path.startswith(scratch):
            os.unlink(path)
