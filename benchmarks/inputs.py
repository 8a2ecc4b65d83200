"""Big inputs, generated once: a Breakpad file and a dump whose stacks lead through it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Generators and corpora that lie beside the project; without them there is nothing big to measure."""


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


def mozilla_arm64() -> tuple[Path, Path] | None:
    """Firefox on Android arm64 (164 threads, 739 modules) and its symbols, if the corpora are there."""
    corpus = SHARED / "corpora" / "mozilla"
    dump = corpus / "minidumps" / "android-aarch64.dmp"
    return (dump, corpus / "symbols") if dump.exists() else None
