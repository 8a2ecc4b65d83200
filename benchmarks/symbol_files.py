"""One big symbol file: from first sight to answers, again from its index, and look-ups.

usage: symbol_files.py [--work DIR] [--runs N] [--no-peers]

A Breakpad file of 300 MB and a dump whose 30 stacks lead through it, by the generator beside the project. First sight builds the
index; later processes map it. rust-minidump reads the whole text in each process, and so do Breakpad's walker and `symbolic`,
which makes its cache of it. Figures are CPU time; memory is the part that is not a mapped file, as a multiple of the file.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import inputs
import measure
import peers
from dumps import report
from probes import probe
from subject import command

if TYPE_CHECKING:
    from collections.abc import Callable

    from results import Row

HERE = Path(__file__).resolve().parent
MB = 1_000_000
MEGABYTES = 300


def rows(work: Path, runs: int, *, with_peers: bool = True) -> list[Row]:
    """Rows for a table: work, ours, the peers, the goal."""
    big = inputs.big_file(work, MEGABYTES)
    size = big.sym.stat().st_size
    index = work / "index"
    cold = []
    for _ in range(runs):
        shutil.rmtree(index, ignore_errors=True)
        index.mkdir()
        cold.append(probe(sys.executable, "first_sight", big.sym, index / "big.syx"))
    again = [probe(sys.executable, "first_sight", big.sym, index / "big.syx") for _ in range(runs)]
    index_size = sum(file.stat().st_size for file in index.iterdir())

    whole_cold = []
    for number in range(runs):
        whole_cold.append(measure.run(report(big.dump, big.store, work / f"store-cold-{number}")))
        shutil.rmtree(work / f"store-cold-{number}")
    whole_warm = measure.median(report(big.dump, big.store, work / "store-warm"), runs)

    @cache
    def stackwalk() -> measure.Run:
        done = measure.median([peers.stackwalk(work), "--json", "--symbols-path", big.store, big.dump], runs)
        assert functions_of(done.stdout) == functions_of(whole_warm.stdout)
        return done

    @cache
    def breakpad() -> measure.Run:
        return measure.run([peers.breakpad(work), "-m", big.dump, big.store])

    @cache
    def symbolic() -> dict[str, float]:
        return probe(peers.symbolic(work), "symbolic", big.sym, 20_000)

    def beside(*cells: Callable[[], str]) -> str:
        return "; ".join(peers.said(cell, wanted=with_peers) for cell in cells)

    commands = beside(lambda: f"rust-minidump {stackwalk().cpu:.2f} s", lambda: f"Breakpad {breakpad().cpu:.2f} s")
    memory = beside(
        lambda: f"rust-minidump {stackwalk().private / size:.2f} ×",
        lambda: f"Breakpad {breakpad().private / size:.2f} ×",
        lambda: f"symbolic {symbolic()['private'] / size:.2f} ×",
    )
    private = statistics.median(done.private for done in whole_cold)
    return [
        (
            f"a {size / MB:.0f} MB .sym, from first sight to answers (call, CPU)",
            f"{_median(cold):.3f} s",
            beside(lambda: f"symbolic {symbolic()['cpu']:.2f} s"),
            "≤ 0.25 s",
        ),
        (
            "the same through the command, with a dump of 30 threads (process, CPU)",
            f"{statistics.median(done.cpu for done in whole_cold):.3f} s",
            commands,
            "",
        ),
        (
            "memory of that beyond the mapped file (process, peak)",
            f"{private / size:.2f} × ({private / MB:.0f} MB)",
            memory,
            "≤ 0.5 ×",
        ),
        ("size of the index", f"{index_size / MB:.1f} MB", "", ""),
        (
            "the same file again, in a new process (call, CPU)",
            f"{_median(again) * 1000:.2f} ms",
            "parsed again",
            "≤ 5 ms",
        ),
        ("the same through the command (process, CPU)", f"{whole_warm.cpu:.3f} s", commands, ""),
        *_native(big.sym),
    ]


def functions_of(report: str) -> list[str | None]:
    """The functions of the crashed thread's frames."""
    return [frame["function"] for frame in json.loads(report)["crashing_thread"]["frames"]]


def _median(figures: list[dict[str, float]]) -> float:
    return statistics.median(one["cpu"] for one in figures)


def _native(sym: Path) -> list[Row]:
    """Look-ups of the native program: a million random addresses."""
    program = HERE.parent / "native" / "target" / "release" / "examples" / "sym_bench"
    if not program.exists():
        return [("native look-ups", "skipped: no release build of the example sym_bench", "", "")]
    figures: dict[str, list[float]] = {}
    for line in measure.run([program, sym, "1000000"]).stdout.splitlines():
        found = re.match(r"(\S+(?: \S+)?)\s+([0-9.]+) M/s", line)
        if found:
            figures.setdefault(found[1], []).append(float(found[2]))
    goal = {"batch": "≥ 4 M/s"}
    return [
        (f"native, 1 M random addresses: {name}", f"{statistics.median(all_):.2f} M/s", "", goal.get(name, ""))
        for name, all_ in figures.items()
    ]


if __name__ == "__main__":
    command(__doc__, rows)
