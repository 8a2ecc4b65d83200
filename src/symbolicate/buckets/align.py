"""The score of two stacks: the best alignment of their frames, weighted by position and rarity.

Frames keep their order. Two frames weigh what the deeper of them weighs, and with `M` the weight of the best alignment
and `W` that of all frames of a stack, the score is `2 M / (W + W')`: 1 for equal stacks, 0 for stacks without a common
frame, and the same from both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from symbolicate.buckets.frames import DEPTH
from symbolicate.buckets.weights import KIN, NEAREST, POSITION

if TYPE_CHECKING:
    import numpy.typing as npt

    from symbolicate.buckets.weights import Floats, Ints

__all__ = ["NO_FRAME", "UNKNOWN_FRAME", "Coded", "align", "matched", "total"]

NO_FRAME = -1
"""Behind the last frame, and the kin of a frame that has none."""
UNKNOWN_FRAME = -2
"""A frame that equals no other, itself not among them."""

_PAIRS = 4096  # at once: the tables stay in the cache


class Coded(NamedTuple):
    """Stacks as numbers, a row each: equal frames have equal codes from 0; the rarities of frames and of their kin."""

    frames: Ints
    kin: Ints
    rarity: Floats
    kin_rarity: Floats

    def rows(self, which: slice | npt.NDArray[np.int64]) -> Coded:
        """Some of the stacks."""
        return Coded(self.frames[which], self.kin[which], self.rarity[which], self.kin_rarity[which])

    def times(self, count: int) -> Coded:
        """One stack so often, without copies."""
        shape = (count, DEPTH)
        return Coded(
            np.broadcast_to(self.frames, shape),
            np.broadcast_to(self.kin, shape),
            np.broadcast_to(self.rarity, shape),
            np.broadcast_to(self.kin_rarity, shape),
        )


def total(stacks: Coded) -> Floats:
    """The weight of all frames of each stack."""
    weights: Floats = np.where(stacks.frames != NO_FRAME, stacks.rarity * POSITION, 0).sum(axis=1, dtype=np.float32)
    return weights


def matched(left: Coded, right: Coded) -> Floats:
    """The weight of the best alignment of each stack on the left with the one on its right."""
    out = np.zeros(len(left.frames), np.float32)
    for start in range(0, len(out), _PAIRS):
        which = slice(start, start + _PAIRS)
        out[which] = _best(left.rows(which), right.rows(which))[:, -1]
    return out


def _best(left: Coded, right: Coded) -> Floats:
    width = _longest(right)
    best = np.zeros((len(left.frames), width + 1), np.float32)
    for at in range(_longest(left)):
        step = best[:, :-1] + _pairs(left, right, at, width)
        np.maximum(step, best[:, 1:], out=step)
        np.maximum.accumulate(step, axis=1, out=best[:, 1:])
    return best


def _longest(stacks: Coded) -> int:
    used = np.flatnonzero((stacks.frames != NO_FRAME).any(axis=0))
    return int(used[-1]) + 1 if len(used) else 0


def _pairs(left: Coded, right: Coded, at: int, width: int) -> Floats:
    """What each frame on the right weighs opposite frame `at` on the left."""
    frame, kin = left.frames[:, at, None], left.kin[:, at, None]
    equal = (right.frames[:, :width] == frame) & (frame >= 0)
    alike = (right.kin[:, :width] == kin) & (kin >= 0)
    weight: Floats = np.where(
        equal, left.rarity[:, at, None], np.where(alike, np.float32(KIN) * left.kin_rarity[:, at, None], np.float32(0))
    )
    return weight * NEAREST[at, :width]


def align(left: Coded, right: Coded) -> list[tuple[int, int, bool, float]]:
    """The best alignment of the first stack of each: places on both sides, whether the frames are equal, the weight.

    Of alignments with the same weight the one that pairs frames nearest to the crash is taken.
    """
    height, width = _longest(left), _longest(right)
    equal = (left.frames[0, :height, None] == right.frames[0, :width]) & (left.frames[0, :height, None] >= 0)
    alike = (left.kin[0, :height, None] == right.kin[0, :width]) & (left.kin[0, :height, None] >= 0)
    kin = np.where(alike, np.float32(KIN) * left.kin_rarity[0, :height, None], np.float32(0))
    weights = np.where(equal, left.rarity[0, :height, None], kin).astype(np.float64) * NEAREST[:height, :width]
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
