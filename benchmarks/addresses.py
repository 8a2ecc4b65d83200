"""Measure answers for a few addresses of big debug files that were never seen, and whole indexes, beside other tools.

usage: addresses.py [--work DIR] [--runs N] [--copies N] [--no-peers]

Prints rows as RESULTS.md has them: work, project, peers, goal. Figures are CPU time of whole commands, medians, on a warm file
cache; ours are beyond what the same command takes for a symbol file of three lines. Every command gets the same addresses, and
the innermost file and line of each address, and how many frames it has, are compared with those of llvm-symbolizer. The files
are those of big_files.py: a dSYM, libjvm of Debian, and a PDB.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import big_files
import dsym
import measure
import peers
from generated_cpp import LLVM

if TYPE_CHECKING:
    from collections.abc import Callable

    from big_files import BigFile

START = "import symbolicate._native"
INDEX = "import sys; from symbolicate._native import debug_files; debug_files(sys.argv[1])[0].open()"
SYMCACHE = "import sys, symbolic.debuginfo as read; next(read.Archive.open(sys.argv[1]).iter_objects()).make_symcache()"
COUNTS = (1, 30, 2_000)
MB = 1_000_000
TINY = "MODULE mac arm64 000102030405060708090A0B0C0D0E0F0 tiny\nFUNC 1000 10 0 f\n"

Answer = tuple[str, int, int]
"""The innermost file's name, its line, and how many frames there are."""


def rows(work: Path, runs: int, *, copies: int = 60, with_peers: bool = True) -> list[tuple[str, str, str, str]]:
    """Rows for a table: work, ours, the peers, the goal; or one with the reason, for a file that cannot be made."""
    tiny = work / "tiny.sym"
    tiny.write_text(TINY)
    table = []
    for file in (big_files.dsym(work, copies), big_files.libjvm(work), big_files.pdb(work)):
        if isinstance(file, str):
            table.append(("addresses of a big debug file", f"skipped: {file}", "", ""))
            continue
        table += [_row(work, file, tiny, file.places(count), runs, with_peers=with_peers) for count in COUNTS]
        table.append(_index(work, file, runs, with_peers=with_peers))
    return table


def _row(
    work: Path, file: BigFile, tiny: Path, places: list[int], runs: int, *, with_peers: bool
) -> tuple[str, str, str, str]:
    store = work / "addr-store"

    def addr(path: Path) -> measure.Run:
        shutil.rmtree(store, ignore_errors=True)
        command = ["symbolicate", "addr", "--store", store, "--symbols", path, "--json", *map(hex, places)]
        return measure.run(command)

    # Side by side, as what else the machine does moves both.
    pairs = [(addr(file.path), addr(tiny)) for _ in range(3 * runs)]
    done = [one for one, _ in pairs]
    beside = "; ".join(
        peers.said(lambda peer=peer: peer(work, file, places, runs, _ours(done[0].stdout)), wanted=with_peers)
        for peer in (_llvm_symbolizer, _symbolic, _addr2line)
    )
    cpu = statistics.median(one.cpu - start.cpu for one, start in pairs)
    many = f"{len(places):,} address{'' if len(places) == 1 else 'es'}"
    work_done = f"{many} of {file.title} never seen (command, beyond its start, CPU)"
    return (work_done, f"{cpu * 1000:.0f} ms", beside, file.goals.get(len(places), ""))


