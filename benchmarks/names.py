"""Names and hashes of failures, and the normalising of functions, beside Socorro's `siggen`.

usage: names.py [--work DIR] [--runs N] [--no-peers]

All get the same made-up stacks: 100 crashes of Windows, Linux and iOS with 12 to 30 frames of C++. siggen makes Mozilla's
signatures of them, which are other texts for the same purpose; it is Python, from PyPI. Ours is the native program
`native/failure/examples/name_bench.rs`. Figures are of CPU time on one core.
"""

from __future__ import annotations

import statistics
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import measure
import peers
from probes import probe
from subject import command

if TYPE_CHECKING:
    from results import Row

HERE = Path(__file__).resolve().parent


def rows(work: Path, runs: int, *, with_peers: bool = True) -> list[Row]:
    """Names and hashes of failures, and the normalising of functions, from the same made-up stacks for all."""
    examples = HERE.parent / "native" / "target" / "release" / "examples"
    if not (examples / "name_bench").exists():
        return [("names and hashes", "skipped: no release build of the examples", "", "")]
    stacks = work / "stacks.ndjson"
    stacks.write_text(measure.run([examples / "name_bench", "--stacks"]).stdout)
    printed = [measure.run([examples / "name_bench"]).stdout for _ in range(runs)]

    def per_second(start: str) -> float:
        lines = [line for text in printed for line in text.splitlines() if line.startswith(start)]
        figures = [line.removeprefix(start).split()[0] for line in lines if "first round" not in line]
        return statistics.median(float(figure) for figure in figures)

    normalised = measure.run([examples / "normalise_bench"]).stdout
    each = {line[:34].strip(): line[34:].split()[0] for line in normalised.splitlines() if "M/s" in line}

    @cache
    def siggen() -> dict[str, float]:
        return probe(peers.siggen(work), "siggen", stacks)

    named, functions = (
        peers.said(lambda key=key: f"siggen {siggen()[key] / 1e3:.1f} k/s", wanted=with_peers)
        for key in ("per_second", "functions_per_second")
    )
    return [
        (
            "failures named and hashed, native, from facts of symbolicated reports",
            f"{per_second('brief true: ') / 1e3:.0f} k/s",
            named,
            "≥ 300 k/s",
        ),
        ("the same with how each name came about (`why`)", f"{per_second('brief false: ') / 1e3:.0f} k/s", "", ""),
        ("the same from JSON records, parsed", f"{per_second('from JSON: ') / 1e3:.0f} k/s", "", ""),
        (
            "functions normalised, never seen before",
            f"{each['name and collapsed, first time']} M/s",
            functions,
            "",
        ),
        ("functions normalised, seen before", f"{each['name and collapsed, again']} M/s", "", ""),
    ]


if __name__ == "__main__":
    command(__doc__, rows)
