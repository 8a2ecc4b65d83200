"""How time and memory grow with the number of dumps, and with the size of symbol files, stacks and dumps. Draws `plots/`.

usage: curves.py [--work DIR] [--runs N] [--no-peers]

- **Dumps**: `symbolicate batch` of 100 to 100,000 small dumps (those of batch.py) with two workers: CPU time for each dump, and
  memory of all processes. The peer is rust-minidump's libraries in one process, up to 10,000.
- **Symbol files** of 10 MB to 3 GB, never seen before, in one report of 30 frames. rust-minidump's command up to 1 GB, Breakpad's
  up to 300 MB: they need twice and five times the file in memory.
- **Frames** of one thread, 10 to 1,000,000, found by unwind rules; our report has the first 50,000 of them (docs/limits.md).
  rust-minidump's command up to 100,000.
- **Dumps of 20 KB to 1 GB**, of which all but the stack is memory that no frame is in.

Figures are CPU time of whole processes, and memory that is not a mapped file. Crashed threads have the frames that
rust-minidump finds. Files are made by made_up.py, one at a time, and removed.
"""

from __future__ import annotations

import json
import shutil
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import batch
import inputs
import made_up
import measure
import peers
from curve_plot import plot
from dumps import report
from subject import command

if TYPE_CHECKING:
    from collections.abc import Callable

    from results import Row

HERE = Path(__file__).resolve().parent
MB = 1_000_000
BIG = 500 * MB
"""From this size on, one run is enough."""
SHOWN = 50_000
"""Frames that our report has at most."""


@dataclass(frozen=True)
class Curve:
    """One curve.

    Attributes:
        name: of the picture.
        title: its heading.
        across: what grows.
        up: what is measured.
        measured: rows, and points by series.
    """

    name: str
    title: str
    across: str
    up: str
    measured: Callable[[Path, int, bool], tuple[list[Row], dict[str, list[tuple[float, float]]]]]

    @property
    def picture(self) -> str:
        """The path of its plot, relative to this folder."""
        return f"plots/{self.name}.svg"


def rows(work: Path, runs: int, *, with_peers: bool = True) -> list[Row]:
    """Rows for a table: work, ours, the peers, the goal. Draws the plots."""
    found = []
    (HERE / "plots").mkdir(exist_ok=True)
    for curve in CURVES:
        table, series = curve.measured(work, runs, with_peers)
        drawn = {name: points for name, points in series.items() if points}
        (HERE / curve.picture).write_text(plot(curve.title, curve.across, curve.up, drawn), encoding="utf-8")
        found += table
    return found


def _dumps(work: Path, runs: int, with_peers: bool) -> tuple[list[Row], dict[str, list[tuple[float, float]]]]:
    table, ours, theirs = [], [], []
    for count in (100, 1_000, 10_000, 100_000):
        corpus = inputs.corpus(work, count)
        done = batch.batch(work, corpus, count, 2, "ndjson", 1 if count > 10_000 else runs)
        ours.append((count, done.cpu / count * 1e6))

        def libraries(corpus: Path = corpus, count: int = count) -> str:
            program, listed = peers.rust_minidump(work), work / "corpus.txt"
            if count > 10_000:
                return ""
            listed.write_text("".join(f"{path}\n" for path in sorted(corpus.rglob("*.dmp"))))
            spent = measure.run([program, "0", listed, inputs.SYMBOLS])
            theirs.append((count, spent.cpu / count * 1e6))
            return f"rust-minidump's libraries {spent.cpu / count * 1e6:.0f} µs each"

        said = f"{ours[-1][1]:.0f} µs each, {done.private / MB:.0f} MB"
        goal = "memory as for 100" if count > 100 else ""
        table.append((f"{count:,} dumps, -j 2", said, peers.said(libraries, wanted=with_peers), goal))
        if count > 10_000:
            shutil.rmtree(corpus)
            corpus.with_suffix(".done").unlink()
    return table, {"symbolicate batch": ours, "rust-minidump, one process": theirs}


def _commands(
    work: Path,
    dump: Path,
    symbols: Path,
    runs: int,
    with_peers: bool,
    *,
    rust: bool,
    breakpad: bool = False,
    warm: bool = True,
) -> tuple[measure.Run, measure.Run | None, measure.Run | None, str]:
    """Our command, rust-minidump's and Breakpad's, of one dump; and what to say of the peers."""
    store = work / "store-curve"

    def ours() -> measure.Run:
        if not warm:
            shutil.rmtree(store, ignore_errors=True)
        return measure.run(report(dump, symbols, store))

    if warm:
        ours()
    own = _middle([ours() for _ in range(runs)])
    shutil.rmtree(store, ignore_errors=True)
    found: dict[str, measure.Run] = {}

    def rust_minidump() -> str:
        program = peers.stackwalk(work)
        found["rust"] = done = _middle(
            [measure.run([program, "--json", "--symbols-path", symbols, dump]) for _ in range(runs)]
        )
        mine, others = _frames(own), _frames(done)
        assert mine == others[: max(len(mine), min(len(others), SHOWN))], "other frames than rust-minidump's"
        return f"rust-minidump {done.cpu:.3f} s, {done.private / MB:.0f} MB"

    def breakpads() -> str:
        program = peers.breakpad(work)
        found["breakpad"] = done = _middle([measure.run([program, "-m", dump, symbols]) for _ in range(runs)])
        return f"Breakpad {done.cpu:.3f} s, {done.private / MB:.0f} MB"

    wanted = [one for one, chosen in ((rust_minidump, rust), (breakpads, breakpad)) if chosen]
    said = "; ".join(peers.said(one, wanted=with_peers) for one in wanted)
    return own, found.get("rust"), found.get("breakpad"), said


