"""The weight of a frame: high near the crash and if few buckets have it, low in `main`."""

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
"""The weight of two aligned depths: that of the deeper one."""

LIKENESS: Floats = np.array([1.0, 0.4, 0.1], np.float32)
"""The weight of equal frames, of frames that are kin, and of frames with the same verb."""

# Rarity is computed as if there were this many more buckets without any of the frames: otherwise a frame that both of
# only two buckets have would look common.
_PRIOR = 1000
_POWER = 1.5


def rarity(having: npt.NDArray[np.int64], buckets: int) -> Floats:
    """The rarity of frames by the number of buckets that have them: 1 for one bucket, near 0 for all."""
    everything = buckets + _PRIOR
    share = np.log1p(everything / np.maximum(having, 1)) / np.log1p(everything)
    rare: Floats = (share**_POWER).astype(np.float32)
    return rare
