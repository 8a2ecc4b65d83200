"""Measure names and buckets on labelled crashes and write benchmarks/grouping/RESULTS.md.

usage: run.py [--work DIR] [--no-siggen] [--only-speed] [--sizes 1000,10000,100000,1000000]

What was tuned on what is said in the table's own text. The sets are beside the project and are not part of it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import data
import metrics
import minhash
import peers
from rankings import rankings
from speed import HEAD
from synthetic_stacks import stacks as made_up

from symbolicate import _native
from symbolicate.buckets import THRESHOLD, Bucket, Buckets

HERE = Path(__file__).resolve().parent
# What is said of each part, under its heading in TUNING.md.
TUNING = {
    part.split("\n", 1)[0]: part.split("\n", 1)[1].strip() + "\n\n"
    for part in (HERE / "TUNING.md").read_text(encoding="utf-8").split("## ")[1:]
}
Score = Callable[[int, int], float]
NAMING = _native.Naming("wer", "classic")
# Where ClusterFuzz and CASR put the line; for ours see symbolicate.buckets.
_LINES = {"ClusterFuzz's rule": 0.8, "ReBucket's measure": 0.7}


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def named(crash: data.Crash) -> dict[str, object]:
    return json.loads(_native.name_record(json.dumps(crash.facts).encode(), NAMING))


# ---------- hashes ----------


def _half(label: str) -> int:
    """Half of the labels, by a digest of theirs."""
    return hashlib.md5(label.encode(), usedforsecurity=False).digest()[-1] % 2


def hashes(work: Path, *, with_siggen: bool) -> str:
    """Firefox by Socorro's label, CASR by agreement of two builds."""
    crashes = data.firefox()
    labels = [c.label for c in crashes]
    failures = [named(c) for c in crashes]
    ways = {
        "one bucket for each report": [c.key for c in crashes],
        "our `hash`": [f["hash"] for f in failures],
        "our `strict`": [f["hashes"]["strict"] for f in failures],
        "our `coarse`": [f["hashes"]["coarse"] for f in failures],
        "first three frames as they are": ["|".join(c.raw[:3]) for c in crashes],
    }
    if with_siggen:
        ways["siggen"] = peers.siggen([c.raw for c in crashes], work)[0]
    everything = range(len(crashes))
    for name, measure in (
        ("ours", our_scores(crashes)),
        ("ReBucket's measure", lambda j, i: peers.position_dependent(crashes[j].frames, crashes[i].frames)),
        ("ClusterFuzz's rule", lambda j, i: peers.clusterfuzz(crashes[j].raw[:3], crashes[i].raw[:3])),
    ):
        line = _LINES.get(name, THRESHOLD)
        ways[f"merged with leaders: {name}, from {line:g}"] = leader_groups(crashes, measure, line, everything)
    rows = []
    halves = [[i for i in everything if _half(labels[i]) == half] for half in (0, 1)]
    for name, buckets in ways.items():
        precision, recall, f1 = metrics.b_cubed(labels, buckets)
        rows.append(
            (
                name,
                f"{precision:.3f}",
                f"{recall:.3f}",
                f"**{f1:.3f}**",
                *(
                    f"{metrics.b_cubed([labels[i] for i in half], [buckets[i] for i in half])[2]:.3f}"
                    for half in halves
                ),
                f"{len(set(buckets))} / {len(set(labels))}",
                max(Counter(buckets).values()),
            )
        )
    text = table(
        ["Firefox, 494 stacks", "B-cubed P", "R", "F1", "F1 first half", "second half", "buckets / labels", "biggest"],
        rows,
    )

    pairs = data.casr_pairs()
    both = [(named(a), named(b)) for a, b in pairs]

    def agree(same: Callable[[dict, dict], bool]) -> str:
        return f"{sum(same(a, b) for a, b in both) / len(both):.1%}"

    rows = [
        ("our `hash`", agree(lambda a, b: a["hash"] == b["hash"])),
        ("our `strict`", agree(lambda a, b: a["hashes"]["strict"] == b["hashes"]["strict"])),
        ("our `coarse`", agree(lambda a, b: a["hashes"]["coarse"] == b["hashes"]["coarse"])),
        ("first three frames, cleaned", f"{sum(a.frames[:3] == b.frames[:3] for a, b in pairs) / len(pairs):.1%}"),
    ]
    return text + "\n" + table([f"CASR, {len(pairs)} inputs in two builds", "agree"], rows)


