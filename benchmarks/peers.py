"""The peers, each from its registry, in a folder of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STACKWALK_VERSION = "0.27.0"
SYMBOLIC_VERSION = "13.9.0"
SIGGEN_VERSION = "2.2.20241029"
ADDR2LINE_VERSION = "0.27.0"
PDB_ADDR2LINE_VERSION = "0.12.0"
DUMP_SYMS_VERSION = "2.3.9"


def stackwalk(folder: Path) -> Path:
    """rust-minidump's command, built from crates.io when it is not there yet (some minutes)."""
    program = folder / "bin" / "minidump-stackwalk"
    if not program.exists():
        subprocess.run(_cargo(folder, "minidump-stackwalk", STACKWALK_VERSION), check=True)
    return program


def addr2line(folder: Path) -> Path | None:
    """Gimli's `addr2line`; None if it cannot be built."""
    return _built(folder, "addr2line", "addr2line", ADDR2LINE_VERSION, "--features", "bin")


def pdb_addr2line(folder: Path) -> Path | None:
    """`pdb-addr2line`, which its crate has as an example; None if it cannot be built."""
    return _built(folder, "pdb-addr2line", "pdb-addr2line", PDB_ADDR2LINE_VERSION, "--example", "pdb-addr2line")


def dump_syms(folder: Path) -> Path | None:
    """Mozilla's `dump_syms`; None if it cannot be built."""
    return _built(folder, "dump_syms", "dump_syms", DUMP_SYMS_VERSION)


def wholesym(folder: Path) -> Path | None:
    """A program around `wholesym`, the library of samply's server; None if it cannot be built."""
    source = Path(__file__).resolve().parents[1] / "tests" / "wholesym_client"
    program = folder / "bin" / "wholesym-client"
    if not program.exists():
        command = ["cargo", "install", "--path", str(source), "--locked", "--root", str(folder)]
        if subprocess.run(command, check=False).returncode or not program.exists():
            return None
    return program


def _built(folder: Path, name: str, crate: str, version: str, *options: str) -> Path | None:
    program = folder / "bin" / name
    if not program.exists():
        done = subprocess.run([*_cargo(folder, crate, version), *options], check=False)
        if done.returncode or not program.exists():
            return None
    return program


def _cargo(folder: Path, crate: str, version: str) -> list[str]:
    return ["cargo", "install", crate, "--version", version, "--locked", "--root", str(folder)]


def symbolic(folder: Path) -> Path:
    """A Python with Sentry's `symbolic` from PyPI."""
    return _python(folder, "symbolic", SYMBOLIC_VERSION)


def siggen(folder: Path) -> Path:
    """A Python with Socorro's signatures, `siggen` from PyPI."""
    return _python(folder, "siggen", SIGGEN_VERSION)


def _python(folder: Path, package: str, version: str) -> Path:
    python = folder / package / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / package)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", f"{package}=={version}"], check=True)
    return python
