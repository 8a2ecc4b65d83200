"""Measurements inside a fresh process, without the start of the interpreter.

usage: probe.py TASK ARGUMENT…    prints one JSON object
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path


def cpu_of(call: object, *args: object) -> tuple[float, object]:
    """CPU seconds of one call, and its result."""
    started = time.process_time()
    result = call(*args)  # type: ignore[operator]
    return time.process_time() - started, result


def status(field: str) -> int:
    """A figure of /proc/self/status in bytes."""
    for row in Path("/proc/self/status").read_text().splitlines():
        if row.startswith(field + ":"):
            return int(row.split()[1]) * 1024
    return 0


def address_range(sym: str) -> tuple[int, int]:
    """The lowest and highest function of a generated file, from its own records."""
    low, high = 1 << 63, 0
    with Path(sym).open("rb") as lines:
        for line in lines:
            if line.startswith(b"FUNC "):
                address = int(line.removeprefix(b"FUNC ").removeprefix(b"m ").split()[0], 16)
                low, high = min(low, address), max(high, address)
    return low, high


def first_sight(sym: str, index: str) -> dict[str, float]:
    """From a symbol file without an index to its first answers."""
    import numpy as np

    from symbolicate._native import SymbolFile

    before = status("RssAnon")
    addresses = np.arange(0x10000, 0x10100, dtype=np.uint64)

    def work() -> int:
        return len(SymbolFile.open_or_build(sym, index).lookup(addresses).starts)

    cpu, rows = cpu_of(work)
    if rows != len(addresses) + 1:
        message = f"{rows} rows"
        raise AssertionError(message)
    return {"cpu": cpu, "private": status("RssAnon") - before}


def lookups(sym: str, index: str, count: str) -> dict[str, float]:
    """Random look-ups with lines and inlines in one numpy batch."""
    import numpy as np

    from symbolicate._native import SymbolFile

    low, high = address_range(sym)
    file = SymbolFile.open_or_build(sym, index)
    addresses = np.random.default_rng(1).integers(low, high, int(count), dtype=np.uint64)
    file.lookup(addresses[:1000])
    times = []
    for _ in range(3):
        cpu, found = cpu_of(file.lookup, addresses)
        times.append(cpu)
    return {"per_second": int(count) / statistics.median(times), "frames": len(found.line)}  # type: ignore[attr-defined]


def in_orders(sym: str, count: int) -> dict[str, list[int]]:
    """Addresses of a file's functions: at random, sorted, and a thousand of them again and again."""
    import random

    low, high = address_range(sym)
    chance = random.Random(1)  # noqa: S311 - the same each time
    found = [chance.randrange(low, high) for _ in range(count)]
    return {"random": found, "sorted": sorted(found), "repeated": [found[at % 1000] for at in range(count)]}


def orders(sym: str, index: str, *batches: str) -> dict[str, float]:
    """Look-ups a second, by order of addresses and size of batches; and the frames of some."""
    import numpy as np

    from symbolicate._native import SymbolFile

    file = SymbolFile.open_or_build(sym, index)
    result: dict[str, float] = {}
    for batch in map(int, batches):
        # One at a time takes longer.
        count = max(batch, 20_000 if batch == 1 else 200_000)
        for name, places in in_orders(sym, count).items():
            parts = np.array_split(np.array(places, dtype=np.uint64), count // batch)
            file.lookup(parts[0])

            def work(parts: list[object] = parts) -> None:  # type: ignore[assignment]
                for part in parts:
                    file.lookup(part)  # type: ignore[arg-type]

            result[f"{name} {batch}"] = count / cpu_of(work)[0]
    counted = np.array(in_orders(sym, 20_000)["random"], dtype=np.uint64)
    result["frames"] = len(file.lookup(counted).line)
    return result


def symbolic_orders(sym: str) -> dict[str, float]:
    """The same in Sentry's symbolic, one by one."""
    from symbolic.debuginfo import Archive  # type: ignore[import-not-found]

    archive = Archive.open(sym)
    cache = next(iter(archive.iter_objects())).make_symcache()
    result: dict[str, float] = {}
    for name, places in in_orders(sym, 20_000).items():
        spent, frames = cpu_of(lambda places=places: sum(len(cache.lookup(place)) for place in places))
        result[name] = len(places) / spent
        if name == "random":
            result["frames"] = float(frames)  # type: ignore[arg-type]
    return result


def dump(path: str, symbols: str, store: str, repeat: str) -> dict[str, float]:
    """One dump to JSON with warm symbols."""
    from symbolicate import SymbolStore
    from symbolicate.engine import Session

    data = Path(path).read_bytes()
    session = Session(SymbolStore(store, sources=[symbols]))
    size = len(session.report_json(data))
    times = [cpu_of(session.report_json, data)[0] for _ in range(int(repeat))]
    return {"cpu": statistics.median(times), "json": size}


def small_dumps(listed: str, symbols: str, store: str, repeat: str) -> dict[str, object]:
    """All dumps of a list, one after the other on one thread, with their symbols loaded; and what they say."""
    from symbolicate import SymbolStore
    from symbolicate.engine import Session

    paths = Path(listed).read_text().splitlines()
    session = Session(SymbolStore(store, sources=[symbols]), jobs=1)

    def work() -> list[bytes]:
        return [session.report_json(path) for path in paths]

    answers = []
    for text in work():
        report = json.loads(text)
        frames = (report.get("crashing_thread") or {}).get("frames") or []
        answers.append({"reason": report["crash_info"]["type"], "frames": [frame["offset"] for frame in frames]})
    times = [cpu_of(work)[0] for _ in range(int(repeat))]
    return {"cpu": statistics.median(times), "answers": answers}


def symbolic(sym: str, count: str) -> dict[str, float]:
    """The same file and look-ups in Sentry's symbolic."""
    import random

    from symbolic.debuginfo import Archive  # type: ignore[import-not-found]

    def build() -> object:
        return next(iter(Archive.open(sym).iter_objects())).make_symcache()

    before = status("RssAnon")
    cpu, cache = cpu_of(build)
    low, high = address_range(sym)
    rng = random.Random(1)  # noqa: S311
    addresses = [rng.randrange(low, high) for _ in range(int(count))]

    def look() -> int:
        return sum(len(list(cache.lookup(a))) for a in addresses)  # type: ignore[attr-defined]

    spent, frames = cpu_of(look)
    return {
        "cpu": cpu,
        "private": max(status("VmHWM") - status("RssFile"), 0) - before,
        "per_second": int(count) / spent,
        "frames": float(frames),  # type: ignore[arg-type]
    }


def siggen(stacks: str) -> dict[str, float]:
    """Socorro's signatures of stacks, and its normalising of their functions."""
    from siggen.generator import SignatureGenerator  # type: ignore[import-not-found]
    from siggen.rules import CSignatureTool  # type: ignore[import-not-found]

    lines = [json.loads(line) for line in Path(stacks).read_text().splitlines()]
    crashes = [
        {
            "os": "Windows NT",
            "crashing_thread": 0,
            "threads": [{"frames": [{"frame": i, "function": f, "module": "app.exe"} for i, f in enumerate(stack)]}],
        }
        for stack in lines
    ]
    generator, tool = SignatureGenerator(), CSignatureTool()
    functions = [function for stack in lines for function in stack]
    named, _ = cpu_of(lambda: [generator.generate(crash) for crash in crashes])
    normalised, _ = cpu_of(lambda: [tool.normalize_cpp_function(function, None) for function in functions])
    return {"per_second": len(crashes) / named, "functions_per_second": len(functions) / normalised}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
