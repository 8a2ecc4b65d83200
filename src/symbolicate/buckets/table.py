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
        self._size = 0
        self._likenesses: dict[str, tuple[str, ...]] = {}
        self._codes: Ints = np.full((256, len(LIKENESS), DEPTH), NO_FRAME, np.int32)
        # The weights of all codes and of all stacks; they change with every stack that is added.
        self._settled: tuple[list[Floats], Floats] | None = None

    def __len__(self) -> int:
        return self._size

    def reserve(self, size: int) -> None:
        """Make room for so many stacks, which is less work and memory than to grow."""
        if size > len(self._codes):
            more = np.full((size - len(self._codes), *self._codes.shape[1:]), NO_FRAME, np.int32)
            self._codes = np.concatenate([self._codes, more])

    def add(self, frames: Sequence[str]) -> None:
        """Add a stack."""
        self._settled = None
        number = self._size
        if number == len(self._codes):
            self.reserve(2 * number)
        names = compared(frames)
        texts = [self._texts(name) for name in names]
        for likeness, postings in enumerate(self.postings):
            codes = [postings.add(text[likeness]) if text[likeness] else NO_FRAME for text in texts]
            if likeness == 0:
                codes = [UNKNOWN_FRAME if code == NO_FRAME else code for code in codes]
            self._codes[number, likeness, : len(codes)] = codes
            postings.put(codes, number)
        self._size += 1

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
        return Stack(names, coded, float(total(coded)[0]), _lines(codes)[0])

    def stack(self, number: int, frames: Sequence[str]) -> Stack:
        """A stack by its number, and with the frames that it was added with."""
        which = np.array([number])
        return Stack(compared(frames), self.rows(which), float(self.weights(which)[0]), self.lines(which)[0])

    def lines(self, numbers: npt.NDArray[np.int64]) -> list[list[int]]:
        """The frames of stacks for counting, by their numbers: see `Stack`."""
        different, which = np.unique(numbers, return_inverse=True)
        lines = _lines(self._codes[different])
        return [lines[number] for number in which.tolist()]

    def rows(self, numbers: npt.NDArray[np.int64]) -> Coded:
        """Stacks by their numbers."""
        return self._coded(self._codes[numbers])

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


def _lines(codes: Ints) -> list[list[int]]:
    """The numbers of frames and kin of each stack in one row: kin have the odd numbers."""
    frames, kin = codes[:, 0], codes[:, 1]
    numbers = np.where(kin >= 0, kin * 2 + 1, frames * 2)
    known = (frames >= 0) | (kin >= 0)
    sizes = known.sum(axis=1).tolist()
    flat, lines, at = numbers[known].tolist(), [], 0
    for size in sizes:
        lines.append(flat[at : at + size])
        at += size
    return lines
