"""Measure a big dSYM, from first sight to answers, beside symbolic and llvm-symbolizer.

usage: dsym.py [--work DIR] [--runs N] [--copies N] [--no-peers]

Prints rows as RESULTS.md has them: work, project, peers. Figures are CPU time of whole processes, and wall time and memory
where it says so; medians on a warm file cache. Memory is the largest resident set; the part without mapped files in brackets.
Each side answers the same 2,000 addresses: the project and symbolic from Python, llvm-symbolizer as a command.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import big_dsym
import measure
import peers
from generated_cpp import LLVM, missing

if TYPE_CHECKING:
    from collections.abc import Callable

MB = 1_000_000
ADDRESSES = 2_000

PROJECT = """
import json, sys
import numpy as np
from symbolicate import SymbolStore
folder, store, identifier, places = sys.argv[1:5]
found = SymbolStore(store, sources=[folder]).resolve("big", identifier)
assert found.symbols is not None, found
looked = found.symbols.lookup(np.array(json.load(open(places)), dtype=np.uint64))
frames = sum(len(looked.frames(at)) for at in range(len(looked)))
print(json.dumps({"frames": frames}))
"""

SYMBOLIC = """
import json, sys
import symbolic.debuginfo
archive = symbolic.debuginfo.Archive.open(sys.argv[1])
cache = next(archive.iter_objects()).make_symcache()
print(json.dumps({"frames": sum(len(cache.lookup(place)) for place in json.load(open(sys.argv[2])))}))
"""


def code_of(path: Path) -> tuple[str, int, int]:
    """The id of the file, and where its code begins and ends."""
    from symbolicate._native import debug_files

    [build] = debug_files(path)
    symbols, _ = build.open()
    assert build.debug_id is not None
    counts = symbols.counts
    print(
        f"{path.stat().st_size / MB:.0f} MB: {counts['functions']:,} functions, {counts['inlines']:,} inlined calls, "
        f"{counts['lines']:,} lines",
        file=sys.stderr,
    )
    return build.debug_id, 0x1000, 0x1000 + counts["functions"] * 64


def middle(runs: list[measure.Run]) -> str:
    """CPU, wall and memory of some runs."""
    cpu, wall = (statistics.median(getattr(run, kind) for run in runs) for kind in ("cpu", "wall"))
    # The peak that the system reports includes mapped files, and this process's pages before the child's program starts.
    private = statistics.median(run.private for run in runs) / MB
    return f"{cpu:.2f} s CPU, {wall:.2f} s wall, {private:.0f} MB of its own"


def rows(work: Path, runs: int, *, copies: int = 60, with_peers: bool = True) -> list[tuple[str, str, str, str]]:
    """Rows for a table: work, ours, the peers, the goal; or one with the reason, if the tools to make a dSYM are missing."""
    if tools := missing(big_dsym.TOOLS):
        return [("a big dSYM, from first sight to answers", f"skipped: no {tools}", "", "")]
    folder = (work / "big-dsym").resolve()
    made = big_dsym.make(folder, 4, copies)
    identifier, first, end = code_of(made)
    chance = random.Random(1)  # noqa: S311 - places to look up, the same each time
    places = folder / "places.json"
    chosen = [chance.randrange(first, end) for _ in range(ADDRESSES)]
    places.write_text(json.dumps(chosen))
    store = work / "dsym-store"

    def project(*, keep: bool) -> measure.Run:
        if not keep:
            shutil.rmtree(store, ignore_errors=True)
        return measure.run([sys.executable, "-c", PROJECT, folder / "big.dSYM", store, identifier, places])

    def peer(name: str, command: Callable[[], list[str | Path]], frames: Callable[[str], int]) -> str:
        def asked() -> str:
            done = [measure.run(command()) for _ in range(runs)]
            return f"{name} {middle(done)}, {frames(done[0].stdout):,} frames"

        return peers.said(asked, wanted=with_peers)

    cold, again = [project(keep=False) for _ in range(runs)], [project(keep=True) for _ in range(runs)]
    base = 0x100000000
    symbolizer: list[str | Path] = [LLVM / "llvm-symbolizer", f"--obj={made}", "--output-style=JSON"]
    beside = [
        peer("symbolic", lambda: [peers.symbolic(work), "-c", SYMBOLIC, made, places], count_told),
        peer("llvm-symbolizer", lambda: [*symbolizer, *(hex(base + at) for at in chosen)], count_symbols),
    ]
    return [
        (
            f"a {made.stat().st_size / MB:.0f} MB dSYM, from first sight to {ADDRESSES:,} answers (process)",
            f"{middle(cold)}, {count_told(cold[0].stdout):,} frames",
            "; ".join(beside),
            "",
        ),
        ("the same dSYM again (process)", middle(again), "each time as above" if with_peers else "not run", ""),
    ]


def count_told(output: str) -> int:
    """Frames in the output of the scripts above."""
    return int(json.loads(output)["frames"])


def count_symbols(output: str) -> int:
    """Frames in what llvm-symbolizer prints: an object a line, or an array of them."""
    answers: list[Any] = []
    for line in output.splitlines():
        read = json.loads(line)
        answers += read if isinstance(read, list) else [read]
    return sum(len(answer.get("Symbol", [])) for answer in answers)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "symbolicate-bench")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--copies", type=int, default=60, help="of each object file: 60 give more than 100 MB")
    parser.add_argument("--no-peers", action="store_true")
    given = parser.parse_args()
    for row in rows(given.work, given.runs, copies=given.copies, with_peers=not given.no_peers):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