def _index(work: Path, file: BigFile, runs: int, *, with_peers: bool) -> tuple[str, str, str, str]:
    """All of a file, so that look-ups are quick afterwards."""
    done = [measure.run([sys.executable, "-c", INDEX, file.path]) for _ in range(runs)]
    start = statistics.median(measure.run([sys.executable, "-c", START]).cpu for _ in range(runs))
    ours = f"{statistics.median(run.cpu for run in done) - start:.2f} s, {_private(done)} MB"

    def cell(name: str, command: Callable[[], list[str | Path]]) -> str:
        def read() -> str:
            done = [measure.run(command()) for _ in range(runs)]
            return f"{name} {_middle(done)}, {_private(done)} MB"

        return peers.said(read, wanted=with_peers)

    beside = [
        cell("symbolic", lambda: [peers.symbolic(work), "-c", SYMCACHE, file.path]),
        cell("dump_syms", lambda: [peers.dump_syms(work), "--inlines", file.path]),
    ]
    return (f"whole index of {file.title} (call, CPU, largest private memory)", ours, "; ".join(beside), "")


def _private(done: list[measure.Run]) -> str:
    return f"{statistics.median(run.private for run in done) / MB:.0f}"


def _llvm_symbolizer(_work: Path, file: BigFile, places: list[int], runs: int, ours: list[Answer]) -> str:
    symbolizer = LLVM / "llvm-symbolizer"
    if not symbolizer.exists():
        raise peers.MissingError(f"llvm-symbolizer: none in {LLVM}")
    command = [symbolizer, f"--obj={file.program}", "--output-style=JSON", *(hex(file.base + at) for at in places)]
    done = [measure.run(command) for _ in range(runs)]
    theirs = _theirs(done[0].stdout)
    differ = sum(one != other for one, other in zip(ours, theirs, strict=True))
    # Readers of PDBs differ where a function has code of no line.
    assert differ * 20 <= len(places), f"{differ} of {len(places)} answers differ from llvm-symbolizer's"
    return f"llvm-symbolizer {_middle(done)}, {differ} answers differ"


def _symbolic(work: Path, file: BigFile, places: list[int], runs: int, ours: list[Answer]) -> str:
    listed = work / "places.json"
    listed.write_text(json.dumps(places))
    done = [measure.run([peers.symbolic(work), "-c", dsym.SYMBOLIC, file.path, listed]) for _ in range(runs)]
    frames = sum(answer[2] for answer in ours)
    return f"symbolic {_middle(done)}, {dsym.count_told(done[0].stdout):,} frames to {frames:,}"


def _addr2line(work: Path, file: BigFile, places: list[int], runs: int, _ours: list[Answer]) -> str:
    is_pdb = file.path.suffix == ".pdb"
    name, peer = ("pdb-addr2line", peers.pdb_addr2line(work)) if is_pdb else ("addr2line", peers.addr2line(work))
    at = [hex(place if is_pdb else file.base + place) for place in places]
    done = [measure.run([peer, "-e", file.path, "-i", "-f", *at]) for _ in range(runs)]
    # Two lines for each frame: the function, and where it is.
    return f"{name} {_middle(done)}, {len(done[0].stdout.splitlines()) // 2:,} frames"


def _middle(done: list[measure.Run]) -> str:
    return f"{statistics.median(run.cpu for run in done) * 1000:.0f} ms"


def _ours(output: str) -> list[Answer]:
    answers = [json.loads(line)["frames"] for line in output.splitlines()]
    return [_answer([(frame["file"], frame["line"]) for frame in frames]) for frames in answers]


def _theirs(output: str) -> list[Answer]:
    read: list[Any] = []
    for line in output.splitlines():
        one = json.loads(line)
        read += one if isinstance(one, list) else [one]
    return [_answer([(frame["FileName"], frame["Line"]) for frame in one.get("Symbol", [])]) for one in read]


def _answer(frames: list[tuple[str | None, int | None]]) -> Answer:
    # llvm-symbolizer has a frame without a name for an address without one.
    if not any(file for file, _ in frames):
        return ("", 0, 0)
    file, line = frames[0]
    return ((file or "").rsplit("/", 1)[-1], line or 0, len(frames))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "symbolicate-bench")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--copies", type=int, default=60, help="of each object file: 60 give more than 100 MB")
    parser.add_argument("--no-peers", action="store_true")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    for row in rows(given.work, given.runs, copies=given.copies, with_peers=not given.no_peers):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
