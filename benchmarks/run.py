"""Compare the project with other tools and write benchmarks/RESULTS.md.

usage: run.py [--work DIR] [--mb N] [--runs N] [--no-peers]

Every figure is CPU time of the whole process, or of the call inside it where the table says so, median of several runs
on a warm file cache. The peers are built from their registries the first time, which takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import sys
from pathlib import Path

import addresses
import dsym
import images
import inputs
import measure
import peers
import symbolication
import unwound
import walks

HERE = Path(__file__).resolve().parent
MB = 1_000_000


def probe(python: Path | str, task: str, *arguments: object) -> tuple[measure.Run, dict[str, float]]:
    """One task of probe.py in a fresh process."""
    run = measure.run([python, HERE / "probe.py", task, *(str(a) for a in arguments)])
    return run, json.loads(run.stdout)


def median_of(figures: list[dict[str, float]], key: str) -> float:
    return statistics.median(f[key] for f in figures)


def symbol_rows(work: Path, mb: int, runs: int, *, with_peers: bool) -> list[tuple[str, str, str, str]]:
    """The rows about one big symbol file."""
    big = inputs.big_file(work, mb)
    size = big.sym.stat().st_size
    native = HERE.parent / "native" / "target" / "release" / "examples" / "sym_bench"
    index = work / "index"

    cold = []
    for _ in range(runs):
        shutil.rmtree(index, ignore_errors=True)
        index.mkdir()
        cold.append(probe(sys.executable, "first_sight", big.sym, index / "big.syx")[1])
    again = [probe(sys.executable, "first_sight", big.sym, index / "big.syx")[1] for _ in range(runs)]
    index_size = sum(f.stat().st_size for f in index.iterdir())
    looked = probe(sys.executable, "lookups", big.sym, index / "big.syx", 1_000_000)[1]
    single = measure.run([native, big.sym, "1000000"]).stdout if native.exists() else ""

    def command(store: Path) -> list[str | Path]:
        return ["symbolicate", "report", big.dump, "--symbols", big.store, "--store", store, "--format", "json"]

    whole_cold = []
    for n in range(runs):
        whole_cold.append(measure.run(command(work / f"store-cold-{n}")))
        shutil.rmtree(work / f"store-cold-{n}")
    whole_warm = measure.median(command(work / "store-warm"), runs)

    stackwalk = symbolic = None
    if with_peers:
        stackwalk = measure.median([peers.stackwalk(work), "--json", "--symbols-path", big.store, big.dump], runs)
        symbolic = probe(peers.symbolic(work), "symbolic", big.sym, 20_000)[1]

    def peer(text: str) -> str:
        return text if with_peers else "not run"

    cold_cpu = statistics.median(r.cpu for r in whole_cold)
    cold_private = statistics.median(r.private for r in whole_cold)
    least = inputs.limit(work, big)
    rows = [
        (
            "yardstick, this machine in this run: newlines found, function lines indexed, all parsed (CPU)",
            ", ".join(f"{least[done] / 1000:.2f} GB/s" for done in ("scan", "lazy", "full")),
            "",
            "3.8, 3.6, 1.06 on a quiet one",
        ),
        (
            f"a {size / MB:.0f} MB .sym, from first sight to answers (call, CPU)",
            f"{median_of(cold, 'cpu'):.3f} s",
            peer(f"symbolic {symbolic['cpu']:.2f} s" if symbolic else ""),
            "≤ 0.25 s",
        ),
        (
            "the same through the command, with a dump of 30 threads (process, CPU)",
            f"{cold_cpu:.3f} s",
            peer(f"rust-minidump {stackwalk.cpu:.2f} s" if stackwalk else ""),
            "",
        ),
        (
            "memory of that beyond the mapped file (process, peak)",
            f"{cold_private / size:.2f}× ({cold_private / MB:.0f} MB)",
            peer(
                f"rust-minidump {stackwalk.private / size:.2f}×, symbolic {symbolic['private'] / size:.2f}×"
                if stackwalk and symbolic
                else ""
            ),
            "≤ 0.5×",
        ),
        ("size of the index", f"{index_size / MB:.1f} MB", "", ""),
        (
            "the same file again, in a new process (call, CPU)",
            f"{median_of(again, 'cpu') * 1000:.2f} ms",
            peer("parsed again"),
            "≤ 5 ms",
        ),
        (
            "the same through the command (process, CPU)",
            f"{whole_warm.cpu:.3f} s",
            peer(f"rust-minidump {stackwalk.cpu:.2f} s" if stackwalk else ""),
            "",
        ),
        (
            "random look-ups with lines and inlines, from Python in one numpy batch",
            f"{looked['per_second'] / 1e6:.2f} M/s",
            peer(f"symbolic {symbolic['per_second'] / 1e6:.3f} M/s" if symbolic else ""),
            "≥ 2 M/s",
        ),
    ]
    rows += [
        (f"native, 1 M random addresses: {name}", figure, "", reach) for name, figure, reach in native_rows(single)
    ]
    return rows


def native_rows(printed: str) -> list[tuple[str, str, str]]:
    """The look-ups that the native program printed: name, figure, what to reach; of repeated ones the median."""
    figures: dict[str, list[float]] = {}
    for line in printed.splitlines():
        name, *rest = line.split()
        if len(rest) > 1 and rest[1].startswith("M/s"):
            figures.setdefault(name, []).append(float(rest[0]))
    reach = {"batch": "≥ 4 M/s"}
    return [(name, f"{statistics.median(all_):.2f} M/s", reach.get(name, "")) for name, all_ in figures.items()]


def naming_rows(work: Path, runs: int, *, with_peers: bool) -> list[tuple[str, str, str, str]]:
    """Names and hashes of failures, and the normalising of functions, from the same made-up stacks for all."""
    examples = HERE.parent / "native" / "target" / "release" / "examples"
    if not (examples / "name_bench").exists():
        return []
    stacks = work / "stacks.ndjson"
    stacks.write_text(measure.run([examples / "name_bench", "--stacks"]).stdout)
    printed = [measure.run([examples / "name_bench"]).stdout for _ in range(runs)]

    def per_second(start: str) -> float:
        lines = [line for text in printed for line in text.splitlines() if line.startswith(start)]
        figures = [line.removeprefix(start).split()[0] for line in lines if "first round" not in line]
        return statistics.median(float(figure) for figure in figures)

    normalised = measure.run([examples / "normalise_bench"]).stdout
    each = {line[:34].strip(): line[34:].split()[0] for line in normalised.splitlines() if "M/s" in line}
    peer = {"per_second": "not run", "functions_per_second": "not run"}
    if with_peers:
        seen = probe(peers.siggen(work), "siggen", stacks)[1]
        peer = {key: f"siggen {value / 1e3:.1f} k/s" for key, value in seen.items()}
    return [
        (
            "failures named and hashed, native, from facts of symbolicated reports",
            f"{per_second('brief true: ') / 1e3:.0f} k/s",
            peer["per_second"],
            "≥ 300 k/s",
        ),
        ("the same with how each name came about (`why`)", f"{per_second('brief false: ') / 1e3:.0f} k/s", "", ""),
        ("the same from JSON records, parsed", f"{per_second('from JSON: ') / 1e3:.0f} k/s", "", ""),
        (
            "functions normalised, never seen before",
            f"{each['name and collapsed, first time']} M/s",
            peer["functions_per_second"],
            "",
        ),
        ("functions normalised, seen before", f"{each['name and collapsed, again']} M/s", "", ""),
    ]


def dump_rows(work: Path, runs: int, *, with_peers: bool) -> list[tuple[str, str, str, str]]:
    """The rows about Firefox on Android."""
    corpus = inputs.mozilla_arm64()
    if corpus is None:
        return []
    dump, symbols = corpus
    store = work / "store-mozilla"
    inner = [probe(sys.executable, "dump", dump, symbols, store, 20)[1] for _ in range(runs)]
    command = ["symbolicate", "report", dump, "--symbols", symbols, "--store", store, "--format", "json"]
    whole = measure.median(command, runs)
    peer = "not run"
    if with_peers:
        stackwalk = measure.median([peers.stackwalk(work), "--json", "--symbols-path", symbols, dump], runs)
        peer = f"rust-minidump {stackwalk.cpu * 1000:.0f} ms"
    return [
        (
            "Firefox on Android arm64 (164 threads, 739 modules), warm symbols, to JSON (call, CPU)",
            f"{median_of(inner, 'cpu') * 1000:.1f} ms",
            "",
            "≤ 10 ms",
        ),
        ("the same through the command (process, CPU)", f"{whole.cpu * 1000:.0f} ms", peer, ""),
    ]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--work", type=Path, default=HERE.parent / "build" / "bench", help="where inputs and peers are kept"
    )
    parser.add_argument("--mb", type=int, default=300, help="size of the big symbol file")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("-o", "--out", type=Path, default=HERE / "RESULTS.md")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if not inputs.SHARED.exists():
        sys.exit("the generator of big inputs is not beside this project: nothing to measure")
    rows = symbol_rows(options.work, options.mb, options.runs, with_peers=not options.no_peers)
    rows += dump_rows(options.work, options.runs, with_peers=not options.no_peers)
    rows += naming_rows(options.work, options.runs, with_peers=not options.no_peers)
    rows += images.rows(runs=options.runs)
    rows += walks.rows(min(options.runs, 3))
    rows += unwound.rows(2_000, min(options.runs, 3), with_peers=not options.no_peers)
    rows += dsym.rows(options.work, min(options.runs, 3), with_peers=not options.no_peers)
    rows += addresses.rows(options.work, min(options.runs, 3), with_peers=not options.no_peers)
    rows += symbolication.rows(options.work, 60, 50_000, min(options.runs, 3), with_peers=not options.no_peers)
    lines = [
        "# Results",
        "",
        "Written by `make bench`. CPU time unless said otherwise, medians, warm file cache; the peers ran in the same run on",
        f"the same machine ({platform.machine()}, {platform.system()}, Python {platform.python_version()}): rust-minidump is",
        f"`minidump-stackwalk` {peers.STACKWALK_VERSION}, addr2line {peers.ADDR2LINE_VERSION}, pdb-addr2line",
        f"{peers.PDB_ADDR2LINE_VERSION} and dump_syms {peers.DUMP_SYMS_VERSION} are from crates.io, symbolic",
        f"{peers.SYMBOLIC_VERSION} and siggen {peers.SIGGEN_VERSION} (Socorro's signatures) from PyPI.",
        "",
        "| work | symbolicate | peers | to reach |",
        "|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]
    options.out.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
