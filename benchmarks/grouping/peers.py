"""The peers' measures, written from their descriptions; siggen is run from its registry in an environment of its own."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import TYPE_CHECKING

from rapidfuzz.distance import Indel, LCSseq, Levenshtein

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["SIGGEN_VERSION", "clusterfuzz", "position_dependent", "siggen"]

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
