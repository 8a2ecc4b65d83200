"""MinHash over frames and pairs of frames, with banding: the other way to find candidates."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["candidates"]

_PRIME = (1 << 31) - 1
_BIGGEST_BLOCK = 400


def candidates(stacks: Sequence[tuple[str, ...]], bands: int, rows: int, seed: int = 1) -> set[tuple[int, int]]:
    """Pairs of stacks that agree on a whole band of minima; blocks of more than 400 stacks are skipped."""
    numbers: dict[str | tuple[str, str], int] = {}
    chance = np.random.default_rng(seed)
    factors, terms = (chance.integers(1, _PRIME, bands * rows, dtype=np.int64) for _ in range(2))
    signatures = np.empty((len(stacks), bands * rows), np.int64)
    for i, stack in enumerate(stacks):
        top = stack[:32]
        shingles = {*top, *pairwise(top)}
        codes = np.array([numbers.setdefault(s, len(numbers) + 1) for s in shingles] or [0], np.int64)
        signatures[i] = ((codes[:, None] * factors + terms) % _PRIME).min(axis=0)
    out: set[tuple[int, int]] = set()
    for band in range(bands):
        blocks: dict[bytes, list[int]] = defaultdict(list)
        for i, key in enumerate(np.ascontiguousarray(signatures[:, band * rows : (band + 1) * rows])):
            blocks[key.tobytes()].append(i)
        for block in blocks.values():
            if 1 < len(block) <= _BIGGEST_BLOCK:
                out.update(combinations(block, 2))
    return out
