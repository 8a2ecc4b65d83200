"""What Mozilla's Eliot does for a request, with `symbolic` from PyPI; run by its own Python.

usage: symbolication_peer.py SYM REQUEST

Prints CPU seconds of a request without and with a cached symcache, and the function and line of each frame.
"""

from __future__ import annotations

import io
import json
import sys
import time
from typing import Any

from symbolic import Archive, SymCache


def answer(cache: SymCache, request: Any) -> tuple[str, list[list[Any]]]:
    """The body of the answer, and function and line of each frame."""
    module = request["jobs"][0]["memoryMap"][0][0]
    stack = []
    for number, (_, offset) in enumerate(request["jobs"][0]["stacks"][0]):
        frame = {"frame": number, "module": module, "module_offset": hex(offset)}
        stack.append(frame)
        found = cache.lookup(offset)
        if not found:
            continue
        *inlined, outer = found
        frame["function"] = outer.symbol
        frame["function_offset"] = hex(offset - outer.sym_addr)
        if outer.full_path:
            frame["file"] = outer.full_path
            if outer.line:
                frame["line"] = outer.line
        if inlined:
            frame["inlines"] = [{"function": one.symbol, "file": one.full_path, "line": one.line} for one in inlined]
    text = json.dumps({"results": [{"stacks": [stack], "found_modules": {}}]})
    return text, [[frame.get("function"), frame.get("line")] for frame in stack]


def main() -> None:
    """Measure and print."""
    sym, request_path = sys.argv[1:]
    with open(request_path, "rb") as stream:
        body = stream.read()
    began = time.process_time()
    with open(sym, "rb") as stream:
        content = stream.read()
    archive = Archive.from_bytes(content)  # both must live as long as what is made of them
    made = next(archive.iter_objects()).make_symcache()
    stored = io.BytesIO()
    made.dump_into(stored)
    answer(made, json.loads(body))
    cold = time.process_time() - began
    kept = stored.getvalue()
    warm = []
    for _ in range(3):
        began = time.process_time()
        _, functions = answer(SymCache.from_bytes(kept), json.loads(body))
        warm.append(time.process_time() - began)
    print(json.dumps({"cold": cold, "warm": sorted(warm)[1], "functions": functions}))


main()
