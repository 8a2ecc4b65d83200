"""Compare the project with other tools and write benchmarks/RESULTS.md: `make bench`.

usage: run.py [--work DIR] [--runs N] [--no-peers] [PART…]

Without parts all are measured, in the order of `PARTS`; the sections of the others stay as they are. Each part is a file of
this folder, whose docstring says what is measured and what the peers do, and which also runs by itself. A part that fails, as
it does when answers are not those of the peer, is named at the end, and its section stays as it was.

The peers are fetched from their registries into the work folder the first time, which takes some minutes of building.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import acknowledged
import addresses
import batch
import curves
import dsym
import dumps
import faces
import health
import images
import inputs
import lookups
import names
import native_instructions
import peers
import results
import subject
import symbol_files
import symbolication
import unwound
import walks

HERE = Path(__file__).resolve().parent
YARDSTICK_MB = 60


@dataclass(frozen=True)
class Part:
    """A section of the results.

    Attributes:
        title: the heading.
        about: one sentence; the docstring of the file says the rest.
        rows: what measures it.
        pictures: plots that it draws, in this folder.
    """

    title: str
    about: str
    rows: subject.Rows
    pictures: tuple[str, ...] = ()


PARTS = {
    "dumps": Part("Single dumps", "One dump: the whole command, and in a process that has its symbols.", dumps.rows),
    "batch": Part("Batches", "10,000 small dumps to one table.", batch.rows),
    "symbol-files": Part("A big symbol file", "A Breakpad file of 300 MB.", symbol_files.rows),
    "lookups": Part("Look-ups", "Addresses in batches of 1 to a million: random, sorted, repeated.", lookups.rows),
    "walks": Part("Walks", "Stacks unwound by the tables of binaries.", lambda _work, runs, **_peers: walks.rows(runs)),
    "names": Part("Names and hashes", "Failures named from the same stacks.", names.rows),
    "images": Part("Images", "Apple addresses to images.", lambda _work, runs, **_peers: images.rows(runs=runs)),
    "logs": Part(
        "Logs of App Center",
        "Containers of crash logs; the peer reads them in plain Python and names nothing.",
        lambda _work, runs, with_peers=True: unwound.rows(2_000, runs, with_peers=with_peers),
    ),
    "dsym": Part("A big dSYM", "From first sight to 2,000 answers in one process.", dsym.rows),
    "addresses": Part(
        "Addresses of debug files", "Files that were never seen, and their whole indexes.", addresses.rows
    ),
    "v5": Part(
        "POST /symbolicate/v5",
        "50,000 frames of a file of 60 MB, through the whole service.",
        lambda work, runs, with_peers=True: symbolication.rows(work, 60, 50_000, runs, with_peers=with_peers),
    ),
    "health": Part("Pages", "The page of an app with a million events.", health.rows),
    "acknowledged": Part("The service", "Reports acknowledged, and processed from the queue.", acknowledged.rows),
    "faces": Part("Python", "The functions of the Python package, by pytest-benchmark.", faces.rows),
    "instructions": Part(
        "Instructions", "The paths of the budget in the release build, for one time each.", native_instructions.rows
    ),
    "curves": Part(
        "Curves",
        "How time and memory grow with each size.",
        curves.rows,
        tuple(curve.picture for curve in curves.CURVES),
    ),
}

HEAD = f"""# Results

Written by `make bench`; `make bench BENCH="batch lookups"` renews some parts. Each part is a file in this folder, and its
docstring says what is measured. CPU time unless said otherwise, medians, warm file cache. The peers ran in the same run on the
same machine: rust-minidump {peers.STACKWALK_VERSION} (`minidump-stackwalk`, and its libraries in one process), Breakpad's walker
(npm `minidump` {peers.BREAKPAD_VERSION}), symbolic {peers.SYMBOLIC_VERSION} and siggen {peers.SIGGEN_VERSION} (PyPI), addr2line
{peers.ADDR2LINE_VERSION}, pdb-addr2line {peers.PDB_ADDR2LINE_VERSION} and dump_syms {peers.DUMP_SYMS_VERSION} (crates.io), llvm-symbolizer
of LLVM 19. The service and its databases are in [RESULTS-service.md](RESULTS-service.md), stacks beside gdb's in
[RESULTS-stacks.md](RESULTS-stacks.md).
"""


def yardstick(work: Path) -> str:
    """How fast this machine is now, by a program that does the least that can be done with a symbol file."""
    least = inputs.limit(work, inputs.big_file(work, YARDSTICK_MB))
    said = ", ".join(f"{least[done] / 1000:.2f}" for done in ("scan", "lazy", "full"))
    return (
        f"Yardstick in this run: newlines found, function lines indexed, all parsed at {said} GB/s of CPU "
        "(3.8, 3.6, 1.06 on a quiet machine)."
    )


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--work", type=Path, default=subject.WORK, help="where inputs and peers are kept")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("-o", "--out", type=Path, default=results.FILE)
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if not inputs.SHARED.exists():
        sys.exit("the generator of big inputs is not beside this project: nothing to measure")
    given.work.mkdir(parents=True, exist_ok=True)
    subject.use_own_programs()
    conditions = results.conditions(yardstick(given.work))
    failed = []
    for name in given.parts or PARTS:
        part, began = PARTS[name], time.monotonic()
        print(f"… {name}", file=sys.stderr, flush=True)
        try:
            rows = part.rows(given.work, given.runs, with_peers=not given.no_peers)
        except Exception:  # noqa: BLE001 - the other parts are measured
            traceback.print_exc()
            failed.append(name)
            continue
        section = results.Section(part.title, part.about, rows, conditions, part.pictures)
        print(results.write(HEAD, [one.title for one in PARTS.values()], [section], given.out), flush=True)
        print(f"… {name} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    if failed:
        sys.exit(f"not measured, see above: {', '.join(failed)}")


if __name__ == "__main__":
    main()
