"""Which rows match a filter: evaluated for the values of each field, then for the rows.

A comparison is about a bucket, about dimensions or about the date, and there are far fewer of those than rows.
Comparisons of one kind are combined there; only the rest is evaluated row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from symbolicate.store.query.dates import read_date
from symbolicate.store.query.filter import And, Comparison, Node, Not
from symbolicate.summary.dimensions import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from symbolicate.store.query.columns import Ints, Snapshot

__all__ = ["BUCKET_NAMES", "Flags", "Mask", "selection"]

Flags: TypeAlias = npt.NDArray[np.bool_]
Kind: TypeAlias = Literal["bucket", "dimensions", "period", "rows"]

BUCKET_NAMES = {"failureName": "name", "failureHash": "hash", "symbol": "symbol"}
"""The response's names of the fields of a bucket."""


@dataclass(frozen=True, slots=True)
class Mask:
    """What matches a filter: flags for buckets, for rows of dimensions or for periods; or parts to be combined."""

    kind: Kind
    flags: Flags | None = None
    parts: tuple[Mask, ...] = ()
    every: bool = True
    opposite: bool = False

    def rows(self, buckets: Ints, dimensions: Ints, period: int) -> Flags:
        """Which of some rows of a period match."""
        if self.flags is not None:
            if self.kind == "bucket":
                found: Flags = self.flags[buckets]
            elif self.kind == "dimensions":
                found = self.flags[dimensions]
            else:
                found = np.full(len(buckets), self.flags[period])
            return found
        join: Callable[[Flags, Flags], Flags] = np.logical_and if self.every else np.logical_or
        found = reduce(join, (part.rows(buckets, dimensions, period) for part in self.parts))
        return ~found if self.opposite else found


def selection(node: Node, snapshot: Snapshot, periods: list[date]) -> Mask:
    """What matches a filter in a snapshot.

    Args:
        node: the filter.
        snapshot: the roll-ups; a bucket is compared by the one it is counted under.
        periods: the first dates of the periods that rows are counted in.
    """
    if isinstance(node, Comparison):
        mask = _compared(node.field, node.value, snapshot, periods)
        return mask if node.equal else _opposite(mask)
    if isinstance(node, Not):
        return _opposite(selection(node.part, snapshot, periods))
    every = isinstance(node, And)
    join: Callable[[Flags, Flags], Flags] = np.logical_and if every else np.logical_or
    small: dict[Kind, Flags] = {}
    parts: list[Mask] = []
    for part in node.parts:
        mask = selection(part, snapshot, periods)
        if mask.flags is None:
            parts.append(mask)
        else:
            before = small.get(mask.kind)
            small[mask.kind] = mask.flags if before is None else join(before, mask.flags)
    parts = [Mask(kind, flags) for kind, flags in small.items()] + parts
    return parts[0] if len(parts) == 1 else Mask("rows", parts=tuple(parts), every=every)


def _compared(field: str, value: str, snapshot: Snapshot, periods: list[date]) -> Mask:
    if field == "date":
        wanted = read_date(value)
        return Mask("period", np.array([period == wanted for period in periods], np.bool_))
    if field in BUCKET_NAMES:
        if field == "failureHash":
            value = _leading(value.strip().lower(), snapshot)
        name = BUCKET_NAMES[field]
        flags = snapshot.buckets.column(name) == snapshot.buckets.code(name, value)
        return Mask("bucket", flags[snapshot.leaders])
    name = NAMES[field]
    return Mask("dimensions", snapshot.dimensions.column(name) == snapshot.dimensions.code(name, value))


def _leading(hash_: str, snapshot: Snapshot) -> str:
    """The hash that a bucket's hits are counted under now: after it was renamed, after it was merged."""
    hash_ = snapshot.renamed.get(hash_, hash_)
    code = snapshot.buckets.code("hash", hash_)
    if code < 0 or not snapshot.merged:
        return hash_
    place = int(np.flatnonzero(snapshot.buckets.column("hash") == code)[0])
    leader = int(snapshot.leaders[place])
    return snapshot.buckets.vocabulary("hash")[int(snapshot.buckets.column("hash")[leader])]


def _opposite(mask: Mask) -> Mask:
    if mask.flags is not None:
        return Mask(mask.kind, ~mask.flags)
    return Mask(mask.kind, parts=mask.parts, every=mask.every, opposite=not mask.opposite)
