"""A result of the index: a near-duplicate bucket, and the reason."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["AlignedFrame", "Suggestion"]


class AlignedFrame(NamedTuple):
    """Two aligned frames.

    `place` and `other_place` count the compared frames from the crash, 0 first, with recursion collapsed. `equal` is
    false if the frames are only kin: other functions of one class, namespace, module or prefix. `weight` is the
    share of the score.
    """

    frame: str
    place: int
    other: str
    other_place: int
    equal: bool
    weight: float


class Suggestion(NamedTuple):
    """A near-duplicate bucket. `score` is 0 to 1, 1 for equal stacks; `name` is the failure's, if known."""

    bucket: str
    score: float
    aligned: tuple[AlignedFrame, ...]
    name: str = ""
