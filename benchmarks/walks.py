"""Measure what a frame costs that is found by the unwind tables of binaries.

usage: walks.py [--runs N] [--repeat N] [--dumps FOLDER --symbols FOLDER]

Walks the threads of the dumps of a folder, by default those of the corpus `live`, with their binaries as the only symbols.
Everything that a report takes counts: reading the dump, look-ups, the report itself; so the figure is an upper bound, and is for
frames of all kinds of trust, of which the row names the share that tables found.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import inputs

from symbolicate import InputError, SymbolStore
from symbolicate.engine import Session

LIVE = inputs.SHARED / "corpora" / "live"


def rows(
    runs: int, repeat: int = 20, dumps: Path | None = None, symbols: Path | None = None
) -> list[tuple[str, str, str, str]]:
    """Rows for a table: work, ours, the peers, the goal."""
    files = sorted((dumps or LIVE).rglob("*.dmp"))
    if not files:
        return [("a frame walked with binaries alone", "skipped: the corpus `live` is not beside this project", "", "")]
    with tempfile.TemporaryDirectory() as folder:
        session = Session(SymbolStore(folder, sources=[symbols or LIVE / "binaries"]))
        frames = by_tables = 0
        found = [json.loads(one) for one in session.reports_json(files) if not isinstance(one, InputError)]
        for report in found:
            for thread in report.get("threads", []):
                frames += len(thread.get("frames", []))
                by_tables += sum(frame.get("trust") == "cfi" for frame in thread.get("frames", []))
        measured = []
        for _ in range(runs):
            started = time.process_time()
            for _ in range(repeat):
                for _ in session.reports_json(files):
                    pass
            measured.append((time.process_time() - started) / (repeat * max(frames, 1)))
    title = f"a frame of {len(files)} dumps walked with binaries alone, report included (call, CPU)"
    share = f"{by_tables:,} of {frames:,} frames by tables"
    return [(title, f"{statistics.median(measured) * 1e6:.1f} µs, {share}", "", "")]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--dumps", type=Path)
    parser.add_argument("--symbols", type=Path)
    given = parser.parse_args()
    for row in rows(given.runs, given.repeat, given.dumps, given.symbols):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
