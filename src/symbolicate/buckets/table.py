"""The stacks of an index as numbers, a row each, with the lists of which bucket has which frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from symbolicate.buckets.align import NO_FRAME, UNKNOWN_FRAME, Coded, total
from symbolicate.buckets.frames import DEPTH, UNKNOWN, compared, kin
from symbolicate.buckets.postings import Postings
from symbolicate.buckets.weights import rarity

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from symbolicate.buckets.weights import Floats, Ints

__all__ = ["Stack", "Table"]


class Stack(NamedTuple):
    """One stack: its frames, coded as a row of one for the alignment, its weight, and the frames for counting.

    `line` has a number for each known frame, equal for frames that are kin or, where a frame has no kin, equal.
    """

    names: tuple[str, ...]
    coded: Coded
    weight: float
    line: list[int]


class Table:
    """Stacks by number, in the order they were added."""

    def __init__(self) -> None:
        self.frames = Postings()
        self.kin = Postings()
        self.names: list[tuple[str, ...]] = []
        self.lines: list[list[int]] = []
        self._kin_text: dict[str, str] = {}
        self._frame_codes: Ints = np.full((256, DEPTH), NO_FRAME, np.int32)
        self._kin_codes: Ints = np.full((256, DEPTH), NO_FRAME, np.int32)
        # For each frame, and behind them for each frame's kin, how many stacks before this one have it.
        self._earlier: Ints = np.zeros((256, 2 * DEPTH), np.int32)
        # The rarities of all frames and the weights of all stacks; they change with every stack that is added.
        self._settled: tuple[Floats, Floats, Floats] | None = None

    def __len__(self) -> int:
        return len(self.lines)

    def add(self, frames: Sequence[str]) -> None:
        """Add a stack."""
        self._settled = None
        number = len(self.lines)
        if number == len(self._frame_codes):
            self._frame_codes = _twice(self._frame_codes)
            self._kin_codes = _twice(self._kin_codes)
            self._earlier = _twice(self._earlier)
        names = compared(frames)
        codes = [UNKNOWN_FRAME if _nameless(name) else self.frames.add(name) for name in names]
        kins = [self.kin.add(text) if (text := self._kin(name)) else NO_FRAME for name in names]
        self._frame_codes[number, : len(codes)] = codes
        self._kin_codes[number, : len(kins)] = kins
        self._earlier[number, : len(codes)] = self.frames.put(codes, number)
        self._earlier[number, DEPTH : DEPTH + len(kins)] = self.kin.put(kins, number)
        self.names.append(names)
        self.lines.append(_line(codes, kins))

    def code(self, frames: Sequence[str], fresh: dict[tuple[int, str], int] | None = None) -> Stack:
        """A stack that need not be in the table.

        Args:
            frames: the names.
            fresh: numbers for names that the table does not have; given for two stacks, they can be compared.
        """
        fresh = {} if fresh is None else fresh
        codes = np.full((1, DEPTH), NO_FRAME, np.int32)
        kins = np.full((1, DEPTH), NO_FRAME, np.int32)
        names = compared(frames)
        for place, name in enumerate(names):
            codes[0, place] = UNKNOWN_FRAME if _nameless(name) else _code(self.frames, name, fresh, (0, name))
            text = self._kin(name)
            kins[0, place] = _code(self.kin, text, fresh, (1, text)) if text else NO_FRAME
        coded = self._coded(codes, kins)
        return Stack(names, coded, float(total(coded)[0]), _line(codes[0].tolist(), kins[0].tolist()))

    def stack(self, number: int) -> Stack:
        """A stack by its number."""
        which = np.array([number])
        return Stack(self.names[number], self.rows(which), float(self.weights(which)[0]), self.lines[number])

    def rows(self, numbers: npt.NDArray[np.int64]) -> Coded:
        """Stacks by their numbers."""
        return self._coded(self._frame_codes[numbers], self._kin_codes[numbers])

    def earlier(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each frame of some stacks, and then for each frame's kin, how many earlier stacks have it."""
        return self._earlier[numbers].astype(np.int64)

    def weights(self, numbers: npt.NDArray[np.int64]) -> Floats:
        """The weights of stacks by their numbers."""
        return self._settled[2][numbers] if self._settled else total(self.rows(numbers))

    def settle(self) -> None:
        """Compute all rarities and weights once, for many questions without a change between them."""
        if self._settled is None:
            size = len(self)
            empty = np.zeros(0, np.float32)
            self._settled = (rarity(self.frames.having, size), rarity(self.kin.having, size), empty)
            parts = [total(self.rows(np.arange(at, min(size, at + 8192)))) for at in range(0, size, 8192)]
            self._settled = (*self._settled[:2], np.concatenate([empty, *parts]))

    def _kin(self, name: str) -> str:
        text = self._kin_text.get(name)
        if text is None:
            text = self._kin_text[name] = kin(name)
        return text

    def _coded(self, codes: Ints, kins: Ints) -> Coded:
        frames, kin_settled = self._settled[:2] if self._settled else (None, None)
        return Coded(
            codes, kins, _rarity(self.frames, codes, len(self), frames), _rarity(self.kin, kins, len(self), kin_settled)
        )


def _nameless(name: str) -> bool:
    return name == UNKNOWN or name.endswith("!")


def _code(postings: Postings, text: str, fresh: dict[tuple[int, str], int], key: tuple[int, str]) -> int:
    code = postings.code(text)
    return fresh.setdefault(key, len(postings) + len(fresh)) if code is None else code


def _rarity(postings: Postings, codes: Ints, size: int, settled: Floats | None) -> Floats:
    """The rarity of each code; one that the table does not have is as rare as can be."""
    inside = (codes >= 0) & (codes < len(postings))
    if settled is not None and len(settled):
        return np.where(inside, settled[np.where(inside, codes, 0)], np.float32(1))
    return rarity(postings.having_of(codes, inside), size)


def _line(codes: Sequence[int], kins: Sequence[int]) -> list[int]:
    """Both kinds of number in one: kin have the odd ones."""
    return [kin * 2 + 1 if kin >= 0 else code * 2 for code, kin in zip(codes, kins, strict=True) if max(code, kin) >= 0]


def _twice(rows: Ints) -> Ints:
    return np.concatenate([rows, np.full_like(rows, NO_FRAME)])
