"""How well each measure ranks short and long stacks: the label of the nearest earlier crash, RR@1.

usage: rankings.py

Prints the table that `run.py` puts into RESULTS.md. Long stacks are cut to three and five frames, as fuzzers report them.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import data
import metrics
import peers

from symbolicate.buckets import Bucket, Buckets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["rankings"]

FOLDS = 5
Frames = tuple[str, ...]


def rankings() -> tuple[list[str], list[tuple[str, ...]]]:
    """The head and the rows of the table: a row for each measure, a column for each set."""
    sets = _sets()
    columns = [_column(crashes) for _, crashes in sets]
    head = ["RR@1", *(name for name, _ in sets), f"OSS-Fuzz, {FOLDS} folds of projects"]
    rows = []
    for name in columns[0]:
        folds = columns[0][name][1:]
        cells = [f"{column[name][0]:.3f}" for column in columns]
        rows.append((name, *cells, " ".join(f"{fold:.3f}" for fold in folds)))
    return head, rows


def _sets() -> list[tuple[str, list[data.Crash]]]:
    firefox, casr = data.firefox(), data.casr()
    return [
        ("OSS-Fuzz, 3 frames", data.oss_fuzz()),
        ("Firefox, first 3", [_cut(crash, 3) for crash in firefox]),
        ("Firefox, first 5", [_cut(crash, 5) for crash in firefox]),
        ("Firefox, whole", firefox),
        ("CASR, first 3", [_cut(crash, 3) for crash in casr]),
        ("CASR, whole", casr),
    ]


def _cut(crash: data.Crash, depth: int) -> data.Crash:
    return data.Crash(crash.key, crash.project, crash.label, crash.kind, crash.raw[:depth], crash.family)


def _column(crashes: list[data.Crash]) -> dict[str, list[float]]:
    """For each measure RR@1 on all crashes, and on each fold of the projects."""
    having = Counter(frame for crash in crashes for frame in set(crash.frames))

    @cache
    def rarity(frame: str) -> float:
        return math.log(1 + len(crashes) / (1 + having[frame]))

    def plain(measure: Callable[[Sequence[str], Sequence[str]], float]) -> Callable[[int, int], float]:
        known = cache(measure)
        return lambda j, i: known(crashes[j].frames, crashes[i].frames)

    def weighted(measure: Callable[..., float]) -> Callable[[int, int], float]:
        return plain(lambda a, b: measure(a, b, rarity))

    # The peers compare stacks alone, so here all crashes of a project are of one family.
    index = Buckets([Bucket(f"{i:06}", c.frames, c.project) for i, c in enumerate(crashes)], threshold=1e-3)
    own = {(j, i): score for i, j, score in index.pairs()}
    ways = {
        "ours": lambda j, i: own.get((j, i), 0.0),
        "prefix match": plain(peers.prefix_match),
        "Jaccard of the frames": plain(peers.jaccard),
        "edit distance, normalised": plain(peers.edit),
        "Indel of the frames": plain(peers.indel),
        "TF-IDF cosine": weighted(peers.tf_idf),
        "ReBucket's measure": plain(peers.position_dependent),
        "TraceSim's measure": weighted(peers.tracesim),
        "FaST's measure": weighted(peers.fast),
        "ClusterFuzz's rule": plain(lambda a, b: peers.clusterfuzz(a[:3], b[:3])),
        "text, ratio": plain(peers.text_ratio),
        "text, sorted words": plain(peers.sorted_words),
    }
    labels, projects = [c.label for c in crashes], [c.project for c in crashes]
    folds = [hashlib.md5(p.encode(), usedforsecurity=False).digest()[0] % FOLDS for p in projects]
    out = {}
    for name, score in ways.items():
        asked = [[True] * len(crashes)]
        if len(set(folds)) == FOLDS:
            asked += [[fold == one for one in folds] for fold in range(FOLDS)]
        out[name] = [metrics.ranking(labels, projects, score, which).first for which in asked]
    return out


if __name__ == "__main__":
    head, rows = rankings()
    for row in (head, *rows):
        print(" | ".join(row))
