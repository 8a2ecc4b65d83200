"""The functions of the Python package: `process`, `process_many`, look-ups, names and hashes, by pytest-benchmark.

usage: faces.py [--work DIR] [--runs N]

The functions are those of python_faces.py, whose answers it checks. Figures are CPU time of a call, the median of the rounds
that pytest-benchmark chooses, with symbols loaded. There are no peers: none has these functions in Python.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from subject import command

if TYPE_CHECKING:
    from results import Row

FILE = Path(__file__).with_name("python_faces.py")


def rows(work: Path, _runs: int, *, with_peers: bool = True) -> list[Row]:
    """Rows for a table: work, ours, no peers, no goal."""
    del with_peers
    out = work.resolve() / "faces.json"
    options = ["--benchmark-timer=time.process_time", f"--benchmark-json={out}", "--benchmark-disable-gc", "-q"]
    line = [
        sys.executable,
        "-m",
        "pytest",
        *options,
        "-p",
        "no:cacheprovider",
        "-o",
        "pythonpath=benchmarks",
        str(FILE),
    ]
    done = subprocess.run(
        line,
        cwd=FILE.parents[1],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:])
    found = json.loads(out.read_text())["benchmarks"]
    return [(_title(one["name"]), _time(one["stats"]["median"]), "", "") for one in found]


def _title(name: str) -> str:
    what, _, count = name.removeprefix("test_").partition("[")
    return what.replace("_", " ") + (f": {int(count[:-1]):,}" if count else "")


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:,.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.2f} ms"


if __name__ == "__main__":
    command(__doc__, rows)
