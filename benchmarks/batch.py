"""A corpus of 10,000 small dumps to one table: `symbolicate batch`, with one worker and with two.

usage: batch.py [--work DIR] [--runs N] [--no-peers]

The dumps are those of the fixtures in turn (24 to 200 KB; Linux on four processors, Windows), their symbols are indexed. Rows
are counted and some of them are compared with what `report` says. Memory is that of all processes together, without mapped
files. What two cores can do at most is what two batches with one worker each do at the same time: they share the memory and
the caches of the machine, and nothing of the program.

The peers: `minidump-stackwalk --json` of rust-minidump and Breakpad's `minidump_stackwalk` as a process for each dump, as
scripts around them do, for 500 dumps of the corpus; and rust-minidump's libraries in one process that keeps its symbols
(`rust_minidump/`), all dumps on one thread, after the symbols were read. Figures of the peers are for as many dumps.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import inputs
import measure
import peers
from subject import command

if TYPE_CHECKING:
    from pathlib import Path

    from results import Row

COUNT = 10_000
SOME = 500
COMPARED = 5


def rows(work: Path, runs: int, *, with_peers: bool = True) -> list[Row]:
    """Rows for a table: work, ours, the peers, the goal."""
    corpus = inputs.corpus(work, COUNT)
    table = []
    best = None
    for kind in ("ndjson", "parquet"):
        one, two = (batch(work, corpus, COUNT, jobs, kind, runs) for jobs in (1, 2))
        best = best or one.cpu / COUNT
        both = two_at_once(work, corpus, COUNT, kind, runs)
        limit = f"two batches with -j 1 at the same time: {_rate(2 * COUNT, both)}"
        for jobs, done in ((1, one), (2, two)):
            rate = f"{_rate(COUNT, done)}, {done.private / 1e6:.0f} MB"
            goal = (
                "CPU as with -j 1, ≥ 1.9 × by the clock" if jobs > 1 else "≥ 40 × a process each, ≥ 4 × the libraries"
            )
            table.append((f"10,000 small dumps to {kind}, -j {jobs} (process)", rate, limit if jobs > 1 else "", goal))
    beside = "; ".join(
        peers.said(lambda peer=peer: peer(work, corpus, best or 1.0), wanted=with_peers)
        for peer in (_stackwalk, _breakpad, _libraries)
    )
    table[0] = (*table[0][:2], beside, table[0][3])
    return table


def batch(work: Path, corpus: Path, count: int, jobs: int, kind: str, runs: int) -> measure.Run:
    """The median of some batches of a folder."""
    out = work / f"batch-{jobs}.{kind}"
    done = []
    for _ in range(runs):
        out.unlink(missing_ok=True)
        done.append(measure.run(_line(work, corpus, jobs, out), family=True))
    _check(work, corpus, out, count)
    out.unlink()
    middle = [statistics.median(getattr(one, kind) for one in done) for kind in ("cpu", "wall", "peak", "private")]
    return measure.Run(middle[0], middle[1], int(middle[2]), int(middle[3]), done[0].stdout)


def two_at_once(work: Path, corpus: Path, count: int, kind: str, runs: int) -> measure.Run:
    """The median of some pairs of batches with one worker each, at the same time: their CPU and memory together."""
    outs = [work / f"batch-{name}.{kind}" for name in ("first", "second")]
    pairs = []
    with ThreadPoolExecutor(len(outs)) as pool:
        for _ in range(runs):
            for out in outs:
                out.unlink(missing_ok=True)
            pairs.append(list(pool.map(lambda out: measure.run(_line(work, corpus, 1, out), family=True), outs)))
    for out in outs:
        _check(work, corpus, out, count)
        out.unlink()
    cpu = statistics.median(sum(one.cpu for one in pair) for pair in pairs)
    wall = statistics.median(max(one.wall for one in pair) for pair in pairs)
    private = statistics.median(sum(one.private for one in pair) for pair in pairs)
    return measure.Run(cpu, wall, 0, int(private), "")


def _line(work: Path, corpus: Path, jobs: int, out: Path) -> list[str | Path]:
    store = work / "store-batch"
    return ["symbolicate", "batch", corpus, "--symbols", inputs.SYMBOLS, "--store", store, "-j", str(jobs), "-o", out]


def _rate(count: int, done: measure.Run) -> str:
    return f"{count / done.cpu:,.0f} a second of CPU, {count / done.wall:,.0f} by the clock"


def _check(work: Path, corpus: Path, out: Path, count: int) -> None:
    """Count the rows, and compare some of them with single reports."""
    if out.suffix == ".parquet":
        import pyarrow.parquet as pq

        assert pq.read_metadata(out).num_rows == count
        return
    lines = out.read_bytes().splitlines()
    assert len(lines) == count
    paths = sorted(path for path in corpus.rglob("*.dmp"))
    for number in range(0, count, max(count // COMPARED, 1)):
        one: list[str | Path] = ["symbolicate", "report", paths[number], "--symbols", inputs.SYMBOLS]
        single = measure.run([*one, "--store", work / "store-batch", "--format", "json"])
        assert json.loads(single.stdout)["threads"] == json.loads(lines[number])["threads"], paths[number]


def _each(program: list[str | Path], corpus: Path, after: list[str | Path]) -> float:
    """CPU seconds of one process of a program, of some for the first dumps of the corpus."""
    paths = sorted(corpus.rglob("*.dmp"))[:SOME]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for path in paths:
        subprocess.run([*program, path, *after], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (spent.ru_utime + spent.ru_stime - before.ru_utime - before.ru_stime) / len(paths)


def _said(name: str, each: float, ours: float) -> str:
    return f"{name} {1 / each:,.0f} a second of CPU, {each / ours:.1f} × as much each"


def _stackwalk(work: Path, corpus: Path, ours: float) -> str:
    program = peers.stackwalk(work)
    each = _each([program, "--json", "--symbols-path", inputs.SYMBOLS], corpus, [])
    return _said("minidump-stackwalk for each", each, ours)


def _breakpad(work: Path, corpus: Path, ours: float) -> str:
    return _said("Breakpad for each", _each([peers.breakpad(work)], corpus, [inputs.SYMBOLS]), ours)


def _libraries(work: Path, corpus: Path, ours: float) -> str:
    program = peers.rust_minidump(work)
    listed = work / "corpus.txt"
    listed.write_text("".join(f"{path}\n" for path in sorted(corpus.rglob("*.dmp"))))
    spent = json.loads(measure.run([program, "1", listed, inputs.SYMBOLS]).stdout)["rounds"][0] / COUNT
    return _said("rust-minidump's libraries", spent, ours)


if __name__ == "__main__":
    command(__doc__, rows)