def _symbol_files(work: Path, runs: int, with_peers: bool) -> tuple[list[Row], dict[str, list[tuple[float, float]]]]:
    table, ours, rust, breakpad = [], [], [], []
    for size in (10 * MB, 30 * MB, 100 * MB, 300 * MB, 1_000 * MB, 3_000 * MB):
        symbols = work / "curve-symbols"
        file = made_up.symbols(symbols, size)
        try:
            real = file.stat().st_size
            dump = made_up.dump(work / "curve.dmp", made_up.functions_of(size), 30)
            times = 1 if size > BIG else runs
            own, other, third, said = _commands(
                work, dump, symbols, times, with_peers, rust=size <= 1_000 * MB, breakpad=size <= 300 * MB, warm=False
            )
        finally:
            shutil.rmtree(symbols)
        ours.append((real, own.cpu))
        rust += [(real, other.cpu)] if other else []
        breakpad += [(real, third.cpu)] if third else []
        table.append(
            (
                f"a symbol file of {real / MB:,.0f} MB, first sight",
                f"{own.cpu:.3f} s, {own.private / MB:.0f} MB",
                said,
                "",
            )
        )
    return table, {"symbolicate report": ours, "rust-minidump": rust, "Breakpad": breakpad}


def _stacks(work: Path, runs: int, with_peers: bool) -> tuple[list[Row], dict[str, list[tuple[float, float]]]]:
    table, ours, rust = [], [], []
    symbols = work / "curve-symbols"
    made_up.symbols(symbols, MB)
    for frames in (10, 100, 1_000, 10_000, 100_000, 1_000_000):
        dump = made_up.dump(work / "curve.dmp", made_up.functions_of(MB), frames)
        own, other, _, said = _commands(work, dump, symbols, runs, with_peers, rust=frames <= 100_000)
        ours.append((frames, own.cpu))
        rust += [(frames, other.cpu)] if other else []
        table.append((f"a stack of {frames:,} frames", f"{own.cpu:.3f} s, {own.private / MB:.0f} MB", said, ""))
    shutil.rmtree(symbols)
    return table, {"symbolicate report": ours, "rust-minidump": rust}


def _dump_sizes(work: Path, runs: int, with_peers: bool) -> tuple[list[Row], dict[str, list[tuple[float, float]]]]:
    table, ours, rust = [], [], []
    symbols = work / "curve-symbols"
    made_up.symbols(symbols, MB)
    for size in (20_000, 200_000, 2 * MB, 20 * MB, 200 * MB, 1_000 * MB):
        dump = made_up.dump(work / "curve.dmp", made_up.functions_of(MB), 30, size)
        own, other, _, said = _commands(work, dump, symbols, runs, with_peers, rust=True)
        dump.unlink()
        ours.append((size, own.cpu))
        rust += [(size, other.cpu)] if other else []
        table.append((f"a dump of {size / 1000:,.0f} KB", f"{own.cpu:.3f} s, {own.private / MB:.0f} MB", said, ""))
    shutil.rmtree(symbols)
    return table, {"symbolicate report": ours, "rust-minidump": rust}


def _middle(done: list[measure.Run]) -> measure.Run:
    cpu, wall, peak, private = (
        statistics.median(getattr(one, kind) for one in done) for kind in ("cpu", "wall", "peak", "private")
    )
    return measure.Run(cpu, wall, int(peak), int(private), done[0].stdout)


def _frames(done: measure.Run) -> list[str | None]:
    """The functions of the crashed thread, as far as the report has them."""
    return [frame["function"] for frame in json.loads(done.stdout)["crashing_thread"]["frames"]]


CURVES = (
    Curve("dumps", "Batches: CPU time of a dump", "dumps", "µs of CPU each", _dumps),
    Curve("symbol-files", "A symbol file that was never seen", "bytes of the file", "s of CPU", _symbol_files),
    Curve("frames", "One thread, warm index", "frames", "s of CPU", _stacks),
    Curve("dump-sizes", "One dump, warm index", "bytes of the dump", "s of CPU", _dump_sizes),
)

if __name__ == "__main__":
    command(__doc__, rows)
