"""Single dumps: the whole command, and what one costs in a process that has its symbols.

usage: dumps.py [--work DIR] [--runs N] [--no-peers]

- **A small dump through the whole command** (of 24 KB, two modules with symbols): start-up of the program, reading the
  symbols, the report. The program is started by the launcher that current versions of pip write; the one that was
  installed may be of an older pip, whose launcher also imports `re`. Beside it `minidump-stackwalk --json` of rust-minidump and Breakpad's `minidump_stackwalk`, which
  writes text, with the same symbols; and the bare start of the interpreter, which is below any command in Python.
- **Small dumps in one process**: all fixtures, whose symbols are loaded, one after the other on one thread. Beside it
  rust-minidump's libraries in one process that keeps its symbols (`rust_minidump/`).
- **Firefox on Android**, if the corpora are beside the project.
- **A dump of 1 GB**, most of which is memory that no stack is in.

Figures are CPU time; memory is the part that is not a mapped file. The crash reason and the first frames of the crashed
thread are compared with rust-minidump's.
"""

from __future__ import annotations

import json
import statistics
import sys
from typing import TYPE_CHECKING, Any

import inputs
import made_up
import measure
import peers
from probes import probe
from subject import command

if TYPE_CHECKING:
    from pathlib import Path

    from results import Row

SMALL = inputs.FIXTURES / "dumps" / "linux-gdb" / "amd64-nofp-null.dmp"
AGREE = 0.9
"""The least share of dumps whose crash reason and innermost frame are the same; docs/peer-differences.md has the others."""


def rows(work: Path, runs: int, *, with_peers: bool = True) -> list[Row]:
    """Rows for a table: work, ours, the peers, the goal."""
    return [
        *_small(work, runs, with_peers=with_peers),
        *_warm(work, runs, with_peers=with_peers),
        *_firefox(work, runs, with_peers=with_peers),
        *_gigabyte(work, runs, with_peers=with_peers),
    ]


def report(dump: Path, symbols: Path, store: Path) -> list[str | Path]:
    """The command of a report in JSON, of which nothing is left out, however many frames there are."""
    command = ["symbolicate", "report", dump, "--symbols", symbols, "--store", store, "--format", "json"]
    return [*command, "--report-bytes", str(1 << 40)]


# What pip 26 writes for a command.
LAUNCHER = """#!{python}
import sys
from symbolicate.cli import main
if __name__ == '__main__':
    sys.argv[0] = sys.argv[0].removesuffix('.exe')
    sys.exit(main())
"""


def _small(work: Path, runs: int, *, with_peers: bool) -> list[Row]:
    runs = 4 * runs
    launcher = work / "symbolicate"
    launcher.write_text(LAUNCHER.format(python=sys.executable))
    launcher.chmod(0o755)
    installed = report(SMALL, inputs.SYMBOLS, work / "store-small")
    ours = measure.median([launcher, *installed[1:]], runs)
    by_installed = measure.median(installed, runs)
    bare = measure.median([sys.executable, "-c", "pass"], runs)

    def rust() -> str:
        program = peers.stackwalk(work)
        done = measure.median([program, "--json", "--symbols-path", inputs.SYMBOLS, SMALL], runs)
        assert json.loads(done.stdout)["crash_info"]["type"] == json.loads(ours.stdout)["crash_info"]["type"]
        return f"rust-minidump {_ms(done.cpu)}"

    def breakpad() -> str:
        done = measure.median([peers.breakpad(work), SMALL, inputs.SYMBOLS], runs)
        assert "Crash reason:  SIGSEGV" in done.stdout
        return f"Breakpad {_ms(done.cpu)}"

    beside = [f"python -c pass {_ms(bare.cpu)}", *(peers.said(one, wanted=with_peers) for one in (rust, breakpad))]
    what = f"a dump of {SMALL.stat().st_size // 1000} KB, warm index (process, CPU)"
    said = f"{_ms(ours.cpu)}; by the launcher that is installed {_ms(by_installed.cpu)}"
    return [(what, said, "; ".join(beside), "≤ 25 ms")]


