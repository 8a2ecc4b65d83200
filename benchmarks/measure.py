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
    """Largest part of it that is not a mapped file, in bytes, sampled every millisecond."""
    stdout: str


def cpu_seconds(process: int) -> float:
    """What a process has used so far, in all its threads."""
    with open(f"/proc/{process}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(command: Sequence[str | os.PathLike[str]]) -> Run:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [os.fspath(c) for c in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # The threads of numpy's BLAS spin after its import; nothing here computes with it.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    status = Path(f"/proc/{process.pid}/status")
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
        try:
            rows = status.read_text()
        except OSError:
            rows = ""
        for row in rows.splitlines():
            if row.startswith("RssAnon:"):
                private = max(private, int(row.split()[1]) * 1024)
        time.sleep(0.001)
    wall = time.perf_counter() - started
    os.set_blocking(process.stdout.fileno(), True)
    chunks.append(process.stdout.read())
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode:
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
