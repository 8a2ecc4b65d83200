"""Stacks beside gdb's: ours, Breakpad's and rust-minidump's, all threads. Writes RESULTS-stacks.md.

`python benchmarks/stacks.py CORPORA [--breakpad PROGRAM] [--rust-minidump PROGRAM]`; CORPORA has folders of dumps, each
with its NAME.truth.json, and symbols. A peer without a program is left out.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Stacks = dict[int, list[int]]
    Ids = dict[Path, list[int]]
    Walker = Callable[[list[Path], list[Path], Ids], dict[Path, Stacks]]

RESULTS = Path(__file__).with_name("RESULTS-stacks.md")
MOST = 150
RUNAWAY = 100
SLACK = {"a64": 4, "arm": 4}
SETS = {
    "live-more, all symbols": ("live-more", ["live-more/symbols", "live-more/symbols-arm"]),
    "live-more, without libstdc++": ("live-more", ["live-more/symbols-no-libstdcxx", "live-more/symbols-arm"]),
    "live-more, no symbols": ("live-more", []),
}


@dataclass
class Score:
    """Counts of exact threads and of frames."""

    threads: int = 0
    exact: int = 0
    true: int = 0
    missing: int = 0
    false: int = 0

    def add(self, want: list[int], have: list[int], slack: int) -> None:
        """Compare one thread's frames with gdb's."""
        want, have = want[:MOST], have[:MOST]
        if len(want) >= RUNAWAY and len(have) >= RUNAWAY:
            want, have = want[:RUNAWAY], have[:RUNAWAY]
        same = matched(want, have, slack)
        self.threads += 1
        self.exact += same == len(want) == len(have)
        self.true += same
        self.missing += len(want) - same
        self.false += len(have) - same

    def cells(self) -> str:
        """The figures as cells of a table."""
        return f"{self.exact} of {self.threads} | {self.true} | {self.missing} | {self.false}"


def matched(want: list[int], have: list[int], slack: int) -> int:
    """How many frames two stacks have in common, in order."""
    if slack > 1:  # the Thumb bit is not part of the address
        want, have = [a & ~1 for a in want], [a & ~1 for a in have]
    row = [0] * (len(have) + 1)
    for a in reversed(want):
        above, row = row, [0] * (len(have) + 1)
        for j in range(len(have) - 1, -1, -1):
            row[j] = above[j + 1] + 1 if abs(a - have[j]) <= slack else max(above[j], row[j + 1])
    return row[0]


def run(command: Iterable[object]) -> str:
    """The output of a program, even if it fails."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, errors="replace"
    )
    return done.stdout


def by_json(report: str) -> Stacks:
    """Stacks of a report in rust-minidump's schema, ours included."""
    threads = json.loads(report)["threads"] if report else []
    return {t["thread_id"]: [int(f["offset"], 16) for f in t["frames"]] for t in threads}


def ours(program: Path) -> Walker:
    """Our command, once for all dumps."""

    def walk(dumps: list[Path], symbols: list[Path], _ids: Ids) -> dict[Path, Stacks]:
        options = [option for folder in symbols for option in ("--symbols", folder)]
        lines = run([program, "report", *dumps, "--format", "ndjson", *options]).splitlines()
        names = [json.loads(line)["input"] for line in lines]
        return {
            Path(name if isinstance(name, str) else name["name"]): by_json(line)
            for name, line in zip(names, lines, strict=True)
        }

    return walk


def rust_minidump(program: Path) -> Walker:
    """rust-minidump's command."""

    def walk(dumps: list[Path], symbols: list[Path], _ids: Ids) -> dict[Path, Stacks]:
        return {dump: by_json(run([program, "--json", dump, *symbols])) for dump in dumps}

    return walk


def breakpad(program: Path) -> Walker:
    """Breakpad's command, whose threads are in the order of the dump and whose frames show their registers."""
    counter = re.compile(r"\b(?:rip|eip|pc) = 0x([0-9a-f]+)")

    def stacks_of(dump: Path, symbols: list[Path], ids: list[int]) -> Stacks:
        stacks: Stacks = {}
        current: list[int] = []
        for line in run([program, dump, *symbols]).splitlines():
            if (thread := re.match(r"Thread (\d+)", line)) and int(thread[1]) < len(ids):
                current = stacks.setdefault(ids[int(thread[1])], [])
            elif line.startswith("Loaded modules"):
                break
            elif found := counter.search(line):
                current.append(int(found[1], 16))
        return stacks

    def walk(dumps: list[Path], symbols: list[Path], ids: Ids) -> dict[Path, Stacks]:
        return {dump: stacks_of(dump, symbols, ids.get(dump, [])) for dump in dumps}

    return walk


def score(truths: dict[Path, Path], stacks: dict[Path, Stacks], ids: Ids) -> tuple[Score, Score]:
    """All threads of the dumps: those that gdb unwound to the root, and the others."""
    complete, incomplete = Score(), Score()
    for dump, truth in truths.items():
        slack = SLACK.get(dump.name.split("_")[0], 1)
        for thread in json.loads(truth.read_text())["threads"]:
            if thread["thread_id"] not in ids.get(dump, []):
                continue
            frames = [f for f in thread["frames"] if not f.get("inline") and not f.get("tail")]
            target = complete if thread["complete"] else incomplete
            have = stacks.get(dump, {}).get(thread["thread_id"], [])
            target.add([int(f["pc"], 16) for f in frames], have, slack)
    return complete, incomplete


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--program", type=Path, default=Path(sys.executable).with_name("symbolicate"))
    parser.add_argument("--breakpad", type=Path)
    parser.add_argument("--rust-minidump", type=Path)
    arguments = parser.parse_args()
    reference = ours(arguments.program)
    walkers = {"symbolicate": reference}
    if arguments.breakpad:
        walkers["Breakpad (npm `minidump` 0.26.0)"] = breakpad(arguments.breakpad)
    if arguments.rust_minidump:
        walkers["rust-minidump 0.27"] = rust_minidump(arguments.rust_minidump)
    lines = [
        "# Stacks beside gdb's",
        "",
        "Written by `benchmarks/stacks.py`: all threads of the dumps in `corpora/live-more`, compared frame by frame as",
        "`docs/peer-differences.md` says; inlined and tail-call frames of gdb are not compared. Where gdb did not reach",
        "the thread's root its stack is cut or wrong, and what others have beyond it counts as false.",
        "",
        "| dumps and symbols | walker | exact | true | missing | false | gdb incomplete: true | missing | false |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for title, (folder, symbols) in SETS.items():
        files = sorted((arguments.corpora / folder).glob("*.truth.json"))
        truths = {file.with_name(file.name.replace(".truth.json", ".dmp")): file for file in files}
        ids = {dump: list(stacks) for dump, stacks in reference(list(truths), [], {}).items()}
        for name, walk in walkers.items():
            stacks = walk(list(truths), [arguments.corpora / part for part in symbols], ids)
            whole, cut = score(truths, stacks, ids)
            lines.append(f"| {title} | {name} | {whole.cells()} | {cut.true} | {cut.missing} | {cut.false} |")
    RESULTS.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