# ---------- likeness ----------


def our_scores(crashes: list[data.Crash]) -> Score:
    """The score of each pair of a project and family, by the index itself; what it does not find has score 0."""
    buckets = [Bucket(f"{i:06}", c.frames, f"{c.project}/{c.family}") for i, c in enumerate(crashes)]
    scores = {(j, i): score for i, j, score in Buckets(buckets, threshold=1e-3).pairs()}
    return lambda j, i: scores.get((j, i), 0.0)


def leader_groups(crashes: list[data.Crash], score: Score, threshold: float, some: range) -> list[int]:
    """Each of some crashes follows the earlier leader it is most like, the same for every measure."""
    leaders: dict[str, list[int]] = defaultdict(list)
    out = []
    for i in some:
        project = crashes[i].project
        best = max(((score(j, i), -j) for j in leaders[project]), default=(0.0, 0))
        if best[0] >= threshold:
            out.append(-best[1])
        else:
            leaders[project].append(i)
            out.append(i)
    return out


def likeness(title: str, crashes: list[data.Crash], work: Path, *, with_siggen: bool) -> str:
    """Ranking and groups on the second half of a set; thresholds of the peers from the first half."""
    labels, projects = [c.label for c in crashes], [c.project for c in crashes]
    half = len(crashes) // 2
    asked = [i >= half for i in range(len(crashes))]

    def on(
        measure: Callable[[Sequence[str], Sequence[str]], float], which: Callable[[data.Crash], Sequence[str]]
    ) -> Score:
        known: dict[tuple[int, int], float] = {}

        def score(j: int, i: int) -> float:
            if (j, i) not in known:
                known[j, i] = measure(which(crashes[j]), which(crashes[i]))
            return known[j, i]

        return score

    ways: dict[str, Score] = {
        "ours": our_scores(crashes),
        "ReBucket's measure": on(peers.position_dependent, lambda c: c.frames),
        "ClusterFuzz's rule": on(peers.clusterfuzz, lambda c: c.raw[:3]),
        "Indel of the frames": on(peers.indel, lambda c: c.frames),
    }
    if with_siggen:
        signatures, _ = peers.siggen([c.raw for c in crashes], work)
        ways["siggen, equal signatures"] = lambda j, i: float(signatures[j] == signatures[i])
    rows = []
    singles = metrics.b_cubed(labels[half:], list(range(half, len(crashes))))
    for name, score in ways.items():
        ranked = metrics.ranking(labels, projects, score, asked)
        tuned = max(
            (round(t / 20, 2) for t in range(8, 21)),
            key=lambda t: metrics.b_cubed(labels[:half], leader_groups(crashes, score, t, range(half)))[2],
        )
        threshold = THRESHOLD if name.startswith("ours") else 0.8 if name.startswith("ClusterFuzz") else tuned
        cells = [
            f"{ranked.first:.3f}",
            f"{ranked.among_five:.3f}",
            f"{ranked.mean_reciprocal:.3f}",
            f"{ranked.duplicate_auc:.3f}",
        ]
        for t in (threshold, tuned):
            p, _, f1 = metrics.b_cubed(labels[half:], leader_groups(crashes, score, t, range(half, len(crashes))))
            cells.append(f"{f1:.3f} (P {p:.3f}, from {t:g})")
        rows.append((name, *cells))
    head = [
        f"{title}: the later {len(crashes) - half} of {len(crashes)}",
        "RR@1",
        "RR@5",
        "MRR",
        "known or new, AUC",
        "B-cubed F1, own threshold",
        "B-cubed F1, threshold of the first half",
    ]
    return table(head, rows) + f"\nOne bucket for each report: F1 {singles[2]:.3f}. {ranked.queries} queries.\n"


