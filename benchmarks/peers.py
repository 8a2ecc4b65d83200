"""The peers, each from its registry, in a folder of their own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STACKWALK_VERSION = "0.27.0"
SYMBOLIC_VERSION = "13.9.0"


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
    python = folder / "symbolic" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "symbolic")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", f"symbolic=={SYMBOLIC_VERSION}"], check=True)
    return python
