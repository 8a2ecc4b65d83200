"""The index of buckets, which finds near duplicates of a bucket.

What is compared, and how, is native (the crate `similar`); here names become numbers, and numbers buckets.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from symbolicate._native import StackIndex
from symbolicate.buckets.frames import compared
from symbolicate.buckets.names import Names
from symbolicate.buckets.suggestion import AlignedFrame, Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from symbolicate.buckets.bucket import Bucket
    from symbolicate.buckets.names import Codes

    Numbers = npt.NDArray[np.uint32]
    Scores = npt.NDArray[np.float32]

__all__ = ["THRESHOLD", "Buckets"]

THRESHOLD = 0.6
"""The score from which buckets are suggested."""

_ADDED_AT_ONCE = 1 << 14
_PAIRS_AT_ONCE = 1 << 16


class Buckets:
    """A set of buckets in which near duplicates are found.

    The order in which buckets are added does not change what is found. Additions and look-ups may alternate.

    Args:
        buckets: the first buckets.
        threshold: the score from which buckets are suggested, above 0 and at most 1.
        in_order: how many frames must be equal or kin in the same order, if both stacks have that many, for a full
            score. With fewer the score is three quarters, and below the usual threshold.
    """

    def __init__(self, buckets: Iterable[Bucket] = (), *, threshold: float = THRESHOLD, in_order: int = 2) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold {threshold} is not above 0 and at most 1")
        self.threshold = threshold
        self.in_order = in_order
        self._buckets: list[Bucket] = []
        self._numbers: dict[str, int] = {}
        self._families: dict[str, int] = {}
        self._names = Names()
        self._native = StackIndex()
        self._waiting = _Stacks()
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
        family = self._families.setdefault(bucket.family, len(self._families))
        self._waiting.add(self._names.numbers(bucket.frames, self._waiting.names), family)
        self._numbers[bucket.id] = len(self._buckets)
        self._buckets.append(bucket)
        if len(self._waiting) == _ADDED_AT_ONCE:
            self._index()

    def similar(self, bucket: Bucket, limit: int = 10) -> list[Suggestion]:
        """The near duplicates of a bucket, the most similar first, without the bucket itself.

        The bucket need not be in the index.
        """
        family = self._families.get(bucket.family)
        if family is None:
            return []
        stack, own = self._stack(bucket), self._numbers.get(bucket.id, -1)
        numbers, scores = self._index().similar(stack, family, self.threshold, self.in_order)
        found = sorted(
            (-score, self._buckets[number].id, number)
            for number, score in zip(numbers, scores, strict=True)
            if number != own
        )
        names = compared(bucket.frames)
        return [
            Suggestion(key, -score, self._aligned(names, stack, number), self._buckets[number].name)
            for score, key, number in found[:limit]
        ]

    def score(self, left: Bucket, right: Bucket) -> float:
        """How similar two stacks are, whatever their families: 0 to 1. Neither need be in the index."""
        fresh: dict[tuple[int, str], int] = {}
        one, other = (self._names.codes(bucket.frames, fresh) for bucket in (left, right))
        return self._index().score(one, other, self.in_order)

    def aligned(self, bucket: Bucket, other: str) -> tuple[AlignedFrame, ...]:
        """The aligned frames of a bucket and of one in the index, which explain their score.

        Raises:
            KeyError: the other one is not in the index.
        """
        return self._aligned(compared(bucket.frames), self._stack(bucket), self._numbers[other])

    def pairs(self) -> Iterator[tuple[int, int, float]]:
        """All pairs of near duplicates: the later, the earlier (numbers in the order of addition), the score."""
        for later, earlier, scores in self.pairs_in_blocks():
            yield from zip(later.tolist(), earlier.tolist(), scores.tolist(), strict=True)

    def pairs_in_blocks(self) -> Iterator[tuple[Numbers, Numbers, Scores]]:
        """The same, many pairs at a time: an array of each."""
        following = 0
        while following < len(self):
            following, later, earlier, scores = self._index().pairs(
                following, _PAIRS_AT_ONCE, self.threshold, self.in_order
            )
            yield later, earlier, scores

    def leaders(
        self, together: Sequence[Sequence[int]] = (), apart: Sequence[tuple[int, int]] = ()
    ) -> tuple[Numbers, Scores]:
        """The leader of each bucket and the score with it, by numbers in the order of addition.

        Each bucket follows the most similar leader before it, of equally similar ones the first, or is a leader, with
        a score of 1.

        Args:
            together: buckets that follow one leader: that of the first of them, which alone is compared.
            apart: pairs of buckets that do not follow one leader.
        """
        return self._index().leaders(
            self.threshold, self.in_order, [list(numbers) for numbers in together], list(apart)
        )

    def _aligned(self, names: Sequence[str], stack: int | list[Codes], number: int) -> tuple[AlignedFrame, ...]:
        others = compared(self._buckets[number].frames)
        aligned = self._index().aligned(stack, number, self.in_order)
        return tuple(AlignedFrame(names[i], i, others[j], j, equal, weight) for i, j, equal, weight in aligned)

    def _stack(self, bucket: Bucket) -> int | list[Codes]:
        """The number of a bucket that is in the index, the codes of another."""
        number = self._numbers.get(bucket.id)
        if number is not None and self._buckets[number] is bucket:
            return number
        return self._names.codes(bucket.frames, {})

    def _index(self) -> StackIndex:
        """The native index, with all buckets in it."""
        if self._waiting:
            waiting, self._waiting = self._waiting, _Stacks()
            waiting.move(self._native)
        return self._native


class _Stacks:
    """Stacks that are not in the native index yet: one call for each would take longer than the work."""

    def __init__(self) -> None:
        self.names: list[Codes] = []
        self._lengths = array("B")
        self._frames = array("I")
        self._families = array("I")

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, frames: list[int], family: int) -> None:
        self._lengths.append(len(frames))
        self._frames.extend(frames)
        self._families.append(family)

    def move(self, index: StackIndex) -> None:
        names = np.array(self.names, np.int32).reshape(-1)
        index.add(
            names,
            np.frombuffer(self._lengths, np.uint8),
            np.frombuffer(self._frames, np.uint32),
            np.frombuffer(self._families, np.uint32),
        )
