"""The peers, each from its registry, in a folder of their own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STACKWALK_VERSION = "0.27.0"
SYMBOLIC_VERSION = "13.9.0"
SIGGEN_VERSION = "2.2.20241029"


def stackwalk(folder: Path) -> Path:
    """rust-minidump's command, built from crates.io when it is not there yet (some minutes)."""
    program = folder / "bin" / "minidump-stackwalk"
    if not program.exists():
        subprocess.run(
            [
                "cargo",
                "install",
                "minidump-stackwalk",
                "--version",
                STACKWALK_VERSION,
                "--locked",
                "--root",
                str(folder),
            ],
            check=True,
        )
    return program


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
