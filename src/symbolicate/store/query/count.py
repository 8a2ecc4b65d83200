"""Counting: rows of roll-ups added up by period, bucket and chosen dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.store.query.columns import Ints, Names

__all__ = ["Counted", "Longs", "codes", "counted", "first_of"]

Longs: TypeAlias = npt.NDArray[np.int64]

_DENSE = 1 << 22  # counters; so many are zeroed in a millisecond or two


class Counted(NamedTuple):
    """For each combination that occurs: the code of its bucket, that of its dimensions, how many hits."""

    buckets: Ints | Longs
    dimensions: Ints | Longs
    counts: Ints | Longs


def codes(names: Names, fields: Sequence[str]) -> tuple[Ints, Ints]:
    """A code for each row of `names`, equal where all the fields are; and for each code a row that has it.

    Without fields there is one code.
    """
    size = len(names)
    if not fields:
        return np.zeros(size, np.int32), np.zeros(min(size, 1), np.int32)
    joined: Longs = np.zeros(size, np.int64)
    for field in fields:
        joined = joined * max(1, len(names.vocabulary(field))) + names.column(field)
        # Codes are renumbered, so that ten fields do not overflow.
        joined = np.unique(joined, return_inverse=True)[1].reshape(-1)
    _, rows, found = np.unique(joined, return_index=True, return_inverse=True)
    return found.reshape(-1).astype(np.int32), rows.astype(np.int32)


def counted(buckets: Ints, dimensions: Ints, counts: Ints, width: int, height: int) -> Counted:
    """Add up rows with the same bucket code and the same dimensions code.

    Args:
        buckets: a code for each row, below `height`.
        dimensions: a code for each row, below `width`.
        counts: what to add up.
        width: how many codes of dimensions there are.
        height: how many codes of buckets there are.
    """
    keys = buckets.astype(np.int64) * width + dimensions
    if height * width <= max(_DENSE, 4 * len(keys)):
        sums = np.bincount(keys, weights=counts, minlength=0)
        found = np.flatnonzero(sums)
        totals = sums[found].astype(np.int64)
    else:
        order = np.argsort(keys)
        keys = keys[order]
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.int64)
        found = keys[starts]
        totals = np.add.reduceat(counts[order].astype(np.int64), starts) if len(keys) else np.zeros(0, np.int64)
    return Counted(found // width, found % width, totals)


def first_of(keys: Sequence[tuple[Longs, int]], count: int, skip: int, top: int) -> Longs:
    """The positions of some rows, ordered by several keys, then by position.

    Args:
        keys: numbers to order by, ascending, the most important first; each with a bound that is above all of them.
        count: how many rows there are.
        skip: how many rows to leave out first.
        top: how many rows at most.
    """
    end = min(count, skip + top)
    if skip >= count or end <= skip:
        return np.zeros(0, np.int64)
    bounds = [bound for _, bound in keys]
    if not keys:
        return np.arange(skip, end)
    if float(np.prod([float(max(1, bound)) for bound in bounds])) * count < 2**62:
        joined: Longs = np.zeros(count, np.int64)
        for values, bound in keys:
            joined = joined * max(1, bound) + values
        joined = joined * count + np.arange(count)  # keys are unique, so that pages neither overlap nor leave gaps
        if end < count:
            joined = np.partition(joined, end - 1)[:end]
        joined.sort()
        return joined[skip:end] % count
    order: Longs = np.lexsort([values for values, _ in reversed(keys)])
    return order[skip:end]
