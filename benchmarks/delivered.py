"""How many crashes of a log container are processed per second of one core, cold and warm.

usage: delivered.py [--logs N] [--runs N] [--symbols PATH]… [LOG…]

A container of N logs is made from the given App Center logs, each with an id of its own; without any, from one made up
log of 12 threads with 20 frames each and 300 images. Cold is a process of its own, warm is a session that has its symbols.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from symbolicate import InputError, Session

IMAGES, THREADS, FRAMES = 300, 12, 20


def made_up() -> dict[str, Any]:
    """One `appleError` log."""
    starts = [0x1_0000_0000 + i * 0x10_0000 for i in range(IMAGES)]

    def frame(number: int) -> dict[str, str]:
        start = starts[number * 7 % 12]
        offset = 0x4000 + number * 132
        return {"address": f"0x{start + offset:016x}", "code": f"0x{start:x} + {offset}"}

    threads = [{"id": t, "frames": [frame(t * FRAMES + i) for i in range(FRAMES)]} for t in range(THREADS)]
    binaries = [
        {
            "id": f"00000000-0000-0000-0000-{i:012x}",
            "startAddress": f"0x{start:x}",
            "endAddress": f"0x{start + 0xFFFFF:x}",
            "name": f"Image{i}",
            "path": f"/System/Library/Frameworks/Image{i}.framework/Image{i}",
            "primaryArchitectureId": 16777228,
        }
        for i, start in enumerate(starts)
    ]
    device = {"osName": "iOS", "osVersion": "17.1", "model": "iPhone14,5", "locale": "en_US", "appVersion": "1.0"}
    return {
        "type": "appleError",
        "processName": "Image0",
        "processId": 7,
        "fatal": True,
        "errorThreadId": 0,
        "osExceptionType": "SIGSEGV",
        "osExceptionCode": "SEGV_MAPERR",
        "osExceptionAddress": "0x8",
        "primaryArchitectureId": 16777228,
        "device": device,
        "threads": threads,
        "binaries": binaries,
    }


def write_container(path: Path, logs: list[dict[str, Any]], count: int) -> None:
    """Write a container of `count` logs, the given ones in turn."""
    with path.open("w") as file:
        file.write('{"logs":[')
        for i in range(count):
            one = logs[i % len(logs)] | {"id": f"{i:08x}-0000-4000-8000-000000000000"}
            file.write(("," if i else "") + json.dumps(one))
        file.write("]}")


def drain(session: Session, path: Path) -> tuple[int, int]:
    """Process a container: crashes and bytes of JSON."""
    count = size = 0
    for result in session.reports_json([path]):
        if isinstance(result, InputError):
            raise result
        count += 1
        size += len(result)
    return count, size


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--logs", type=int, default=10_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--symbols", action="append", default=[])
    arguments.add_argument("files", nargs="*", type=Path)
    given = arguments.parse_args()
    logs = [log for file in given.files for log in json.loads(file.read_text())["logs"]] or [made_up()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "logs.json"
        write_container(path, logs, given.logs)
        print(f"{given.logs} logs, {path.stat().st_size / 1e6:.0f} MB")
        command = [sys.executable, "-m", "symbolicate", "report", str(path), "--format", "ndjson", "-j", "1"]
        command += [part for place in given.symbols for part in ("--symbols", place)]
        cold = []
        for n in range(given.runs):
            began = time.perf_counter()
            store = ["--store", f"{folder}/store-{n}"]
            subprocess.run([*command, *store], stdout=subprocess.DEVNULL, check=True)
            cold.append(time.perf_counter() - began)
        print(f"cold: {given.logs / statistics.median(cold):,.0f} crashes/s of one process, wall clock")
        session = Session(given.symbols or None, jobs=1)
        drain(session, path)
        warm = []
        size = 0
        for _ in range(given.runs):
            began = time.process_time()
            _, size = drain(session, path)
            warm.append(time.process_time() - began)
        print(f"warm: {given.logs / statistics.median(warm):,.0f} crashes/s of CPU, {size / 1e6:.0f} MB of JSON")


if __name__ == "__main__":
    main()
