"""Buckets of reports, and the representative report of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from symbolicate._native import comparable_function
from symbolicate.buckets.family import family
from symbolicate.buckets.frames import UNKNOWN, compared

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate.report import Frame, Report

__all__ = ["Bucket", "Crash", "buckets_of", "crash_of", "leaders"]

_FRAMES = 1024  # of a report that are read: frames below a longer recursion hardly count


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, for comparison.

    `frames` are the leader's, the crash first: function names without parameters, template arguments collapsed; empty
    for unknown frames, `module!` if only the module is known. `family` is that of the problem classes; buckets of
    different families are never near duplicates. `count` is the number of reports.
    """

    id: str
    frames: tuple[str, ...]
    family: str = ""
    count: int = 1
    name: str = ""


class Crash(NamedTuple):
    """The parts of one report that are compared."""

    bucket: str
    name: str
    family: str
    frames: tuple[str, ...]


def crash_of(report: Report) -> Crash | None:
    """The parts of a report that are compared; None if it has no failure hash, and so no bucket."""
    failure = report.failure
    if failure is None or not failure.hash:
        return None
    frames: tuple[str, ...] = ()
    thread = report.crashing_thread
    if thread is not None:
        first = 0
        blamed = failure.blamed
        # Frames above the blamed one were skipped by a rule of naming.
        if blamed is not None and blamed.thread == thread.threads_index and blamed.frame is not None:
            first = blamed.frame
        os = (report.system_info and report.system_info.os) or ""
        frames = compared([name for frame in thread.frames[first : first + _FRAMES] for name in _names(frame, os)])
    return Crash(failure.hash, failure.name or "", family(failure.problem_classes or ()), frames)


def _names(frame: Frame, os: str) -> Iterator[str]:
    """The functions of a frame, innermost first."""
    for inline in frame.inlines or ():
        yield _comparable(inline.function, os) if inline.function else UNKNOWN
    named = _comparable(frame.function, os) if frame.function else UNKNOWN
    yield named or (f"{frame.module}!" if frame.module else UNKNOWN)


# The native code caches names, too; this cache saves a native call for each frame.
_comparable = lru_cache(maxsize=1 << 16)(comparable_function)


def leaders(crashes: Iterable[Crash]) -> list[Bucket]:
    """The buckets of some crashes, each with its leader: the most frequent stack of its reports.

    Of equally frequent stacks the longest is the leader, of those the first in alphabetical order, so that the order of
    the reports does not matter.
    """
    stacks: dict[str, Counter[Crash]] = {}
    for crash in crashes:
        stacks.setdefault(crash.bucket, Counter())[crash] += 1
    out = []
    for key in sorted(stacks):
        counts = stacks[key]
        leader = min(counts, key=lambda crash: (-counts[crash], -len(crash.frames), crash))
        out.append(Bucket(key, leader.frames, leader.family, counts.total(), leader.name))
    return out


def buckets_of(reports: Iterable[Report]) -> list[Bucket]:
    """The buckets of some reports, without those that have no failure hash; see `leaders`."""
    return leaders(filter(None, map(crash_of, reports)))
