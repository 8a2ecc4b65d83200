"""How much a frame says: much near the crash and where few buckets have it, little in `main`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from symbolicate.buckets.frames import DEPTH

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Ints = npt.NDArray[np.int32]

__all__ = ["LIKENESS", "NEAREST", "POSITION", "rarity"]

POSITION: Floats = (1.0 / (1.0 + np.arange(DEPTH))).astype(np.float32)
"""The weight of a depth."""

NEAREST: Floats = np.minimum(POSITION[:, None], POSITION[None, :])
"""The weight of two depths that stand opposite each other: the deeper one's."""

LIKENESS: Floats = np.array([1.0, 0.4, 0.1], np.float32)
"""The weight of equal frames, of frames that are kin, and of frames with the same verb."""

# As if so many buckets without any of our frames were there as well: of two buckets alone, a frame that both have would
# else look common.
_PRIOR = 1000
_POWER = 1.5


def rarity(having: npt.NDArray[np.int64], buckets: int) -> Floats:
    """How rare frames are that so many of the buckets have: 1 for a frame of one bucket, near 0 for one of all."""
    everything = buckets + _PRIOR
    share = np.log1p(everything / np.maximum(having, 1)) / np.log1p(everything)
    rare: Floats = (share**_POWER).astype(np.float32)
    return rare
