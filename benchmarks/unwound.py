"""How many crashes of a log container are processed per second of one core, cold and warm.

usage: unwound.py [--logs N] [--runs N] [--symbols PATH]… [LOG…]

A container of N logs is made from the given App Center logs, each with an id of its own; without any, from one made up
log of 10 threads with 20 frames each, with 24 images and with 280. Cold is a process of its own, warm is a session that
has its symbols. The peer is a plain Python loop over the parsed container: each address to image and offset by bisect, and
the log written again; it reads no symbols and names nothing.
"""

from __future__ import annotations

import argparse
import bisect
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import measure

from symbolicate import InputError, SymbolStore
from symbolicate.engine import Session

THREADS, FRAMES, USED = 10, 20, 12


def made_up(images: int) -> dict[str, Any]:
    """One `appleError` log; its frames are in the first dozen images."""
    starts = [0x1_0000_0000 + i * 0x10_0000 for i in range(images)]

    def frame(number: int) -> dict[str, str]:
        start = starts[number * 7 % USED]
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


def plain_loop(path: Path) -> int:
    """The obvious Python code: bytes of JSON."""
    size = 0
    for log in json.loads(path.read_bytes())["logs"]:
        images = sorted((int(one["startAddress"], 16), int(one["endAddress"], 16)) for one in log["binaries"])
        starts = [start for start, _ in images]
        for thread in log["threads"]:
            for frame in thread["frames"]:
                address = int(frame["address"], 16)
                at = bisect.bisect_right(starts, address) - 1
                if at >= 0 and address <= images[at][1]:
                    frame["image"], frame["offset"] = at, address - starts[at]
        size += len(json.dumps(log))
    return size


def cold_seconds(path: Path, symbols: list[str], runs: int) -> float:
    """CPU seconds of the command with an empty store."""
    command: list[str | Path] = [sys.executable, "-m", "symbolicate", "report", path, "--format", "ndjson", "-j", "1"]
    command += [part for place in symbols for part in ("--symbols", place)]
    spent = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as store:
            spent.append(measure.run([*command, "--store", store, "-o", Path(store) / "out.ndjson"]).cpu)
    return statistics.median(spent)


def warm_seconds(path: Path, symbols: list[str], runs: int) -> float:
    """CPU seconds of a session that has its symbols."""
    with tempfile.TemporaryDirectory() as store:
        session = Session(SymbolStore(store, sources=symbols), jobs=1)
        drain(session, path)
        spent = []
        for _ in range(runs):
            began = time.process_time()
            drain(session, path)
            spent.append(time.process_time() - began)
    return statistics.median(spent)


def logs_of(path: Path) -> list[dict[str, Any]]:
    """The logs of a container; empty for any other file."""
    read = json.loads(path.read_bytes())
    logs = read.get("logs") if isinstance(read, dict) else None
    return [log for log in logs if isinstance(log, dict)] if isinstance(logs, list) else []


def rows(
    count: int = 10_000,
    runs: int = 3,
    symbols: list[str] | None = None,
    files: list[Path] | None = None,
    *,
    with_peers: bool = True,
) -> list[tuple[str, str, str, str]]:
    """Rows for a table: work, ours, the peer, what to reach."""
    given = [log for file in files or [] for log in logs_of(file)]
    kinds = {"logs given": given} if given else {f"{n} images": [made_up(n)] for n in (24, 280)}
    found = []
    for name, logs in kinds.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "logs.json"
            write_container(path, logs, count)
            kilobytes = path.stat().st_size / count / 1000
            what = f"App Center logs ({name}, {kilobytes:.0f} KB each) to reports"
            warm, cold = warm_seconds(path, symbols or [], runs), cold_seconds(path, symbols or [], runs)
            peer = "not run"
            if with_peers and not given:
                began = time.process_time()
                plain_loop(path)
                peer = f"json and bisect, no names: {count / (time.process_time() - began):,.0f}/s"
        found.append((f"{what}, warm (call, CPU)", f"{count / warm:,.0f}/s", peer, ""))
        found.append(("the same through the command, cold (process, CPU)", f"{count / cold:,.0f}/s", "", ""))
    return found


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--logs", type=int, default=10_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--symbols", action="append", default=[])
    arguments.add_argument("files", nargs="*", type=Path)
    given = arguments.parse_args()
    for row in rows(given.logs, given.runs, given.symbols, given.files):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
