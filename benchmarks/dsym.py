"""Measure a big dSYM, from first sight to answers, beside symbolic and llvm-symbolizer.

usage: dsym.py [--work DIR] [--runs N] [--no-peers]

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

import big_dsym
import measure
import peers

HERE = Path(__file__).resolve().parent
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

NOTHING = "import numpy, symbolicate"
NOTHING_SYMBOLIC = "import symbolic.debuginfo"


def code_of(path: Path) -> tuple[str, int, int]:
    """The id of the file, and where its code begins and ends."""
    from symbolicate._native import debug_files

    [build] = debug_files(path)
    symbols = build.open()
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
    peak, private = (statistics.median(getattr(run, kind) for run in runs) / MB for kind in ("peak", "private"))
    return f"{cpu:.2f} s CPU, {wall:.2f} s wall, {peak:.0f} MB ({private:.0f} MB)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "symbolicate-bench")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    arguments = parser.parse_args()
    folder = (arguments.work / "big-dsym").resolve()
    made = big_dsym.make(folder, 4, 60)
    identifier, first, end = code_of(made)
    chance = random.Random(1)  # noqa: S311 - places to look up, the same each time
    places = folder / "places.json"
    chosen = [chance.randrange(first, end) for _ in range(ADDRESSES)]
    places.write_text(json.dumps(chosen))
    store = arguments.work / "dsym-store"

    def project(*, keep: bool) -> measure.Run:
        if not keep:
            shutil.rmtree(store, ignore_errors=True)
        return measure.run([sys.executable, "-c", PROJECT, folder / "big.dSYM", store, identifier, places])

    rows = [("start of Python with the imports alone", middle([measure.run([sys.executable, "-c", NOTHING])]))]
    cold = [project(keep=False) for _ in range(arguments.runs)]
    rows.append(("project, first sight", middle(cold)))
    rows.append(("project, again", middle([project(keep=True) for _ in range(arguments.runs)])))
    rows.append(("frames found", cold[0].stdout.strip()))
    if not arguments.no_peers:
        python = peers.symbolic(arguments.work)
        rows.append(("symbolic, imports alone", middle([measure.run([python, "-c", NOTHING_SYMBOLIC])])))
        runs = [measure.run([python, "-c", SYMBOLIC, made, places]) for _ in range(arguments.runs)]
        rows.append(("symbolic, each time", middle(runs)))
        rows.append(("frames found", runs[0].stdout.strip()))
        base = 0x100000000
        command = [big_dsym.LLVM / "llvm-symbolizer", f"--obj={made}", "--output-style=JSON"]
        runs = [measure.run([*command, *(hex(base + at) for at in chosen)]) for _ in range(arguments.runs)]
        frames = sum(len(json.loads(line)["Symbol"]) for line in "".join(runs[0].stdout).splitlines())
        rows.append(("llvm-symbolizer, each time", middle(runs)))
        rows.append(("frames found", str(frames)))
    for name, figures in rows:
        print(f"| {name} | {figures} |")


if __name__ == "__main__":
    main()
