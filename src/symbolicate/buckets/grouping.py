"""Groups of near-duplicate buckets, each around a leader."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from symbolicate.buckets.bucket import Bucket, buckets_of
from symbolicate.buckets.decisions import Decided, Decision
from symbolicate.buckets.index import THRESHOLD, Buckets
from symbolicate.buckets.suggestion import Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy.typing as npt

    from symbolicate.report import Report

__all__ = ["Group", "group", "group_buckets", "iter_groups"]


class Group(NamedTuple):
    """A leader bucket and suggestions: the buckets that are near duplicates of the leader itself.

    `merged` has the buckets that people merged with the leader or with a suggested bucket; they are not compared.
    """

    leader: Bucket
    suggested: tuple[Suggestion, ...]
    merged: dict[str, tuple[str, ...]]


def group(
    reports: Iterable[Report],
    *,
    threshold: float = THRESHOLD,
    decisions: Iterable[Decision] = (),
    aliases: Mapping[str, str] | None = None,
) -> list[Group]:
    """Put reports into their buckets by the failure hash, and the buckets into groups.

    A report without a failure hash is left out. The order of the reports does not matter.
    """
    return group_buckets(buckets_of(reports), threshold=threshold, decisions=decisions, aliases=aliases)


def group_buckets(
    buckets: Iterable[Bucket],
    *,
    threshold: float = THRESHOLD,
    decisions: Iterable[Decision] = (),
    aliases: Mapping[str, str] | None = None,
    explain: bool = True,
) -> list[Group]:
    """Group buckets: those with the most reports become leaders, others join the leader they are most similar to.

    Args:
        buckets: each id once; their order does not matter.
        threshold: the score from which a bucket joins a leader.
        decisions: the decisions of people, oldest first.
        aliases: the id that a bucket has now, for ids in the decisions.
        explain: give the aligned frames of each suggestion.
    """
    return list(iter_groups(buckets, threshold=threshold, decisions=decisions, aliases=aliases, explain=explain))


def iter_groups(
    buckets: Iterable[Bucket],
    *,
    threshold: float = THRESHOLD,
    decisions: Iterable[Decision] = (),
    aliases: Mapping[str, str] | None = None,
    explain: bool = True,
) -> Iterator[Group]:
    """The groups of `group_buckets`, each made when it is taken.

    The buckets are compared before this returns. The aligned frames of all groups of a million buckets take more than a
    gigabyte.
    """
    ordered = sorted(buckets, key=lambda bucket: (-bucket.count, bucket.id))
    index = Buckets(ordered, threshold=threshold)
    units, apart = _by_number(Decided(decisions, aliases), ordered)
    found = index.leaders(units, apart)
    return _groups(index, ordered, units, found, explain=explain)


def _by_number(decided: Decided, ordered: list[Bucket]) -> tuple[list[list[int]], list[tuple[int, int]]]:
    """The buckets that people decided to be together and apart, by their numbers. Ids without a bucket are left out."""
    named = decided.named()
    numbers = {bucket.id: number for number, bucket in enumerate(ordered) if bucket.id in named}
    units = [sorted(numbers[key] for key in unit if key in numbers) for unit in decided.together()]
    apart = [(numbers[one], numbers[other]) for one, other in decided.pairs_apart() if {one, other} <= numbers.keys()]
    return [unit for unit in units if len(unit) > 1], apart


def _groups(
    index: Buckets,
    ordered: list[Bucket],
    units: list[list[int]],
    found: tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]],
    *,
    explain: bool,
) -> Iterator[Group]:
    leaders, scores = found
    suggested = leaders != np.arange(len(leaders))
    merged: dict[int, dict[str, tuple[str, ...]]] = {}
    for first, *others in sorted(units):
        suggested[others] = False
        keys = tuple(sorted(ordered[number].id for number in others))
        merged.setdefault(int(leaders[first]), {})[ordered[first].id] = keys
    followers = np.flatnonzero(suggested)
    followers = followers[np.argsort(leaders[followers], kind="stable")]
    own = np.flatnonzero(leaders == np.arange(len(leaders)))
    starts = np.searchsorted(leaders[followers], own)
    ends = np.searchsorted(leaders[followers], own, side="right")
    for leader, start, end in zip(own, starts, ends, strict=True):
        group = ordered[leader]
        suggestions = tuple(
            Suggestion(one.id, float(score), index.aligned(one, group.id) if explain else (), one.name)
            for one, score in ((ordered[number], scores[number]) for number in followers[start:end])
        )
        yield Group(group, suggestions, merged.get(int(leader), {}))
