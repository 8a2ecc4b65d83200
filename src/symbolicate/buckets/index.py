"""The index of buckets, which finds near duplicates of a bucket.

There are three steps, each more expensive than the one before and for fewer buckets: sharing enough rare frames
(`candidates`), two similar frames in the same order (rapidfuzz), and the weighted alignment (`align`).
"""

from __future__ import annotations

from collections.abc import Sized
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cpdist

from symbolicate.buckets.align import align, matched, total
from symbolicate.buckets.candidates import among_all, among_earlier
from symbolicate.buckets.frames import compared
from symbolicate.buckets.suggestion import AlignedFrame, Suggestion
from symbolicate.buckets.table import Stack, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    import numpy.typing as npt

    from symbolicate.buckets.align import Coded
    from symbolicate.buckets.bucket import Bucket
    from symbolicate.buckets.weights import Floats

    Numbers = npt.NDArray[np.int64]

__all__ = ["THRESHOLD", "Buckets"]

THRESHOLD = 0.6
"""The score from which buckets are suggested."""

ALONE, MOST_ALONE = 0.75, 0.59
"""For stacks with too few similar frames in the same order: a factor of their score, and its maximum.

The maximum is less than `THRESHOLD`, so that one common frame is never enough for a suggestion. Such pairs are still
ranked: stacks of two or three frames often share no more than that with the most similar stacks.
"""

_AT_ONCE = 1 << 15  # pairs to verify together
_BLOCKS_WAITING = 4


