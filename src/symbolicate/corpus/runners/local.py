"""Runs a batch in worker processes on this machine.

Each worker takes the next shard from a queue and keeps its symbols loaded; indexes of symbols are mapped, so all
workers share them. Before the shards the symbols are gathered: some inputs show which modules are needed, and each of
these is fetched and indexed by one worker.

A worker that dies, or that takes longer for an input than it may, loses its shard: another one does it again, and an
input that ends this one as well is left out as an error.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

from symbolicate.corpus.layout import Layout
from symbolicate.corpus.runners.messages import Done, Gathered, Setup
from symbolicate.corpus.runners.pool import Pool
from symbolicate.corpus.runners.tasks import GatherWork, ResolveWork, ShardWork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from symbolicate.corpus.manifest import Job, Record
    from symbolicate.corpus.runners.messages import Key

__all__ = ["in_order_of_work", "interrupts", "run_local"]

# Shards with fewer bytes are processed in order; those with more before them, so that none of them is the last.
_LONG_BYTES = 32 << 20
# Inputs that are looked at for the modules that they need; with symbols on a network all are.
_SAMPLE = 250
# Modules that a worker searches in one task; from a network several at a time.
_KEYS, _REMOTE_KEYS = 2, 32


def in_order_of_work(job: Job, shards: Iterable[int]) -> list[int]:
    """Shards in the order in which they are best processed: long ones first, the others in their order."""
    sizes = job.manifest.shards
    return sorted(shards, key=lambda shard: (-(sizes[shard].bytes // _LONG_BYTES), shard))


def run_local(
    job: Job,
    shards: Iterable[int],
    *,
    jobs: int,
    places: Sequence[str] | None = None,
    store_dir: str | None = None,
    is_remote: bool = False,
    is_one_file: bool = False,
    progress: Callable[[int], object] = lambda _: None,
) -> Iterator[Record]:
    """Process shards and yield the record of each when it is committed.

    Args:
        job: the batch.
        shards: the numbers of the shards.
        jobs: the number of worker processes.
        places: symbol sources with their secrets; None if the manifest has all of them.
        store_dir: the folder of indexes; None for the default.
        is_remote: whether there are symbols on a network.
        is_one_file: write the rows of all shards, which are lines, to one file: no other process works on the batch.
        progress: called some times a second with the number of inputs that are done in uncommitted shards.

    Raises:
        Interrupted: by SIGINT or SIGTERM; shards that were finished within some seconds are committed.
        JobError: a worker cannot go on, for instance because the disk is full.
    """
    setup = Setup(job.place, None if places is None else list(places), store_dir)
    numbers = in_order_of_work(job, shards)
    layout = Layout(job) if is_one_file else None
    pool = Pool(job, setup, jobs, progress, layout)
    try:
        with interrupts(pool.interrupt):
            if (jobs > 1 and len(numbers) > 1) or is_remote:
                pool.deny(_gather(pool, job, numbers, is_remote=is_remote))
            for answer in pool.run([ShardWork(number, layout) for number in numbers]):
                if isinstance(answer, Done):
                    yield answer.record
    finally:
        pool.close()


def _gather(pool: Pool, job: Job, numbers: Sequence[int], *, is_remote: bool) -> set[Key]:
    """Find the symbols that inputs need. Returns the modules whose symbols ended a process."""
    inputs = sum(job.manifest.shards[number].inputs for number in numbers)
    every = 1 if is_remote else max(1, inputs // _SAMPLE)
    keys: set[Key] = set()
    for answer in pool.run([GatherWork(number, every) for number in numbers]):
        if isinstance(answer, Gathered):
            keys.update(answer.keys)
    denied: set[Key] = set()
    some, most = sorted(keys), _REMOTE_KEYS if is_remote else _KEYS
    for _ in pool.run([ResolveWork(some[at : at + most], denied) for at in range(0, len(some), most)]):
        pass
    return denied


@contextlib.contextmanager
def interrupts(call: Callable[[], object]) -> Iterator[None]:
    """Call a function instead of raising an exception at SIGINT and SIGTERM; in the main thread alone."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, lambda *_: call())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
