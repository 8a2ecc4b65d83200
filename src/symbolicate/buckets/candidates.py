"""Selects the buckets that share enough with a stack to be aligned with it.

Candidates come from an inverted index over frames, their kin and their verbs. The weight of the frames that two
stacks share, in any order, is at least that of their best alignment, so a bucket that shares too little can be left out
without losing a match. The most common frames are not looked up as long as their possible weight is small; the bound is
raised by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from symbolicate.buckets.frames import DEPTH
from symbolicate.buckets.postings import Postings
from symbolicate.buckets.weights import LIKENESS, NEAREST, POSITION

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from symbolicate.buckets.align import Coded
    from symbolicate.buckets.table import Stack, Table
    from symbolicate.buckets.weights import Floats

    Numbers = npt.NDArray[np.int64]

__all__ = ["among_all", "among_earlier", "least_shared"]

_COMMON = 256  # buckets with a frame: looking up a frame that fewer buckets have is cheap
_SLACK = 0.9  # the part of the required weight that may be in frames that are not looked up
_ROUNDING = 1e-4  # of sums in single precision, as a part of a stack's weight
_ROWS = 512  # stacks to prepare at once

# Frames, kin and verbs side by side: the position of each column.
_PLACE = np.tile(np.arange(DEPTH), len(LIKENESS))


class _Wanted(NamedTuple):
    """The look-ups for some stacks: a row for each, columns for frames, then for their kin and verbs."""

    which: npt.NDArray[np.bool_]
    weight: Floats
    missed: Floats


def least_shared(threshold: float, weight: float | Floats) -> float | Floats:
    """The weight that a stack must share with any other to reach a score.

    It does not depend on the other one's weight, which is at least the shared weight.
    """
    share = threshold / 2
    return share / (1 - share) * weight


def among_all(stack: Stack, table: Table, threshold: float) -> tuple[Numbers, Floats]:
    """The stacks in a table that may reach a score with this one, and the most that each shares with it."""
    wanted = _wanted(stack.coded, np.array([stack.weight], np.float32), table, threshold)
    found, weights = [], []
    codes = stack.coded.codes[0].ravel()
    for column in np.flatnonzero(wanted.which[0]).tolist():
        entries = table.postings[column // DEPTH].of(int(codes[column]))
        found.append(Postings.buckets(entries))
        weights.append(wanted.weight[0, column] * NEAREST[column % DEPTH][Postings.places(entries)])
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    stacks = np.concatenate(found).astype(np.int64)
    shared = np.bincount(stacks, np.concatenate(weights))
    return _enough(shared, stacks, stack.weight, float(wanted.missed[0]), table, threshold)


def among_earlier(table: Table, threshold: float) -> Iterator[tuple[int, Numbers, Floats]]:
    """For each stack of a table those before it that may reach a score with it, and the most that each shares."""
    table.settle()
    entries = np.concatenate([postings.all() for postings in table.postings])
    bounds = np.cumsum([0, *(len(postings.starts()) for postings in table.postings)])
    ends = np.cumsum([0, *(int(postings.having.sum()) for postings in table.postings)])
    starts_of = np.concatenate([of.starts() + end for of, end in zip(table.postings, ends, strict=False)])
    shared = np.zeros(len(table))  # by stack; all zero again after each
    for first in range(0, len(table), _ROWS):
        numbers = np.arange(first, min(len(table), first + _ROWS))
        coded, weights = table.rows(numbers), table.weights(numbers)
        wanted = _wanted(coded, weights, table, threshold)
        rows, columns = np.nonzero(wanted.which)
        codes = coded.codes.reshape(len(numbers), -1)[rows, columns] + bounds[columns // DEPTH]
        starts = starts_of[codes]
        lengths = _before(entries, starts, starts_of[codes + 1], numbers[rows])
        some = np.flatnonzero(lengths)
        rows, columns, starts, lengths = rows[some], columns[some], starts[some], lengths[some]
        each = wanted.weight[rows, columns]
        parts = np.searchsorted(rows, np.arange(len(numbers) + 1)).tolist()
        for row, number in enumerate(numbers.tolist()):
            part = slice(parts[row], parts[row + 1])
            if part.start == part.stop:
                continue
            found = entries[_runs(starts[part], lengths[part])]
            places = np.repeat(_PLACE[columns[part]], lengths[part])
            share = np.repeat(each[part], lengths[part]) * NEAREST[places, Postings.places(found)]
            stacks = Postings.buckets(found).astype(np.int64)
            np.add.at(shared, stacks, share.astype(np.float64))
            yield number, *_enough(shared, stacks, float(weights[row]), float(wanted.missed[row]), table, threshold)
            shared[stacks] = 0


def _before(entries: npt.NDArray[np.uint32], starts: Numbers, ends: Numbers, numbers: Numbers) -> Numbers:
    """How many entries of each run, which are in the order of their stacks, are of stacks before a number."""
    low, high = starts.copy(), ends.copy()
    while (open_ := low < high).any():
        middle = (low + high) // 2
        less = open_ & (Postings.buckets(entries[np.minimum(middle, len(entries) - 1)]) < numbers)
        low = np.where(less, middle + 1, low)
        high = np.where(open_ & ~less, middle, high)
    return low - starts


def _wanted(coded: Coded, weights: Floats, table: Table, threshold: float) -> _Wanted:
    known = [
        (coded.codes[:, k] >= 0) & (coded.codes[:, k] < len(postings)) for k, postings in enumerate(table.postings)
    ]
    weight = np.concatenate([np.where(which, coded.weights[:, k], 0) for k, which in enumerate(known)], axis=1)
    having = np.concatenate(
        [postings.having_of(coded.codes[:, k], known[k]) for k, postings in enumerate(table.postings)], axis=1
    )
    most = weight * POSITION[_PLACE]
    # The most common first, as many as the slack allows.
    order = np.argsort(-having, axis=1, kind="stable")
    common = np.take_along_axis(having, order, axis=1) > _COMMON
    sums = np.cumsum(np.where(common, np.take_along_axis(most, order, axis=1), 0), axis=1)
    slack = _SLACK * least_shared(threshold, weights)
    passed = np.empty_like(common)
    np.put_along_axis(passed, order, common & (sums <= np.asarray(slack)[:, None]), axis=1)
    missed = np.where(passed, most, 0).sum(axis=1) + np.float32(_ROUNDING) * weights
    return _Wanted((weight > 0) & ~passed, weight, missed)


def _enough(
    shared: npt.NDArray[Any], stacks: Numbers, weight: float, missed: float, table: Table, threshold: float
) -> tuple[Numbers, Floats]:
    # First without the other stack's weight, which is looked up only for the few stacks that remain.
    numbers = np.unique(stacks[shared[stacks] >= least_shared(threshold, weight) - missed])
    bounds = shared[numbers] + missed
    reaching = bounds >= threshold / 2 * (weight + table.weights(numbers))
    return numbers[reaching], bounds[reaching].astype(np.float32)


def _runs(starts: Numbers, lengths: Numbers) -> Numbers:
    """The numbers of each run, one run after the other."""
    ends = np.cumsum(lengths)
    runs: Numbers = np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)
    return runs
