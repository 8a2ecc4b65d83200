"""The peers, each from its registry with a fixed version, in a folder of their own.

Each is fetched or built when it is first used, which takes minutes for those of crates.io. One that cannot be had raises
`MissingError` with the reason, which `said` puts into the table instead of figures.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STACKWALK_VERSION = "0.27.0"
BREAKPAD_VERSION = "0.26.0"
SYMBOLIC_VERSION = "13.9.0"
SIGGEN_VERSION = "2.2.20241029"
ADDR2LINE_VERSION = "0.27.0"
PDB_ADDR2LINE_VERSION = "0.12.0"
DUMP_SYMS_VERSION = "2.3.9"
ENOUGH = 300
"""Seconds for a download."""
BUILD = 1800
"""Seconds for a build."""


class MissingError(Exception):
    """A peer is not there; the message is the reason."""


def said(measured: Callable[[], str], *, wanted: bool = True) -> str:
    """A cell of a table: what was measured of a peer, or why it was not."""
    if not wanted:
        return "not run"
    try:
        return measured()
    except MissingError as reason:
        return f"skipped: {reason}"


def stackwalk(folder: Path) -> Path:
    """rust-minidump's command."""
    return _installed(folder, "minidump-stackwalk", "minidump-stackwalk", STACKWALK_VERSION)


def rust_minidump(folder: Path) -> Path:
    """rust-minidump's libraries in one process: the program in `rust_minidump/`, whose lock file has the versions."""
    target = folder.resolve() / "rust-minidump"
    program = target / "release" / "rust-minidump-in-process"
    manifest = Path(__file__).with_name("rust_minidump") / "Cargo.toml"
    command = ["cargo", "build", "--release", "--locked", "--manifest-path", str(manifest), "--target-dir", str(target)]
    _run("rust-minidump's libraries", command, BUILD)
    return program


def breakpad(folder: Path) -> Path:
    """Breakpad's `minidump_stackwalk`, as npm's package `minidump` has it."""
    place = folder / f"breakpad-{BREAKPAD_VERSION}"
    program = place / "package" / "bin" / "linux-x64" / "minidump_stackwalk"
    if not program.exists():
        if not shutil.which("npm"):
            raise MissingError("Breakpad: no npm")
        place.mkdir(parents=True, exist_ok=True)
        _run("Breakpad", ["npm", "pack", "--silent", f"minidump@{BREAKPAD_VERSION}"], ENOUGH, place)
        _run("Breakpad", ["tar", "-xzf", f"minidump-{BREAKPAD_VERSION}.tgz"], ENOUGH, place)
    return program


def addr2line(folder: Path) -> Path:
    """Gimli's `addr2line`."""
    return _installed(folder, "addr2line", "addr2line", ADDR2LINE_VERSION, "--features", "bin")


def pdb_addr2line(folder: Path) -> Path:
    """`pdb-addr2line`, which its crate has as an example."""
    return _installed(folder, "pdb-addr2line", "pdb-addr2line", PDB_ADDR2LINE_VERSION, "--example", "pdb-addr2line")


def dump_syms(folder: Path) -> Path:
    """Mozilla's `dump_syms`."""
    return _installed(folder, "dump_syms", "dump_syms", DUMP_SYMS_VERSION)


def wholesym(folder: Path) -> Path:
    """A program around `wholesym`, the library of samply's server; its lock file has the versions."""
    source = Path(__file__).resolve().parents[1] / "tests" / "wholesym_client"
    program = folder / "bin" / "wholesym-client"
    if not program.exists():
        command = ["cargo", "install", "--path", str(source), "--locked", "--root", str(folder)]
        _run("wholesym", [*command, "--target-dir", str(folder / "wholesym")], BUILD)
    return program


def symbolic(folder: Path) -> Path:
    """A Python with Sentry's `symbolic` from PyPI."""
    return _python(folder, "symbolic", SYMBOLIC_VERSION)


def siggen(folder: Path) -> Path:
    """A Python with Socorro's signatures, `siggen` from PyPI."""
    return _python(folder, "siggen", SIGGEN_VERSION)


def _installed(folder: Path, name: str, crate: str, version: str, *options: str) -> Path:
    program = folder / "bin" / name
    if not program.exists():
        command = ["cargo", "install", crate, "--version", version, "--locked", "--root", str(folder), *options]
        _run(crate, command, BUILD)
    return program


def _python(folder: Path, package: str, version: str) -> Path:
    python = folder / package / "bin" / "python"
    if not python.exists():
        _run(package, [sys.executable, "-m", "venv", "--clear", str(folder / package)], ENOUGH)
        try:
            _run(package, [str(python), "-m", "pip", "install", "-q", f"{package}=={version}"], ENOUGH)
        except MissingError:
            shutil.rmtree(folder / package)
            raise
    return python


def _run(name: str, command: list[str], seconds: int, place: Path | None = None) -> None:
    """A command that fetches or builds.

    Raises:
        MissingError: It failed.
    """
    print(f"… {name}: {' '.join(command)}", file=sys.stderr)
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingError(f"{name}: {error}") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise MissingError(f"{name}: {command[0]} ended with {done.returncode}: {last[:120]}")
