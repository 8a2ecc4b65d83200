"""The stacks of an index as numbers, a row each, with the lists of which bucket has which frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from symbolicate.buckets.align import NO_FRAME, UNKNOWN_FRAME, Coded, total
from symbolicate.buckets.frames import DEPTH, compared, kin, verb
from symbolicate.buckets.postings import Postings
from symbolicate.buckets.weights import LIKENESS, rarity

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from symbolicate.buckets.weights import Floats, Ints

__all__ = ["Stack", "Table"]


class Stack(NamedTuple):
    """One stack: its frames, coded as a row of one for the alignment, its weight, and the frames for counting.

    `line` has a number for each known frame, the same for frames that are kin or, if they have no kin, equal.
    """

    names: tuple[str, ...]
    coded: Coded
    weight: float
    line: list[int]


class Table:
    """Stacks by number, in the order of addition."""

    def __init__(self) -> None:
        self.postings = tuple(Postings() for _ in LIKENESS)
        self.names: list[tuple[str, ...]] = []
        self.lines: list[list[int]] = []
        self._likenesses: dict[str, tuple[str, ...]] = {}
        self._codes: Ints = np.full((256, len(LIKENESS), DEPTH), NO_FRAME, np.int32)
        # For each code how many stacks before this one have it.
        self._earlier: Ints = np.zeros_like(self._codes)
        # The weights of all codes and of all stacks; they change with every stack that is added.
        self._settled: tuple[list[Floats], Floats] | None = None

    def __len__(self) -> int:
        return len(self.lines)

    def add(self, frames: Sequence[str]) -> None:
        """Add a stack."""
        self._settled = None
        number = len(self.lines)
        if number == len(self._codes):
            self._codes, self._earlier = _twice(self._codes), _twice(self._earlier)
        names = compared(frames)
        texts = [self._texts(name) for name in names]
        for likeness, postings in enumerate(self.postings):
            codes = [postings.add(text[likeness]) if text[likeness] else NO_FRAME for text in texts]
            if likeness == 0:
                codes = [UNKNOWN_FRAME if code == NO_FRAME else code for code in codes]
            self._codes[number, likeness, : len(codes)] = codes
            self._earlier[number, likeness, : len(codes)] = postings.put(codes, number)
        self.names.append(names)
        self.lines.append(_line(self._codes[number, :, : len(names)]))

    def code(self, frames: Sequence[str], fresh: dict[tuple[int, str], int] | None = None) -> Stack:
        """A stack that need not be in the table.

        Args:
            frames: the names.
            fresh: numbers for names that the table does not have; given for two stacks, they can be compared.
        """
        fresh = {} if fresh is None else fresh
        codes = np.full((1, len(LIKENESS), DEPTH), NO_FRAME, np.int32)
        names = compared(frames)
        for position, name in enumerate(names):
            for likeness, text in enumerate(self._texts(name)):
                if text:
                    code = _code(self.postings[likeness], text, fresh, (likeness, text))
                    codes[0, likeness, position] = code
                elif likeness == 0:
                    codes[0, 0, position] = UNKNOWN_FRAME
        coded = self._coded(codes)
        return Stack(names, coded, float(total(coded)[0]), _line(codes[0]))

    def stack(self, number: int) -> Stack:
        """A stack by its number."""
        which = np.array([number])
        return Stack(self.names[number], self.rows(which), float(self.weights(which)[0]), self.lines[number])

    def rows(self, numbers: npt.NDArray[np.int64]) -> Coded:
        """Stacks by their numbers."""
        return self._coded(self._codes[numbers])

    def earlier(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each code of some stacks how many earlier stacks have it: frames, then kin, then verbs."""
        return self._earlier[numbers].reshape(len(numbers), -1).astype(np.int64)

    def weights(self, numbers: npt.NDArray[np.int64]) -> Floats:
        """The weights of stacks by their numbers."""
        return self._settled[1][numbers] if self._settled else total(self.rows(numbers))

    def settle(self) -> None:
        """Compute all weights once, for many look-ups without a change between them."""
        if self._settled is None:
            size = len(self)
            empty = np.zeros(0, np.float32)
            each = [rarity(postings.having, size) * LIKENESS[k] for k, postings in enumerate(self.postings)]
            self._settled = (each, empty)
            parts = [total(self.rows(np.arange(at, min(size, at + 8192)))) for at in range(0, size, 8192)]
            self._settled = (each, np.concatenate([empty, *parts]))

    def _texts(self, name: str) -> tuple[str, ...]:
        """The text that must be equal for each likeness, empty if it is unknown."""
        texts = self._likenesses.get(name)
        if texts is None:
            texts = self._likenesses[name] = ("" if name.endswith("!") else name, kin(name), verb(name))
        return texts

    def _coded(self, codes: Ints) -> Coded:
        weights = np.empty(codes.shape, np.float32)
        for k, postings in enumerate(self.postings):
            weights[:, k] = _weights(postings, codes[:, k], len(self), k, self._settled and self._settled[0][k])
        return Coded(codes, weights)


def _code(postings: Postings, text: str, fresh: dict[tuple[int, str], int], key: tuple[int, str]) -> int:
    code = postings.code(text)
    return fresh.setdefault(key, len(postings) + len(fresh)) if code is None else code


def _weights(postings: Postings, codes: Ints, size: int, likeness: int, settled: Floats | None) -> Floats:
    """The weight of each code; one that the table does not have is of the greatest rarity."""
    inside = (codes >= 0) & (codes < len(postings))
    if settled is not None and len(settled):
        return np.where(inside, settled[np.where(inside, codes, 0)], LIKENESS[likeness])
    weights: Floats = rarity(postings.having_of(codes, inside), size) * LIKENESS[likeness]
    return weights


def _line(codes: Ints) -> list[int]:
    """The numbers of frames and kin in one row: kin have the odd numbers."""
    frames, kin = codes[:2].tolist()
    return [k * 2 + 1 if k >= 0 else frame * 2 for frame, k in zip(frames, kin, strict=True) if max(frame, k) >= 0]


def _twice(rows: Ints) -> Ints:
    return np.concatenate([rows, np.full_like(rows, NO_FRAME)])