class Buckets:
    """A set of buckets in which near duplicates are found.

    The order in which buckets are added does not change what is found. Additions and look-ups may alternate.

    Args:
        buckets: the first buckets.
        threshold: the score from which buckets are suggested, above 0 and at most 1.
        in_order: how many frames must be equal or kin in the same order, if both stacks have that many, for a full
            score. With fewer the score is less, and below the usual threshold (`ALONE`).
    """

    def __init__(self, buckets: Iterable[Bucket] = (), *, threshold: float = THRESHOLD, in_order: int = 2) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold {threshold} is not above 0 and at most 1")
        self.threshold = threshold
        self.in_order = in_order
        self._buckets: list[Bucket] = []
        self._numbers: dict[str, int] = {}
        self._families: dict[str, int] = {}
        self._family = np.zeros(256, np.int32)
        self._table = Table()
        if isinstance(buckets, Sized):
            self._table.reserve(len(buckets))
        for bucket in buckets:
            self.add(bucket)

    def __len__(self) -> int:
        return len(self._buckets)

    def __contains__(self, key: object) -> bool:
        return key in self._numbers

    def __iter__(self) -> Iterator[Bucket]:
        return iter(self._buckets)

    def __getitem__(self, key: str) -> Bucket:
        return self._buckets[self._numbers[key]]

    def add(self, bucket: Bucket) -> None:
        """Add a bucket.

        Raises:
            ValueError: the index has a bucket with its id.
        """
        if bucket.id in self._numbers:
            raise ValueError(f"bucket {bucket.id!r} is in the index already")
        number = len(self._buckets)
        if number == len(self._family):
            self._family = np.concatenate([self._family, np.zeros_like(self._family)])
        self._family[number] = self._families.setdefault(bucket.family, len(self._families))
        self._table.add(bucket.frames)
        self._buckets.append(bucket)
        self._numbers[bucket.id] = number

    def similar(self, bucket: Bucket, limit: int = 10) -> list[Suggestion]:
        """The near duplicates of a bucket, the most similar first, without the bucket itself.

        The bucket need not be in the index.
        """
        stack = self._table.code(bucket.frames)
        numbers, _ = among_all(stack, self._table, self.threshold)
        numbers = numbers[self._family[numbers] == self._families.get(bucket.family, -1)]
        numbers = numbers[numbers != self._numbers.get(bucket.id, -1)]
        left = stack.coded.times(len(numbers))
        scores = self._scores(left, stack.weight, [stack.line] * len(numbers), numbers).tolist()
        found = sorted(
            (-score, self._buckets[number].id, number)
            for number, score in zip(numbers.tolist(), scores, strict=True)
            if score >= self.threshold
        )
        return [
            Suggestion(key, -score, self._aligned(stack, number), self._buckets[number].name)
            for score, key, number in found[:limit]
        ]

    def score(self, left: Bucket, right: Bucket) -> float:
        """How similar two stacks are, whatever their families: 0 to 1. Neither need be in the index."""
        fresh: dict[tuple[int, str], int] = {}
        one, other = (self._table.code(bucket.frames, fresh) for bucket in (left, right))
        weight = one.weight + other.weight
        if not weight:
            return 0.0
        score = 2 * matched(one.coded, other.coded) / np.float32(weight)
        return float(_limited(score, self._in_order([one.line], [other.line]))[0])

    def aligned(self, bucket: Bucket, other: str) -> tuple[AlignedFrame, ...]:
        """The aligned frames of a bucket and of one in the index, which explain their score.

        Raises:
            KeyError: the other one is not in the index.
        """
        number = self._numbers.get(bucket.id)
        known = number is not None and self._buckets[number] is bucket
        stack = (
            self._table.stack(number, bucket.frames)
            if number is not None and known
            else self._table.code(bucket.frames)
        )
        return self._aligned(stack, self._numbers[other])

    def pairs(self) -> Iterator[tuple[int, int, float]]:
        """All pairs of near duplicates: the later, the earlier (numbers in the order of addition), the score."""
        for later, earlier, scores in self.pairs_in_blocks():
            yield from zip(later.tolist(), earlier.tolist(), scores.tolist(), strict=True)

    def pairs_in_blocks(self) -> Iterator[tuple[Numbers, Numbers, Floats]]:
        """The same, many pairs at a time: an array of each."""
        self._table.settle()
        with ThreadPoolExecutor(1) as pool:  # verifies while this thread finds the next candidates
            waiting: list[tuple[Numbers, Numbers, Future[Floats]]] = []
            for left, right in self._blocks():
                waiting.append((left, right, pool.submit(self._pair_scores, left, right)))
                if len(waiting) > _BLOCKS_WAITING:
                    yield self._above_threshold(*waiting.pop(0))
            for block in waiting:
                yield self._above_threshold(*block)

    def _blocks(self) -> Iterator[tuple[Numbers, Numbers]]:
        """Each bucket with its earlier candidates, in blocks."""
        left: list[Numbers] = []
        right: list[Numbers] = []
        size = 0
        for number, candidates, _ in among_earlier(self._table, self.threshold):
            found = candidates[self._family[candidates] == self._family[number]]
            left.append(np.full(len(found), number))
            right.append(found)
            size += len(found)
            if size >= _AT_ONCE:
                yield np.concatenate(left), np.concatenate(right)
                left, right, size = [], [], 0
        if size:
            yield np.concatenate(left), np.concatenate(right)

    def _above_threshold(
        self, left: Numbers, right: Numbers, scores: Future[Floats]
    ) -> tuple[Numbers, Numbers, Floats]:
        values = scores.result()
        above = np.flatnonzero(values >= self.threshold)
        return left[above], right[above], values[above]

    def _pair_scores(self, left: Numbers, right: Numbers) -> Floats:
        return self._scores(self._table.rows(left), self._table.weights(left), self._table.lines(left), right)

    def _scores(self, left: Coded, weights: Floats | float, lines: list[list[int]], right: Numbers) -> Floats:
        """The score of each stack with its bucket."""
        scores = np.zeros(len(right), np.float32)
        enough = self._in_order(lines, self._table.lines(right))
        which = np.flatnonzero(enough | (self.threshold <= MOST_ALONE))
        both = self._table.weights(right[which]) + (weights[which] if isinstance(weights, np.ndarray) else weights)
        raw = 2 * matched(left.rows(which), self._table.rows(right[which])) / both
        scores[which] = _limited(raw, enough[which])
        return scores

    def _aligned(self, stack: Stack, number: int) -> tuple[AlignedFrame, ...]:
        numbers = np.array([number])
        other = self._table.rows(numbers)
        aligned = align(stack.coded, other)
        raw = 2 * sum(weight for *_, weight in aligned) / (stack.weight + float(total(other)[0]))
        score = _limited(np.array([raw], np.float32), self._in_order([stack.line], self._table.lines(numbers)))
        share = float(score[0]) / sum(weight for *_, weight in aligned) if aligned else 0.0
        names, others = stack.names, compared(self._buckets[number].frames)
        return tuple(AlignedFrame(names[i], i, others[j], j, equal, weight * share) for i, j, equal, weight in aligned)

    def _in_order(self, left: list[list[int]], right: list[list[int]]) -> npt.NDArray[np.bool_]:
        """Whether two stacks have enough similar frames in the same order, or as many as the shorter one has frames."""
        if not left:
            return np.zeros(0, np.bool_)
        common = cpdist(left, right, scorer=LCSseq.similarity, dtype=np.uint8)
        shortest = np.array([min(len(a), len(b)) for a, b in zip(left, right, strict=True)])
        enough: npt.NDArray[np.bool_] = common >= np.minimum(np.maximum(shortest, 1), self.in_order)
        return enough


def _limited(scores: Floats, enough: npt.NDArray[np.bool_]) -> Floats:
    """Scores of alignments, limited if there are too few frames in order, and at most 1 after rounding."""
    limited: Floats = np.where(enough, np.minimum(scores, 1), np.minimum(scores * ALONE, MOST_ALONE)).astype(np.float32)
    return limited
