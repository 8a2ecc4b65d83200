"""An inverted index with cheap growth: which buckets have a frame, and how near to the crash."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from symbolicate.buckets.frames import DEPTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from symbolicate.buckets.weights import Ints

__all__ = ["Postings"]

_SHIFT = (DEPTH - 1).bit_length()
_PLACE = (1 << _SHIFT) - 1


class Postings:
    """Texts numbered from 0, and for each the buckets that have it, with its position nearest to the crash."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._lists: list[array[int]] = []
        self._having = np.zeros(1024, np.int64)

    def __len__(self) -> int:
        return len(self._lists)

    def code(self, text: str) -> int | None:
        """The number of a text; None if no bucket has it."""
        return self._codes.get(text)

    def add(self, text: str) -> int:
        """The number of a text, a new one if necessary."""
        code = self._codes.setdefault(text, len(self._lists))
        if code == len(self._lists):
            self._lists.append(array("I"))
            if code == len(self._having):
                self._having = np.concatenate([self._having, np.zeros_like(self._having)])
        return code

    def put(self, codes: Sequence[int], bucket: int) -> None:
        """Add the texts of a bucket, from its first position on; codes below 0 are ignored.

        Buckets are added in their order, each once.
        """
        seen: set[int] = set()
        for place, code in enumerate(codes):
            if code >= 0 and code not in seen:
                seen.add(code)
                self._lists[code].append(bucket << _SHIFT | place)
        self._having[list(seen)] += 1

    @property
    def having(self) -> npt.NDArray[np.int64]:
        """For each text the number of buckets that have it."""
        return self._having[: len(self._lists)]

    def having_of(self, codes: Ints, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """For each code the number of buckets that have it, 0 for unknown codes."""
        if not len(self):
            return np.zeros(codes.shape, np.int64)
        return np.where(known, self._having[np.where(known, codes, 0)], 0)

    def of(self, code: int) -> npt.NDArray[np.uint32]:
        """Buckets and positions of a text, for `buckets` and `places`."""
        return np.frombuffer(self._lists[code], np.uint32)

    def all(self) -> npt.NDArray[np.uint32]:
        """The entries of all texts, in the texts' order."""
        return np.frombuffer(b"".join(self._lists), np.uint32)

    def starts(self) -> npt.NDArray[np.int64]:
        """The index of the first entry of each text in `all`, followed by the number of entries."""
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(self.having)])

    @staticmethod
    def buckets(entries: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        """The buckets of entries."""
        return entries >> np.uint32(_SHIFT)

    @staticmethod
    def places(entries: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        """The positions of entries, 0 at the crash."""
        return entries & np.uint32(_PLACE)
