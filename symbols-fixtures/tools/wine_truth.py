"""Truth from what crash.exe printed: the system's unwinder, checked against the return addresses the functions noted.

usage: wine_truth.py OUTPUT.txt DUMP OUT.truth.json PE…      names by llvm-symbolizer for the given images only
"""

import json
import os
import subprocess
import sys

import truth
from image import Pe
from minidump_reader import Reader


def main():
    text, dump, out, *images = sys.argv[1:]
    with open(text) as f:
        rows = [line.split() for line in f]
    with open(dump, "rb") as f:
        reader = Reader(f.read())
    places = [int(r[1], 16) for r in rows if r[0] == "unwound"]
    noted = [int(r[1], 16) for r in rows if r[0] == "noted"]
    rest = iter(places)
    assert all(n in rest for n in noted), "the unwinder and the program disagree"
    ours = {os.path.basename(p): p for p in images}
    spans = [(base, size, name, ours.get(name.split("\\")[-1])) for base, size, name, _ in reader.modules()]
    frames = []
    for i, pc in enumerate(places):
        base, path = next(((b, p) for b, s, _, p in spans if b <= pc < b + s), (0, None))
        if path is None:
            frames.append(truth.frame(pc, None))
            continue
        look_up = pc - base + Pe(path).base - (i > 0)
        got = subprocess.run(["llvm-symbolizer-19", f"--obj={path}", "--output-style=JSON", "--inlines", f"{look_up:#x}"], capture_output=True, text=True, check=True)
        symbols = json.loads(got.stdout)[0]["Symbol"]
        for k, s in enumerate(symbols):
            frames.append(truth.frame(pc, s["FunctionName"], s["FileName"], s["Line"], k < len(symbols) - 1))
    modules = [dict(name=n, base=f"{b:#x}", size=s) for b, s, n, p in spans if p]
    stack = dict(tid=reader.crashed_thread(), name=None, crashed=True, frames=frames)
    truth.write(out, "RtlVirtualUnwind in the crashing program, checked against return addresses its functions noted", [stack], modules)


main()
