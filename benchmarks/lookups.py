"""Look-ups in a symbol file from Python, in the shapes of real use, beside Sentry's `symbolic`.

usage: lookups.py [--work DIR] [--runs N] [--no-peers]

A file of 60 MB (100 of the frames of a crash, 1,000 of a profile's sample, a million of a corpus). Addresses are at random in its
functions, sorted, or repeated (a thousand different ones, as crashes of one bucket have). Each answer has functions, files and
lines, inlined calls included. `symbolic` looks up one address in a call, so its figure holds for all sizes of batches; the
frames of 20,000 random answers are counted on both sides and must be as many.

Figures are of CPU time, inside a process that has opened the index; symbolic has made its cache in memory.
"""

from __future__ import annotations

import statistics
import sys
from typing import TYPE_CHECKING

import inputs
import peers
from probes import probe
from subject import command

if TYPE_CHECKING:
    from pathlib import Path

    from results import Row

BATCHES = {1: "", 100: "", 1_000: "≥ 2 M/s, repeated ≥ 5 M/s", 1_000_000: "≥ 2 M/s"}
ORDERS = ("random", "sorted", "repeated")
MEGABYTES = 60


def rows(work: Path, runs: int, *, with_peers: bool = True) -> list[Row]:
    """Rows for a table: work, ours, the peer, the goal."""
    big = inputs.big_file(work, MEGABYTES)
    index = work / f"lookups-{MEGABYTES}.syx"
    seen = [probe(sys.executable, "orders", big.sym, index, *BATCHES) for _ in range(runs)]

    def symbolic() -> str:
        found = probe(peers.symbolic(work), "symbolic_orders", big.sym)
        assert found["frames"] == seen[0]["frames"], f"{found['frames']} frames, {seen[0]['frames']} of ours"
        each = ", ".join(f"{order} {found[order] / 1e6:.3f}" for order in ORDERS)
        return f"symbolic, one by one: {each} M/s; as many frames"

    table = []
    for batch, goal in BATCHES.items():
        rates = {order: statistics.median(one[f"{order} {batch}"] for one in seen) for order in ORDERS}
        ours = ", ".join(f"{order} {rate / 1e6:.2f}" for order, rate in rates.items()) + " M/s"
        beside = peers.said(symbolic, wanted=with_peers) if batch == 1 else ""
        table.append((f"look-ups by {batch:,} of a file of {MEGABYTES} MB (call, CPU)", ours, beside, goal))
    return table


if __name__ == "__main__":
    command(__doc__, rows)