def vectors() -> str:
    """ClusterFuzz's own vectors: our score beside its rule."""
    rows = data.comparer_vectors()
    scored = []
    for a, b, similar in rows:
        one, other = (
            Bucket(k, tuple(_native.comparable_function(f) for f in frames)) for k, frames in (("a", a), ("b", b))
        )
        scored.append((Buckets([one, other]).score(one, other), peers.clusterfuzz(a, b), similar))
    out = []
    for name, at, threshold in (
        ("ours", 0, THRESHOLD),
        ("ours, threshold 0.3", 0, 0.3),
        ("ClusterFuzz's rule", 1, 0.8),
    ):
        right = sum((s[at] >= threshold) == s[2] for s in scored)
        out.append(
            (
                name,
                f"{right} of {len(scored)}",
                sum(s[at] >= threshold and not s[2] for s in scored),
                sum(s[at] < threshold and s[2] for s in scored),
            )
        )
    return table(["ClusterFuzz's comparer vectors", "right", "wrongly similar", "wrongly not"], out)


# ---------- speed ----------


def speed(sizes: Sequence[int]) -> str:
    rows = []
    for size in sizes:
        # In a process of its own, so that its peak of memory is that of this size.
        done = subprocess.run(
            [sys.executable, HERE / "speed.py", str(size)], check=True, stdout=subprocess.PIPE, text=True
        )
        rows.append(json.loads(done.stdout))
    return table(HEAD, rows)


def ways_to_find(size: int) -> str:
    """Candidates by the inverted index and by MinHash: how many, how long, what is lost."""
    stacks = made_up(size)
    buckets = [Bucket(f"{i:07}", frames, "access") for i, frames in enumerate(stacks)]
    start = time.process_time()
    index = Buckets(buckets)
    built = time.process_time() - start
    true = {(earlier, later) for later, earlier, _ in index.pairs()}
    found = time.process_time() - start
    rows = [("inverted index with bounds, and scores", f"{built:.1f} + {found - built:.1f} s", "", "1.000")]
    for bands, width in ((16, 4), (21, 3), (32, 2)):
        start = time.process_time()
        pairs = minhash.candidates(stacks, bands, width)
        seconds = time.process_time() - start
        rows.append(
            (
                f"MinHash, {bands} bands of {width}",
                f"{seconds:.1f} s",
                f"{len(pairs):,}",
                f"{len(true & pairs) / len(true):.3f}",
            )
        )
    return table([f"{size:,} stacks, {len(true):,} pairs from {THRESHOLD}", "CPU", "candidates", "recall"], rows)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work", type=Path, default=HERE.parents[1] / "build" / "bench")
    options.add_argument("--no-siggen", action="store_true")
    options.add_argument("--sizes", default="1000,10000,100000,1000000")
    options.add_argument("--only-speed", action="store_true", help="print the part about speed, and write nothing")
    given = options.parse_args()
    with_siggen = not given.no_siggen
    sizes = [int(size) for size in given.sizes.split(",")]
    if given.only_speed:
        print(speed(sizes), ways_to_find(10_000), sep="\n")
        return
    given.work.mkdir(parents=True, exist_ok=True)
    parts = [
        f"# Names and buckets on labelled crashes\n\nPython {platform.python_version()}, {platform.machine()}. Written by `benchmarks/grouping/run.py`.\n",
        "## Hashes\n\n" + TUNING["Hashes"] + hashes(given.work, with_siggen=with_siggen),
        "## Near duplicates\n\n" + TUNING["Near duplicates"],
        likeness("OSS-Fuzz", data.oss_fuzz(), given.work, with_siggen=with_siggen),
        likeness("Firefox", data.firefox(), given.work, with_siggen=with_siggen),
        "### Short and long stacks\n\n" + TUNING["Short and long stacks"] + table(*rankings()),
        vectors(),
        "## Speed\n\nMade-up stacks, about half of them edited copies; 20 frames on average.\n\n" + speed(sizes),
        ways_to_find(10_000),
    ]
    (HERE / "RESULTS.md").write_text("\n".join(parts), encoding="utf-8")
    print("\n".join(parts))


if __name__ == "__main__":
    main()
