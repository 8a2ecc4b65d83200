"""The peers' measures, written from their descriptions; siggen is run from its registry in an environment of its own."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, LCSseq, Levenshtein, Prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Rarity = Callable[[str], float]

__all__ = [
    "SIGGEN_VERSION",
    "clusterfuzz",
    "edit",
    "fast",
    "indel",
    "jaccard",
    "position_dependent",
    "prefix_match",
    "siggen",
    "sorted_words",
    "text_ratio",
    "tf_idf",
    "tracesim",
]

_WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]+(?![a-z])|[0-9]+")

SIGGEN_VERSION = "2.2.20241029"


def position_dependent(a: Sequence[str], b: Sequence[str], depth: float = 0.04, offset: float = 0.13) -> float:
    """ReBucket's position dependent model, with the constants that CASR ships."""
    if not a or not b:
        return 0.0
    above = [0.0] * (len(b) + 1)
    for i, frame in enumerate(a):
        row = [0.0]
        for j, other in enumerate(b):
            match = math.exp(-depth * min(i, j) - offset * abs(i - j)) if frame == other else 0.0
            row.append(max(above[j] + match, above[j + 1], row[j]))
        above = row
    return above[-1] / sum(math.exp(-depth * k) for k in range(min(len(a), len(b))))


def clusterfuzz(a: Sequence[str], b: Sequence[str]) -> float:
    """ClusterFuzz's rule as a score: above 0.8 where the rule says similar.

    Equal, or two frames in the same order, or the mean likeness of the lines.
    """
    if list(a) == list(b):
        return 1.0
    if LCSseq.similarity(a, b) >= 2:
        return 0.99
    lines = list(zip(a, b, strict=False))
    return sum((len(x) + len(y) - Levenshtein.distance(x, y)) / max(1, len(x) + len(y)) for x, y in lines) / max(
        1, len(lines)
    )


def indel(a: Sequence[str], b: Sequence[str]) -> float:
    """Plain likeness of the frame sequences."""
    return Indel.normalized_similarity(a, b)


def prefix_match(a: Sequence[str], b: Sequence[str]) -> float:
    """How many frames from the crash on are equal, of the longer stack."""
    return Prefix.normalized_similarity(a, b)


def jaccard(a: Sequence[str], b: Sequence[str]) -> float:
    """Common frames of all, without order."""
    return len({*a} & {*b}) / max(1, len({*a, *b}))


def edit(a: Sequence[str], b: Sequence[str]) -> float:
    """Levenshtein's distance over frames, by the length of the longer stack."""
    return Levenshtein.normalized_similarity(a, b)


def tf_idf(a: Sequence[str], b: Sequence[str], rarity: Rarity) -> float:
    """Cosine of the frames, each weighted by its rarity."""
    one, other = Counter(a), Counter(b)
    common = sum(one[f] * other[f] * rarity(f) ** 2 for f in one.keys() & other.keys())
    lengths = [sum((n * rarity(f)) ** 2 for f, n in bag.items()) for bag in (one, other)]
    return common / math.sqrt(lengths[0] * lengths[1]) if all(lengths) else 0.0


def tracesim(a: Sequence[str], b: Sequence[str], rarity: Rarity, alpha: float = 1.0) -> float:
    """An edit distance weighted by position and rarity, as TraceSim's, by the weight of both stacks."""
    left, right = ([rarity(f) / (1 + i) ** alpha for i, f in enumerate(stack)] for stack in (a, b))
    above = [0.0]
    for weight in right:
        above.append(above[-1] + weight)
    for frame, weight in zip(a, left, strict=True):
        row = [above[0] + weight]
        for j, other in enumerate(b):
            replaced = above[j] + (abs(weight - right[j]) if frame == other else weight + right[j])
            row.append(min(replaced, above[j + 1] + weight, row[j] + right[j]))
        above = row
    whole = sum(left) + sum(right)
    return 1 - above[-1] / whole if whole else 0.0


def fast(a: Sequence[str], b: Sequence[str], rarity: Rarity, alpha: float = 1.0, offset: float = 0.3) -> float:
    """Equal frames matched by position in linear time, weighted by position and rarity, as FaST's."""
    left, right = ([rarity(f) / (1 + i) ** alpha for i, f in enumerate(stack)] for stack in (a, b))
    positions: dict[str, list[int]] = {}
    for j in reversed(range(len(b))):
        positions.setdefault(b[j], []).append(j)
    matched = 0.0
    for i, frame in enumerate(a):
        if found := positions.get(frame):
            j = found.pop()
            matched += (left[i] + right[j]) * math.exp(-offset * abs(i - j))
    whole = sum(left) + sum(right)
    return matched / whole if whole else 0.0


def text_ratio(a: Sequence[str], b: Sequence[str]) -> float:
    """Indel of the stacks as text."""
    return fuzz.ratio("\n".join(a), "\n".join(b)) / 100


def sorted_words(a: Sequence[str], b: Sequence[str]) -> float:
    """Indel of the words that the names are made of, sorted."""
    one, other = (" ".join(_WORD.findall(" ".join(stack))) for stack in (a, b))
    return fuzz.token_sort_ratio(one, other) / 100


_SIGGEN = """
import json, sys, time
from siggen.generator import SignatureGenerator
generator = SignatureGenerator()
stacks = [json.loads(line) for line in sys.stdin]
crashes = [{"os": "Windows NT", "crashing_thread": 0, "threads": [{"frames": [
    {"frame": i, "function": f, "module": "xul.dll"} for i, f in enumerate(stack)]}]} for stack in stacks]
start = time.process_time()
signatures = [generator.generate(crash).signature for crash in crashes]
print(json.dumps({"seconds": time.process_time() - start, "signatures": signatures}))
"""


def siggen(stacks: Sequence[Sequence[str]], folder: Path) -> tuple[list[str], float]:
    """Socorro's signatures, and the CPU seconds they took."""
    python = folder / "siggen" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "siggen")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", f"siggen=={SIGGEN_VERSION}"], check=True)
    lines = "".join(json.dumps(list(stack)) + "\n" for stack in stacks)
    done = subprocess.run([str(python), "-c", _SIGGEN], input=lines, capture_output=True, text=True, check=True)
    out = json.loads(done.stdout)
    return out["signatures"], out["seconds"]
