"""The file of all rows of a batch: where the rows of each shard are, as far as that is known.

The rows of a shard are behind those of the shards before it, so their place is known as soon as the sizes of these are.
Then a worker writes them there, and they need not be copied when the batch is finished.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from symbolicate.corpus.manifest import Job, Record

__all__ = ["Layout", "is_laid_out"]


class Layout:
    """The places of the rows of shards.

    Args:
        job: the batch; what is committed of it has its place already.
    """

    def __init__(self, job: Job) -> None:
        self._sizes: list[int | None] = [None] * len(job.manifest.shards)
        # Of the first shards, up to the first one whose size is not known.
        self._begins = [0]
        # Where the rows of shards are, or will be.
        self._placed: dict[int, int] = {}
        self._is_committed = [False] * len(job.manifest.shards)
        self._firm = 0  # of the first shards, those that are all committed: they are not done again
        for record in job.records():
            self.committed(record)
        # Whether places may overlap: a shard that is done again may have other rows than the first time, if an input
        # takes too long.
        self._is_checked = any(shard >= len(self._begins) for shard in self._placed)

    def committed(self, record: Record) -> None:
        """A shard is committed."""
        self._is_committed[record.shard] = True
        while self._firm < len(self._is_committed) and self._is_committed[self._firm]:
            self._firm += 1
        self.known(record.shard, record.bytes)
        if record.begin is not None:
            self._placed[record.shard] = record.begin

    def known(self, shard: int, size: int) -> None:
        """The number of bytes of the rows of a shard is known."""
        if self._sizes[shard] not in {None, size}:
            self._is_checked = True
            del self._begins[shard + 1 :]
        self._sizes[shard] = size
        while len(self._begins) <= len(self._sizes) and (next_size := self._sizes[len(self._begins) - 1]) is not None:
            self._begins.append(self._begins[-1] + next_size)

    def to_stream(self, shard: int) -> int | None:
        """Where the rows of a shard can be written before their size is known: behind all others, or not.

        All shards before it must be committed. One whose worker dies may have more rows when it is done again.
        """
        if (
            self._firm < shard
            or self._is_checked
            or shard != len(self._begins) - 1
            or (self._placed and max(self._placed) > shard)
        ):
            return None
        return self._begins[shard]

    def to_write(self, shard: int, size: int) -> int | None:
        """Where the rows of a shard can be written, if that is known; it is theirs then."""
        if shard >= len(self._begins):
            return None
        begin = self._begins[shard]
        if self._is_checked and any(
            other != shard and begin < at + (self._sizes[other] or 0) and at < begin + size
            for other, at in self._placed.items()
        ):
            return None
        self._placed[shard] = begin
        return begin


def is_laid_out(records: Iterable[Record]) -> bool:
    """Whether rows are in the file of all rows, each shard behind those before; some may be in files of their own."""
    begin, is_any = 0, False
    for record in records:
        if record.begin is not None:
            is_any = True
            if record.begin != begin:
                return False
        begin += record.bytes
    return is_any
