"""Groups of near-duplicate buckets, each around a leader."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from symbolicate.buckets.bucket import Bucket, crash_of, leaders
from symbolicate.buckets.decisions import Decided, Decision
from symbolicate.buckets.index import THRESHOLD, Buckets
from symbolicate.buckets.suggestion import Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from symbolicate.report import Report

__all__ = ["Group", "group", "group_buckets"]


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
    crashes = (crash_of(report) for report in reports)
    buckets = leaders(crash for crash in crashes if crash is not None)
    return group_buckets(buckets, threshold=threshold, decisions=decisions, aliases=aliases)


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
    ordered = sorted(buckets, key=lambda bucket: (-bucket.count, bucket.id))
    index = Buckets(ordered, threshold=threshold)
    decided = Decided(decisions, aliases)
    similar = _Similar(index)

    follows: dict[str, str] = {}  # each bucket's leader
    groups: dict[str, _Growing] = {}
    for number, bucket in enumerate(ordered):
        if bucket.id in follows:
            continue
        unit = {key for key in decided.merged(bucket.id) if key in index}
        leader, score = bucket.id, 1.0
        for before, found in similar.earlier(number):
            key = ordered[before].id
            if follows[key] == key and not decided.apart(unit, groups[key].all):
                leader, score = key, found
                break
        follows |= dict.fromkeys(unit, leader)
        grown = groups.setdefault(leader, _Growing(set(), [], {}))
        grown.all.update(unit)
        if leader != bucket.id:
            grown.suggested.append((bucket.id, score))
        if len(unit) > 1:
            grown.merged[bucket.id] = tuple(sorted(unit - {bucket.id}))
    return [
        Group(
            index[leader],
            tuple(
                Suggestion(key, score, index.aligned(index[key], leader) if explain else (), index[key].name)
                for key, score in grown.suggested
            ),
            grown.merged,
        )
        for leader, grown in groups.items()
    ]


class _Similar:
    """The near duplicates of each bucket among those before it. Millions of pairs fit into arrays, not into objects."""

    def __init__(self, index: Buckets) -> None:
        blocks = [
            (later.astype(np.int32), before.astype(np.int32), scores)
            for later, before, scores in index.pairs_in_blocks()
        ]
        later, before, scores = (np.concatenate(parts) for parts in zip(*blocks, strict=True)) if blocks else _NO_PAIRS
        order = np.lexsort((before, -scores, later))
        self._before, self._scores = before[order], scores[order]
        self._starts = np.searchsorted(later[order], np.arange(len(index) + 1))

    def earlier(self, number: int) -> Iterator[tuple[int, float]]:
        """The buckets before one, with their scores, the most similar first."""
        these = slice(self._starts[number], self._starts[number + 1])
        return zip(self._before[these].tolist(), self._scores[these].tolist(), strict=True)


_NO_PAIRS = (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))


class _Growing(NamedTuple):
    all: set[str]
    suggested: list[tuple[str, float]]
    merged: dict[str, tuple[str, ...]]