def _warm(work: Path, runs: int, *, with_peers: bool) -> list[Row]:
    dumps = inputs.small_dumps()
    listed = work / "small-dumps.txt"
    listed.write_text("".join(f"{dump}\n" for dump in dumps))
    seen = [
        probe(sys.executable, "small_dumps", listed, inputs.SYMBOLS, work / "store-warm-dumps", 20) for _ in range(runs)
    ]
    each = statistics.median(one["cpu"] for one in seen) / len(dumps)

    def rust() -> str:
        program = peers.rust_minidump(work)
        done = [json.loads(measure.run([program, "20", listed, inputs.SYMBOLS]).stdout) for _ in range(runs)]
        spent = statistics.median(statistics.median(one["rounds"]) for one in done) / len(dumps)
        same = _agree(seen[0]["answers"], done[0]["answers"])
        return f"rust-minidump's libraries {spent * 1e6:.0f} µs, {spent / each:.1f} × as much; {same}"

    beside = peers.said(rust, wanted=with_peers)
    what = f"a small dump in a process with symbols loaded, to JSON; {len(dumps)} dumps (call, CPU)"
    return [(what, f"{each * 1e6:.0f} µs", beside, "≤ 100 µs, ¼ of the libraries")]


def _agree(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> str:
    """How many answers are the same: the crash reason and the address of the innermost frame."""
    assert len(ours) == len(theirs), f"{len(ours)} reports, {len(theirs)} of the peer"
    same = sum(
        one["reason"] == other["reason"] and one["frames"][:1] == other["frames"][:1]
        for one, other in zip(ours, theirs, strict=True)
    )
    assert same >= AGREE * len(ours), f"only {same} of {len(ours)} answers are the same"
    return f"{same} of {len(ours)} reasons and innermost frames the same"


def _firefox(work: Path, runs: int, *, with_peers: bool) -> list[Row]:
    found = inputs.mozilla_arm64()
    what = "Firefox on Android arm64 (164 threads, 739 modules)"
    if found is None:
        return [(what, "skipped: the corpora are not beside this project", "", "")]
    dump, symbols = found
    store = work / "store-mozilla"
    inner = [probe(sys.executable, "dump", dump, symbols, store, 20) for _ in range(runs)]
    whole = measure.median(report(dump, symbols, store), runs)

    def rust() -> str:
        done = measure.median([peers.stackwalk(work), "--json", "--symbols-path", symbols, dump], runs)
        return f"rust-minidump {_ms(done.cpu)}"

    def libraries() -> str:
        listed = work / "firefox.txt"
        listed.write_text(f"{dump}\n")
        done = json.loads(measure.run([peers.rust_minidump(work), "10", listed, symbols]).stdout)
        return f"rust-minidump's libraries {_ms(statistics.median(done['rounds']))}"

    call = statistics.median(one["cpu"] for one in inner)
    return [
        (f"{what}, symbols loaded, to JSON (call, CPU)", _ms(call), peers.said(libraries, wanted=with_peers), "≤ 3 ms"),
        (
            "the same through the command, warm index (process, CPU)",
            _ms(whole.cpu),
            peers.said(rust, wanted=with_peers),
            "",
        ),
    ]


def _gigabyte(work: Path, runs: int, *, with_peers: bool) -> list[Row]:
    symbols = work / "made-up"
    made_up.symbols(symbols, 1_000_000)
    dump = made_up.dump(work / "gigabyte.dmp", made_up.functions_of(1_000_000), 30, 1 << 30)
    try:
        ours = measure.median(report(dump, symbols, work / "store-gigabyte"), runs)
        small = made_up.dump(work / "no-memory.dmp", made_up.functions_of(1_000_000), 30)
        start = measure.median(report(small, symbols, work / "store-gigabyte"), runs)
        assert len(json.loads(ours.stdout)["crashing_thread"]["frames"]) == 30

        def rust() -> str:
            done = measure.median([peers.stackwalk(work), "--json", "--symbols-path", symbols, dump], runs)
            assert len(json.loads(done.stdout)["crashing_thread"]["frames"]) == 30
            return f"rust-minidump {_ms(done.cpu)}, {done.private / 1e6:.0f} MB"

        def breakpad() -> str:
            done = measure.median([peers.breakpad(work), dump, symbols], runs)
            return f"Breakpad {_ms(done.cpu)}, {done.private / 1e6:.0f} MB"

        beside = "; ".join(peers.said(one, wanted=with_peers) for one in (rust, breakpad))
    finally:
        dump.unlink()
    said = f"{_ms(ours.cpu)}, of which {_ms(ours.cpu - start.cpu)} more than for the stack alone; {ours.private / 1e6:.0f} MB"
    return [
        (
            "a dump of 1 GB with 30 frames (process, CPU, private memory)",
            said,
            beside,
            "< 20 ms beyond start-up, < 40 MB",
        )
    ]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


if __name__ == "__main__":
    command(__doc__, rows)
