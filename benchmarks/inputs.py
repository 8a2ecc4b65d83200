"""Big inputs, generated once: a Breakpad file and a dump whose stacks lead through it."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Generators and corpora beside the project; without them there are no large inputs to measure."""

FIXTURES = Path(__file__).resolve().parents[1] / "symbols-fixtures"
SYMBOLS = FIXTURES / "symbols"


@dataclass(frozen=True)
class BigFile:
    """A generated symbol file of many megabytes."""

    sym: Path
    dump: Path
    store: Path
    """Breakpad layout with the same file."""


def big_file(folder: Path, megabytes: int) -> BigFile:
    """A Linux x86-64 module of the size asked for; the same bytes every time."""
    sym, dump, store = folder / f"big{megabytes}.sym", folder / f"big{megabytes}.dmp", folder / f"store{megabytes}"
    if not (sym.exists() and dump.exists() and store.exists()):
        generator = SHARED / "tools" / "gen_sym.py"
        command = [sys.executable, generator, "--mb", str(megabytes), "--out", sym, "--dump", dump, "--store", store]
        subprocess.run([str(c) for c in command], check=True, stderr=subprocess.DEVNULL)
    return BigFile(sym, dump, store)


def limit(folder: Path, big: BigFile) -> dict[str, float]:
    """The lower bound of reading a file on this machine, now: MB per second of CPU, by the name of the work.

    The yardstick trusts its input and builds nothing to keep. How far its figures are from those of a quiet machine tells
    how far ours are.
    """
    program = folder / "sym_limit"
    source = SHARED / "tools" / "sym_limit.rs"
    subprocess.run(["rustc", "-O", "-C", "target-cpu=native", "-o", str(program), str(source)], check=True)
    command = [str(program), str(big.sym), "0", "8000000", "1000000"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures: dict[str, list[float]] = {}
    for name, rest in (line.split(None, 1) for line in printed.splitlines()):
        if found := re.search(r"([0-9]+) MB/s cpu", rest):
            figures.setdefault(name, []).append(float(found[1]))
    return {name: statistics.median(all_) for name, all_ in figures.items()}


def small_dumps() -> list[Path]:
    """The fixtures' dumps of 15 to 300 KB by real clients: Breakpad, Crashpad, gdb, Windows. Their symbols are in `SYMBOLS`."""
    folders = [FIXTURES / "dumps" / name for name in ("linux-clients", "linux-gdb", "wine")]
    found = (path for folder in folders for path in sorted(folder.glob("*.dmp")))
    return [path for path in found if 15_000 <= path.stat().st_size <= 300_000]


def corpus(folder: Path, count: int) -> Path:
    """A folder of so many dumps: those of `small_dumps` in turn, as links, which take no disk space."""
    place = folder / f"corpus-{count}"
    done = folder / f"corpus-{count}.done"
    dumps = small_dumps()
    if not done.exists():
        for number in range(count):
            within = place / f"{number // 1000:03d}"
            within.mkdir(parents=True, exist_ok=True)
            link = within / f"{number:07d}.dmp"
            if not link.exists():
                link.hardlink_to(dumps[number % len(dumps)])
        done.touch()
    return place


def mozilla_arm64() -> tuple[Path, Path] | None:
    """Firefox on Android arm64 (164 threads, 739 modules) and its symbols, if the corpora are there."""
    corpus = SHARED / "corpora" / "mozilla"
    dump = corpus / "minidumps" / "android-aarch64.dmp"
    return (dump, corpus / "symbols") if dump.exists() else None
