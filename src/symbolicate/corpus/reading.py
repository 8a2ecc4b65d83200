"""The inputs of a shard in the form that a session takes: paths as they are, objects fetched ahead."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from symbolicate.corpus.entries import Refused
from symbolicate.corpus.objects import ObjectError, is_address
from symbolicate.engine import Input

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

    from symbolicate.corpus.entries import Entry
    from symbolicate.corpus.objects import ObjectStores
    from symbolicate.corpus.watch import Watch

__all__ = ["LARGEST_IN_MEMORY", "read_inputs"]

LARGEST_IN_MEMORY = 1 << 30
"""Bytes of an object, or of a file in an archive: these are held in memory while they are processed."""

# Objects that are fetched at a time, and bytes that are held ahead of their turn.
_AHEAD, _AHEAD_BYTES = 16, 64 << 20


def read_inputs(entries: Sequence[Entry], objects: ObjectStores, watch: Watch) -> Iterator[Input]:
    """The input of each entry, in order. Waiting for an object does not count as time of an input."""
    if not any(is_address(entry.name) for entry in entries):
        yield from map(_local, entries)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AHEAD, thread_name_prefix="reading") as pool:
        ahead: deque[tuple[Entry, Future[Input] | None]] = deque()
        held = 0
        waiting = deque(entries)
        try:
            while waiting or ahead:
                while waiting and (not ahead or (len(ahead) < _AHEAD and held < _AHEAD_BYTES)):
                    entry = waiting.popleft()
                    held += entry.size
                    ahead.append((entry, _fetching(entry, objects, pool)))
                entry, fetched = ahead.popleft()
                held -= entry.size
                if fetched is None:
                    yield _local(entry)
                    continue
                watch.waits(True)
                one = fetched.result()
                watch.waits(False)
                yield one
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _fetching(entry: Entry, objects: ObjectStores, pool: ThreadPoolExecutor) -> Future[Input] | None:
    if entry.error or not is_address(entry.name):
        return None
    return pool.submit(_fetch, entry, objects)


def _fetch(entry: Entry, objects: ObjectStores) -> Input:
    if entry.size > LARGEST_IN_MEMORY:
        return Refused(entry.name, error=f"is larger than {LARGEST_IN_MEMORY >> 20} MiB; copy it to a disk")
    try:
        return Input(entry.name, objects.read(entry.name))
    except ObjectError as error:
        return Refused(entry.name, error=f"cannot be read: {error}")


def _local(entry: Entry) -> Input:
    return Refused(entry.source, error=entry.error) if entry.error else Input(entry.path)
