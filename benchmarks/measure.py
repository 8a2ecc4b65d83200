"""Measure a finished command: CPU time, wall time and memory, as the operating system accounts them."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


CHANGED = ("PYTHONDONTWRITEBYTECODE", "RAYON_NUM_THREADS")
"""Variables that would make a command slower than it is for its users."""


@dataclass(frozen=True)
class Run:
    """One finished process."""

    cpu: float
    """User and system seconds."""
    wall: float
    """Seconds from start to end."""
    peak: int
    """Largest resident set in bytes; mapped files count."""
    private: int
    """Largest part of it that is not a mapped file, in bytes, sampled every millisecond; with `family`, of the process and
    its children together, sampled fifty times a second."""
    stdout: str


def cpu_seconds(process: int) -> float:
    """What a process has used so far, in all its threads."""
    with open(f"/proc/{process}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family_of(process: int) -> list[int]:
    """A process and all that it started, which still run."""
    found = [process]
    for one in found:
        try:
            tasks = list(Path(f"/proc/{one}/task").iterdir())
            found += [int(child) for task in tasks for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def private_bytes(process: int) -> int:
    """The part of a process's memory that is not a mapped file."""
    try:
        rows = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return sum(int(row.split()[1]) * 1024 for row in rows.splitlines() if row.startswith("RssAnon:"))


def run(command: Sequence[str | os.PathLike[str]], *, family: bool = False, expected: Sequence[int] = (0,)) -> Run:
    """Run a command to its end. CPU time includes that of the processes that it started and waited for.

    Args:
        command: what is run.
        family: whether memory is that of all its processes together.
        expected: exit codes that are no failure.

    Raises:
        RuntimeError: it failed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [os.fspath(c) for c in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # The threads of numpy's BLAS spin after its import; nothing here computes with it.
        env={name: value for name, value in os.environ.items() if name not in CHANGED} | {"OPENBLAS_NUM_THREADS": "1"},
    )
    private = 0
    chunks = []
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    while True:
        chunk = process.stdout.read()
        if chunk:
            chunks.append(chunk)
        pid, code, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        private = max(private, sum(map(private_bytes, family_of(process.pid) if family else (process.pid,))))
        time.sleep(0.02 if family else 0.001)
    wall = time.perf_counter() - started
    os.set_blocking(process.stdout.fileno(), True)
    chunks.append(process.stdout.read())
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode not in expected:
        message = f"{command[0]} ended with {process.returncode}"
        raise RuntimeError(message)
    return Run(
        cpu=usage.ru_utime + usage.ru_stime,
        wall=wall,
        peak=usage.ru_maxrss * 1024,
        private=private,
        stdout=b"".join(c for c in chunks if c).decode(),
    )


def median(command: Sequence[str | os.PathLike[str]], runs: int, warmup: int = 1) -> Run:
    """The median of each figure over several runs, after some warm-up runs."""
    for _ in range(warmup):
        run(command)
    done = [run(command) for _ in range(runs)]
    return Run(
        cpu=statistics.median(r.cpu for r in done),
        wall=statistics.median(r.wall for r in done),
        peak=int(statistics.median(r.peak for r in done)),
        private=int(statistics.median(r.private for r in done)),
        stdout=done[-1].stdout,
    )
