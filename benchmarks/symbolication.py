"""Measure `POST /symbolicate/v5` beside the servers of Mozilla and of samply: stacks of a big symbol file, cold and warm.

usage: symbolication.py [--work DIR] [--mb N] [--frames N] [--runs N] [--no-peers]

Prints rows as RESULTS.md has them: work, project, peers, goal. Ours is the whole service: HTTP, the database, the process that answers.
One peer is what Mozilla's Eliot does with Sentry's `symbolic` from PyPI, in one process without HTTP: cold it parses the symbol file,
warm it opens the cache that it made. The other is `wholesym`, samply's library, which answers the same request without HTTP: cold it
indexes the file, warm it has done so. Figures are CPU time, of the service and its processes together; warm is after two further requests. The functions and lines of both
answers are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any

import inputs
import measure
import peers

HERE = Path(__file__).resolve().parent
# Of all frames: two demanglers, and two ideas of where a line ends.
AGREE = 0.98
START_SECONDS = 60
# Requests of one warm figure: the system counts the CPU time of processes in steps of 10 ms, and a request takes some 70.
TOGETHER = 8


def rows(work: Path, mb: int, frames: int, runs: int, *, with_peers: bool = True) -> list[tuple[str, str, str, str]]:
    """Rows for a table: work, ours, the peer, the goal."""
    work.mkdir(parents=True, exist_ok=True)
    big = inputs.big_file(work, mb)
    request = work / "stacks.json"
    _, _, _, identifier, name = big.sym.open(encoding="utf-8").readline().split(None, 4)
    body = {
        "memoryMap": [[name.strip(), identifier]],
        "stacks": [[[0, offset] for offset in _offsets(big.sym, frames)]],
    }
    request.write_text(json.dumps({"jobs": [body]}))
    cold, warm, answer = _ours(work, big.store, request, runs)

    @cache
    def eliot() -> dict[str, Any]:
        script = HERE / "symbolication_peer.py"
        found: dict[str, Any] = json.loads(measure.run([peers.symbolic(work), script, big.sym, request]).stdout)
        _compare(answer, found["functions"])
        return found

    @cache
    def samply() -> dict[str, float]:
        return _samply(work, big.store, request)

    peer_cold, peer_warm = (
        "; ".join(
            peers.said(lambda key=key, peer=peer, name=name: f"{name} {frames / peer()[key]:,.0f}/s", wanted=with_peers)
            for name, peer in (("Eliot's use of symbolic", eliot), ("samply's library", samply))
        )
        for key in ("cold", "warm")
    )
    size = f"{big.sym.stat().st_size / 1e6:.0f} MB"
    return [
        (f"{frames:,} frames of {size} by /symbolicate/v5, first request", f"{frames / cold:,.0f}/s", peer_cold, ""),
        ("the same again", f"{frames / warm:,.0f}/s", peer_warm, "10 x symbolic"),
    ]


def _offsets(sym: Path, count: int) -> list[int]:
    """Offsets in functions, the same each time."""
    functions = []
    with sym.open("rb") as lines:
        for line in lines:
            if line.startswith(b"FUNC "):
                fields = line.split(None, 4)
                first = 2 if fields[1] == b"m" else 1
                functions.append((int(fields[first], 16), max(int(fields[first + 1], 16), 1)))
    chance = random.Random(1)  # noqa: S311 - the same each time
    return [start + chance.randrange(size) for start, size in (chance.choice(functions) for _ in range(count))]


def _ours(work: Path, store: Path, request: Path, runs: int) -> tuple[float, float, Any]:
    """CPU seconds of the first request and of a later one, and the answer."""
    body = request.read_bytes()
    with tempfile.TemporaryDirectory(dir=work) as data:
        environment = {**os.environ, "SYMBOLICATE_SYMBOLS_SOURCES": str(store), "OPENBLAS_NUM_THREADS": "1"}
        command = [
            sys.executable,
            "-m",
            "symbolicate",
            "serve",
            "--bind",
            "127.0.0.1:0",
            "--data",
            data,
            "--workers",
            "0",
        ]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            url = _url(process)
            empty = b'{"memoryMap": [["none", "00112233445566778899AABBCCDDEEFF0"]], "stacks": [[[0, 1]]]}'
            _ask(url, empty)  # the process that answers is started

            def spent(requests: int) -> float:
                before = _cpu(process.pid)
                for _ in range(requests):
                    _ask(url, body)
                return (_cpu(process.pid) - before) / requests

            cold = spent(1)
            spent(2)  # a function that is asked for again is kept decoded
            warm = statistics.median(spent(TOGETHER) for _ in range(runs))
            return cold, warm, json.loads(_ask(url, body))
        finally:
            process.terminate()
            process.wait()
            shutil.rmtree(data, ignore_errors=True)


def _samply(work: Path, store: Path, request: Path) -> dict[str, float]:
    """CPU seconds of samply's library for a first request and for a later one."""
    program = peers.wholesym(work)
    with tempfile.TemporaryDirectory(dir=work) as indexes:
        configuration = Path(indexes) / "configuration"
        configuration.write_text(json.dumps({"folders": [str(store)], "indexes": indexes, "times": 4}))
        cpu = json.loads(measure.run([program, configuration, request]).stdout)["cpu"]
    return {"cold": cpu[0], "warm": statistics.median(cpu[1:])}


def _url(process: subprocess.Popen[str]) -> str:
    ends = time.monotonic() + START_SECONDS
    assert process.stderr is not None
    for line in process.stderr:
        if "listening on " in line:
            return line.rpartition("listening on ")[2].strip()
        if time.monotonic() > ends:
            break
    raise RuntimeError("the service does not start")


def _ask(url: str, body: bytes) -> bytes:
    with urllib.request.urlopen(f"{url}/symbolicate/v5", body) as answer:  # noqa: S310 - our own address
        return bytes(answer.read())


def _cpu(pid: int) -> float:
    """User and system seconds of a process and of the processes that its threads have started."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = {int(child) for task in tasks for child in (task / "children").read_text().split()}
    return sum(measure.cpu_seconds(one) for one in (pid, *children))


def _compare(answer: Any, functions: list[list[Any]]) -> None:
    """Check that both found the same functions and lines."""
    [stack] = answer["results"][0]["stacks"]
    ours = [[frame.get("function"), frame.get("line")] for frame in stack]
    assert len(ours) == len(functions)
    same = sum(one == other for one, other in zip(ours, functions, strict=True)) / len(ours)
    assert same >= AGREE, f"only {same:.1%} of the answers are the same"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, default=Path("build/bench"))
    parser.add_argument("--mb", type=int, default=60)
    parser.add_argument("--frames", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    given = parser.parse_args()
    for row in rows(given.work.resolve(), given.mb, given.frames, given.runs, with_peers=not given.no_peers):
        print("|", " | ".join(row), "|")
