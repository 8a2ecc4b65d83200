"""Quality of buckets and of rankings."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

__all__ = ["Ranking", "b_cubed", "ranking"]


def b_cubed(labels: Sequence[Hashable], buckets: Sequence[Hashable]) -> tuple[float, float, float]:
    """B-cubed precision, recall and F1: per crash, how much of its bucket is its label, and of its label its bucket."""
    both, sizes, wanted = Counter(zip(labels, buckets, strict=True)), Counter(buckets), Counter(labels)
    precision = sum(n * n / sizes[bucket] for (_, bucket), n in both.items()) / len(labels)
    recall = sum(n * n / wanted[label] for (label, _), n in both.items()) / len(labels)
    return precision, recall, 2 * precision * recall / (precision + recall)


@dataclass
class Ranking:
    """How well earlier crashes are ranked. `queries` have an earlier crash of their label in the same project."""

    first: float
    among_five: float
    mean_reciprocal: float
    duplicate_auc: float
    queries: int


def ranking(
    labels: Sequence[str], projects: Sequence[str], score: Callable[[int, int], float], asked: Sequence[bool]
) -> Ranking:
    """Rank, for each crash that is asked for, the labels of earlier crashes of its project by their best score.

    Ties count as their mean. `duplicate_auc` says how well the best score tells known bugs from new ones.
    """
    earlier: dict[str, list[int]] = defaultdict(list)
    first = five = reciprocal = 0.0
    known, new = [], []
    for i, (label, project) in enumerate(zip(labels, projects, strict=True)):
        before = earlier[project]
        if asked[i] and before:
            best: dict[str, float] = {}
            for j in before:
                best[labels[j]] = max(best.get(labels[j], -1.0), score(j, i))
            if label in best:
                own = best[label]
                better = sum(value > own for value in best.values())
                ties = sum(value == own for value in best.values())
                first += (better == 0) / ties
                five += min(1.0, max(0, 5 - better) / ties)
                reciprocal += 1 / (1 + better + (ties - 1) / 2)
                known.append(max(best.values()))
            else:
                new.append(max(best.values()))
        before.append(i)
    n = len(known)
    return Ranking(first / n, five / n, reciprocal / n, _auc(known, new), n)


def _auc(high: list[float], low: list[float]) -> float:
    _, inverse, counts = np.unique(np.array(high + low), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n, m = len(high), len(low)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")
