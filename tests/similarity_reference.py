"""The score of two stacks and the groups of buckets as they are defined: every pair, frame by frame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from symbolicate.buckets.decisions import Decided
from symbolicate.buckets.frames import compared, kin, verb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from symbolicate.buckets import Bucket, Decision

__all__ = ["Reference", "groups"]

_LIKENESS = (1.0, 0.4, 0.1)  # equal, kin, the same verb
_PRIOR = 1000


class Reference:
    """Scores by the frames that some stacks have."""

    def __init__(self, stacks: Iterable[Sequence[str]]) -> None:
        self._stacks = [[_texts(name) for name in compared(frames)] for frames in stacks]

    def score(self, left: Sequence[str], right: Sequence[str], in_order: int = 2) -> float:
        """How similar two stacks are."""
        one, other = ([_texts(name) for name in compared(frames)] for frames in (left, right))
        both = self._total(one) + self._total(other)
        if not both:
            return 0.0
        raw = 2 * self._aligned(one, other) / both
        a, b = _line(one), _line(other)
        enough = _common(a, b) >= min(max(min(len(a), len(b)), 1), in_order)
        return min(raw, 1) if enough else min(0.75 * raw, 0.59)

    def _total(self, stack: list[tuple[str, ...]]) -> float:
        return sum(self._rarity(0, texts[0]) / (1 + place) for place, texts in enumerate(stack))

    def _rarity(self, kind: int, text: str) -> float:
        having = sum(any(texts[kind] == text for texts in stack) for stack in self._stacks) if text else 1
        everything = len(self._stacks) + _PRIOR
        return math.pow(math.log1p(everything / max(having, 1)) / math.log1p(everything), 1.5)

    def _weight(self, one: tuple[str, ...], other: tuple[str, ...]) -> float:
        alike = (kind for kind in range(3) if one[kind] and one[kind] == other[kind])
        return max((_LIKENESS[kind] * self._rarity(kind, one[kind]) for kind in alike), default=0.0)

    def _aligned(self, one: list[tuple[str, ...]], other: list[tuple[str, ...]]) -> float:
        best = [[0.0] * (len(other) + 1) for _ in range(len(one) + 1)]
        for i, a in enumerate(one):
            for j, b in enumerate(other):
                weight = self._weight(a, b) / (1 + max(i, j))
                best[i + 1][j + 1] = max(best[i][j] + weight, best[i][j + 1], best[i + 1][j])
        return best[-1][-1]


def _texts(name: str) -> tuple[str, ...]:
    return ("" if name.endswith("!") else name, kin(name), verb(name))


def _line(stack: list[tuple[str, ...]]) -> list[tuple[bool, str]]:
    return [(bool(kin), kin or name) for name, kin, _ in stack if name or kin]


def _common(a: list[tuple[bool, str]], b: list[tuple[bool, str]]) -> int:
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            best[i + 1][j + 1] = best[i][j] + 1 if x == y else max(best[i][j + 1], best[i + 1][j])
    return best[-1][-1]


def groups(
    buckets: Iterable[Bucket], score: Callable[[Bucket, Bucket], float], threshold: float, decisions: Iterable[Decision]
) -> dict[str, list[str]]:
    """For each leader its suggested buckets, each compared with all leaders before it."""
    ordered = sorted(buckets, key=lambda bucket: (-bucket.count, bucket.id))
    decided = Decided(decisions)
    there = {bucket.id for bucket in ordered}
    members: dict[str, set[str]] = {}
    found: dict[str, list[str]] = {}
    leading: list[Bucket] = []
    for bucket in ordered:
        if any(bucket.id in some for some in members.values()):
            continue
        unit = set(decided.merged(bucket.id)) & there
        similar = sorted(
            (-value, place)
            for place, leader in enumerate(leading)
            if leader.family == bucket.family
            and (value := score(bucket, leader)) >= threshold
            and not decided.apart(unit, members[leader.id])
        )
        if similar:
            leader = leading[similar[0][1]]
            found[leader.id].append(bucket.id)
            members[leader.id] |= unit
        else:
            leading.append(bucket)
            found[bucket.id] = []
            members[bucket.id] = unit
    return found
