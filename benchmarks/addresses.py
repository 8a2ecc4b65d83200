"""Measure answers for a few addresses of a big debug file that was never seen, beside other tools.

usage: addresses.py [--work DIR] [--runs N] [--copies N] [--no-peers] [--file FILE --first ADDR --end ADDR]

Prints rows as RESULTS.md has them: work, project, peers, goal. Figures are CPU time of whole commands, medians, on a warm file
cache, beyond what the same command takes for a symbol file of three lines. Every command gets the same addresses, and the
innermost file and line of each address, and how many frames it has, are compared with those of llvm-symbolizer. Without --file
the debug file is the dSYM that big_dsym.py makes; addresses of a file of one's own are relative to its module.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import big_dsym
import dsym
import measure
import peers

COUNTS = (1, 30, 2_000)
MB = 1_000_000
TINY = "MODULE mac arm64 000102030405060708090A0B0C0D0E0F0 tiny\nFUNC 1000 10 0 f\n"

Answer = tuple[str, int, int]
"""The innermost file's name, its line, and how many frames there are."""


def rows(
    work: Path,
    runs: int,
    *,
    copies: int = 60,
    with_peers: bool = True,
    file: Path | None = None,
    span: tuple[int, int] | None = None,
) -> list[tuple[str, str, str, str]]:
    """Rows for a table: work, ours, the peers, the goal; or one with the reason, if the tools to make a dSYM are missing."""
    missing = [tool for tool in big_dsym.TOOLS if not (big_dsym.LLVM / tool).exists()]
    if file is None and missing:
        return [("addresses of a big dSYM", f"skipped: no {', '.join(missing)}", "", "")]
    made = file or big_dsym.make((work / "big-dsym").resolve(), 4, copies)
    first, end = span or dsym.code_of(made)[1:]
    tiny = work / "tiny.sym"
    tiny.write_text(TINY)
    chance = random.Random(1)  # noqa: S311 - places to look up, the same each time
    return [
        _row(work, made, tiny, sorted(chance.randrange(first, end) for _ in range(count)), runs, with_peers=with_peers)
        for count in COUNTS
    ]


def _row(
    work: Path, made: Path, tiny: Path, places: list[int], runs: int, *, with_peers: bool
) -> tuple[str, str, str, str]:
    from symbolicate._native import debug_files

    base = debug_files(made)[0].base
    store = work / "addr-store"

    def addr(path: Path) -> measure.Run:
        shutil.rmtree(store, ignore_errors=True)
        command = ["symbolicate", "addr", "--store", store, "--symbols", path, "--json", *map(hex, places)]
        return measure.run(command)

    done = [addr(made) for _ in range(runs)]
    start = statistics.median(addr(tiny).cpu for _ in range(runs))
    beside = "not run"
    if with_peers:
        beside = "; ".join(_peers(work, made, places, base, runs, _ours(done[0].stdout)))
    cpu = statistics.median(run.cpu for run in done) - start
    many = f"{len(places):,} address{'' if len(places) == 1 else 'es'}"
    goal = {30: "≤ 20 ms", 2_000: "≤ 100 ms"}.get(len(places), "")
    size = f"{made.stat().st_size / MB:.0f} MB"
    work_done = f"{many} of a debug file of {size} never seen (command, beyond its start)"
    return (work_done, f"{cpu * 1000:.0f} ms", beside, goal)


def _peers(work: Path, made: Path, places: list[int], base: int, runs: int, ours: list[Answer]) -> list[str]:
    symbolizer = big_dsym.LLVM / "llvm-symbolizer"
    command = [symbolizer, f"--obj={made}", "--output-style=JSON", *(hex(base + place) for place in places)]
    done = [measure.run(command) for _ in range(runs)]
    theirs = _theirs(done[0].stdout)
    differ = sum(one != other for one, other in zip(ours, theirs, strict=True))
    assert differ * 100 <= len(places), f"{differ} of {len(places)} answers differ from llvm-symbolizer's"
    said = [f"llvm-symbolizer {_middle(done)}, {differ} answers differ"]
    listed = work / "places.json"
    listed.write_text(json.dumps(places))
    done = [measure.run([peers.symbolic(work), "-c", dsym.SYMBOLIC, made, listed]) for _ in range(runs)]
    frames = sum(answer[2] for answer in ours)
    said.append(f"symbolic {_middle(done)}, {dsym.count_told(done[0].stdout):,} frames to {frames:,}")
    return said


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
    parser.add_argument("--file", type=Path)
    parser.add_argument("--first", type=lambda text: int(text, 16), default=0)
    parser.add_argument("--end", type=lambda text: int(text, 16), default=0)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    span = (given.first, given.end) if given.file else None
    table = rows(given.work, given.runs, copies=given.copies, with_peers=not given.no_peers, file=given.file, span=span)
    for row in table:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
