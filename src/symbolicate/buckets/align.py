"""The score of two stacks: the best alignment of their frames, weighted by position and rarity.

Frames keep their order. Two frames are equal, kin or have the same verb (`frames`); of these the strongest counts.
Their weight is that of the deeper one. With `M` the weight of the best alignment and `W` that of all frames of a stack,
the score is `2 M / (W + W')`: 1 for equal stacks, 0 for stacks without a common frame, and the same from both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from symbolicate.buckets.frames import DEPTH
from symbolicate.buckets.weights import LIKENESS, NEAREST, POSITION

if TYPE_CHECKING:
    import numpy.typing as npt

    from symbolicate.buckets.weights import Floats, Ints

__all__ = ["NO_FRAME", "UNKNOWN_FRAME", "Coded", "align", "matched", "total"]

NO_FRAME = -1
"""The code after the last frame, and of the kin or verb of a frame without one."""
UNKNOWN_FRAME = -2
"""The code of a frame that equals no other frame, not even itself."""

_PAIRS = 4096  # at once, so that the tables stay in the cache


class Coded(NamedTuple):
    """Stacks as numbers: by stack, likeness (`LIKENESS`) and position.

    Frames that are equal, are kin or have the same verb have equal codes from 0. `weights` is the weight of each match
    at the crash: its rarity times its likeness.
    """

    codes: Ints
    weights: Floats

    def rows(self, which: slice | npt.NDArray[np.int64]) -> Coded:
        """Some of the stacks."""
        return Coded(self.codes[which], self.weights[which])

    def times(self, count: int) -> Coded:
        """One stack repeated, without copies."""
        shape = (count, len(LIKENESS), DEPTH)
        return Coded(np.broadcast_to(self.codes, shape), np.broadcast_to(self.weights, shape))


def total(stacks: Coded) -> Floats:
    """The weight of all frames of each stack."""
    present = stacks.codes[:, 0] != NO_FRAME
    weights: Floats = np.where(present, stacks.weights[:, 0] * POSITION, 0).sum(axis=1, dtype=np.float32)
    return weights


def matched(left: Coded, right: Coded) -> Floats:
    """The weight of the best alignment of each stack on the left with the one on its right."""
    out = np.zeros(len(left.codes), np.float32)
    for start in range(0, len(out), _PAIRS):
        which = slice(start, start + _PAIRS)
        out[which] = _best(left.rows(which), right.rows(which))[:, -1]
    return out


def _best(left: Coded, right: Coded) -> Floats:
    width = _longest(right)
    best = np.zeros((len(left.codes), width + 1), np.float32)
    for at in range(_longest(left)):
        step = best[:, :-1] + _pairs(left, right, at, width)
        np.maximum(step, best[:, 1:], out=step)
        np.maximum.accumulate(step, axis=1, out=best[:, 1:])
    return best


def _longest(stacks: Coded) -> int:
    used = np.flatnonzero((stacks.codes[:, 0] != NO_FRAME).any(axis=0))
    return int(used[-1]) + 1 if len(used) else 0


def _pairs(left: Coded, right: Coded, at: int, width: int) -> Floats:
    """The weight of each frame on the right when aligned with frame `at` on the left."""
    weight: Floats = np.zeros((len(left.codes), width), np.float32)
    # A weaker likeness is at least as common as a stronger one, and so never weighs more.
    for likeness in range(len(LIKENESS)):
        code = left.codes[:, likeness, at, None]
        same = (right.codes[:, likeness, :width] == code) & (code >= 0)
        np.maximum(weight, same * left.weights[:, likeness, at, None], out=weight)
    return weight * NEAREST[at, :width]


def align(left: Coded, right: Coded) -> list[tuple[int, int, bool, float]]:
    """The best alignment of the first stacks: positions on both sides, whether the frames are equal, the weight.

    Of alignments with the same weight the one that pairs frames nearest to the crash is taken.
    """
    height, width = _longest(left), _longest(right)
    codes = left.codes[0, :, :height, None]
    same = (codes == right.codes[0, :, None, :width]) & (codes >= 0)
    equal = same[0]
    weights = (same * left.weights[0, :, :height, None]).max(axis=0).astype(np.float64) * NEAREST[:height, :width]
    # From the far end, so that walking the table begins at the crash.
    best = np.zeros((height + 1, width + 1))
    for at in range(height - 1, -1, -1):
        step = np.maximum(best[at + 1, 1:] + weights[at], best[at + 1, :-1])
        best[at, :-1] = np.maximum.accumulate(step[::-1])[::-1]
    out: list[tuple[int, int, bool, float]] = []
    i = j = 0
    while i < height and j < width:
        weight = weights[i, j]
        if weight > 0 and best[i, j] == best[i + 1, j + 1] + weight:
            out.append((i, j, bool(equal[i, j]), float(weight)))
            i, j = i + 1, j + 1
        elif best[i, j] == best[i + 1, j]:
            i += 1
        else:
            j += 1
    return out
