"""The inputs of a shard in the form that the native run takes: paths as they are, objects fetched ahead."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeAlias

from symbolicate.corpus.entries import kind_of
from symbolicate.corpus.objects import ObjectError, is_address
from symbolicate.errors import InputUnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

    from symbolicate._native import Watch
    from symbolicate.corpus.entries import Entry
    from symbolicate.corpus.objects import ObjectStores

__all__ = ["LARGEST_IN_MEMORY", "Given", "refused", "with_contents"]

LARGEST_IN_MEMORY = 1 << 30
"""Bytes of an object, or of a file in an archive: these are held in memory while they are processed."""

Given: TypeAlias = tuple[str, str | None, bytes | None, tuple[str, str] | None]
"""An input: what it is called; its path, or its bytes, or the kind and the message of its error."""

# In place of a part of an archive, which is known to be no crash: to see that, all of a zip would be read each time.
_NO_CRASH = bytes(64)
# Objects that are fetched at a time, and bytes that are held ahead of their turn.
_AHEAD, _AHEAD_BYTES = 16, 64 << 20


def with_contents(entries: Sequence[Entry], objects: ObjectStores, watch: Watch) -> Iterator[list[Given]]:
    """The entries with their contents, in order, as many at a time as there are.

    Waiting for an object does not count as time of an input.
    """
    if not any(is_address(entry.name) for entry in entries):
        yield [_local(entry) for entry in entries]
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AHEAD, thread_name_prefix="reading") as pool:
        ahead: deque[tuple[Entry, Future[Given] | None]] = deque()
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
                    yield [_local(entry)]
                    continue
                watch.waits(True)
                one = fetched.result()
                watch.waits(False)
                yield [one]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def refused(source: str, error: str, kind: str = "") -> Given:
    """An input that cannot be read; by default the kind is that of `InputUnreadableError`."""
    return source, None, None, (kind or kind_of(InputUnreadableError), error)


def _fetching(entry: Entry, objects: ObjectStores, pool: ThreadPoolExecutor) -> Future[Given] | None:
    if entry.error or not is_address(entry.name):
        return None
    return pool.submit(_fetch, entry, objects)


def _fetch(entry: Entry, objects: ObjectStores) -> Given:
    if entry.size > LARGEST_IN_MEMORY:
        return refused(entry.name, f"is larger than {LARGEST_IN_MEMORY >> 20} MiB; copy it to a disk")
    try:
        return entry.name, None, objects.read(entry.name), None
    except ObjectError as error:
        return refused(entry.name, f"cannot be read: {error}")


def _local(entry: Entry) -> Given:
    if entry.error:
        return refused(entry.source, entry.error, entry.kind)
    if entry.part is not None:
        return entry.source, None, _NO_CRASH, None
    # Nearly all names are UTF-8.
    return (entry.name, entry.name, None, None) if entry.name else (entry.source, entry.path, None, None)
