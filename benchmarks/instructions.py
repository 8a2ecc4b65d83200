"""Count the instructions of the hot paths and compare them with their budget: a gate that no load on the machine moves.

usage: instructions.py [--renew] [--profile quick|release] [--program PATH]

The paths are those of `native/engine/examples/hot_paths`: a dump to JSON, a walk, look-ups, indexes, names, rows. Valgrind's
callgrind runs them on a processor that it emulates, and counts the instructions of each, of this program's build with the
profile `quick`, which the native tests have built already. Each figure is for one time of what the table says.

A path that takes more than its budget and the tolerance fails; one that takes less is printed, and its budget should be
renewed: `make budget` (`--renew`) writes `budget.toml`. A change that needs more on purpose renews it too, and says why in
its commit message. Other compilers make other code: with another one than that of the budget, the tolerance is wider.

Valgrind is the system's or Debian's package, unpacked into `build/`. Without either, nothing is counted, which is said.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUDGET = Path(__file__).with_name("budget.toml")
TOLERANCE = 0.08
"""Growth that passes. The same program repeats its counts within 0.5 %; the rest is for what the compiler inlines, which a change
elsewhere moves by up to 3 %, and for builds on other machines."""
OTHER_COMPILER = 0.25
"""Growth that passes with another compiler than that of the budget."""
LESS = 0.05
"""Less by more than this is said."""
MEASURED = "hot_paths::measured_path"
"""The function that is counted. Callgrind has one action for a pattern: the two below have patterns of their own."""
PROFILE = "quick"


@dataclass(frozen=True)
class Count:
    """One path.

    Attributes:
        name: as in the budget.
        unit: what is done in one time.
        instructions: of one time.
    """

    name: str
    unit: str
    instructions: int


def count(program: Path, valgrind: list[str], environment: dict[str, str]) -> list[Count]:
    """The instructions of all paths of a program.

    Raises:
        RuntimeError: The program failed, or its measured function was not found in it.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [*valgrind, "--tool=callgrind", f"--callgrind-out-file={folder}/part", "--dump-line=no"]
        command += [f"--toggle-collect=*{MEASURED}", f"--dump-after={MEASURED}", str(program)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{program} under valgrind: {done.stderr[-2000:]}")
        parts = sorted(Path(folder).glob("part.*"), key=lambda path: int(path.suffix[1:]))
        texts = [part.read_text(encoding="utf-8", errors="replace") for part in parts]
    totals = [_total(text) for text in texts]
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    if len(totals) != len(lines):
        raise RuntimeError(f"{len(lines)} paths ran, {len(totals)} were counted")
    return [
        Count(name, unit, round(total / int(times)))
        for (name, times, unit, _), total in zip(lines, totals, strict=True)
    ]


def _total(text: str) -> int:
    found = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
    if found is None:
        raise RuntimeError("a profile of callgrind without a total")
    return int(found[1])


def valgrind_of(folder: Path) -> tuple[list[str], dict[str, str]] | str:
    """How to run valgrind: the command and the environment; or the reason why it cannot be run."""
    # The program's own settings and random seeds of the environment stay out.
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", ""), "LC_ALL": "C"}
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return "the budget is for Linux on x86-64"
    if installed := shutil.which("valgrind"):
        return [installed], environment
    place = folder / "valgrind"
    program = place / "usr" / "bin" / "valgrind"
    if not program.exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            return "no valgrind, and no apt-get to fetch it"
        place.mkdir(parents=True, exist_ok=True)
        got = subprocess.run(
            ["apt-get", "download", "valgrind"], cwd=place, capture_output=True, text=True, check=False
        )
        if got.returncode:
            return f"no valgrind, and Debian's cannot be fetched: {got.stderr.strip()[-200:]}"
        for package in place.glob("valgrind_*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, place], check=True)
    return [str(program)], environment | {"VALGRIND_LIB": str(place / "usr" / "libexec" / "valgrind")}


def compiler() -> str:
    """The version of the compiler that builds the program."""
    return subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()


def compare(counts: list[Count], budget: dict[str, int], tolerance: float) -> tuple[list[str], list[str]]:
    """Rows of a table, and what is wrong."""
    rows, wrong = [], []
    for one in counts:
        allowed = budget.get(one.name)
        change = "new" if allowed is None else f"{one.instructions / allowed - 1:+.1%}"
        rows.append(f"{one.name:<20}{one.instructions:>14,}  {change:>8}  {one.unit}")
        if allowed is None:
            wrong.append(f"{one.name} has no budget")
        elif one.instructions > allowed * (1 + tolerance):
            wrong.append(f"{one.name} takes {one.instructions:,} instructions, {change} of its budget of {allowed:,}")
        elif one.instructions < allowed * (1 - LESS):
            rows.append(f"{'':<20}{'':>14}  less than its budget: `make budget` keeps that")
    wrong += [f"{name} has a budget, and is not counted" for name in budget if name not in {c.name for c in counts}]
    return rows, wrong


def write(counts: list[Count]) -> None:
    """Renew the budget."""
    lines = [
        "# Instructions of the hot paths, of one time each, built with the profile `quick`. Written by `make budget`;",
        "# benchmarks/instructions.py says what is counted and compares it in `make test`.",
        f'compiler = "{compiler()}"',
        "",
        "[paths]",
    ]
    for one in counts:
        lines += [f"# {one.unit}", f"{one.name} = {one.instructions:_}"]
    BUDGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Count, and compare or renew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renew", action="store_true", help="write the budget instead of comparing with it")
    parser.add_argument("--profile", default=PROFILE, help="of the build that is counted")
    parser.add_argument("--program", type=Path, help="count this build instead")
    given = parser.parse_args()
    if given.renew and "CARGO_INCREMENTAL" in os.environ:
        sys.exit(
            "the budget is renewed by `make budget`, which builds as the tests do: other builds count up to 20 % less"
        )
    found = valgrind_of(ROOT / "build")
    if isinstance(found, str):
        print(f"instructions are not counted: {found}", file=sys.stderr)
        return
    program = given.program or ROOT / "native" / "target" / given.profile / "examples" / "hot_paths"
    counts = count(program, *found)
    if given.renew:
        write(counts)
        return
    budget = tomllib.loads(BUDGET.read_text(encoding="utf-8"))
    known = budget["compiler"] == compiler()
    rows, wrong = compare(counts, budget["paths"], TOLERANCE if known else OTHER_COMPILER)
    print("\n".join(rows))
    if not known:
        print(f"the budget is of {budget['compiler']}: with {compiler()}, growth up to {OTHER_COMPILER:.0%} passes")
    if wrong:
        sys.exit("\n".join([*wrong, "`make budget` renews the budget; say why in the commit message"]))


if __name__ == "__main__":
    main()
