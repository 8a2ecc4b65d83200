"""Cut a Breakpad symbol file down to the places where the stacks of some dumps go through it.

usage: trim_sym.py FULL.sym OUT.sym MODULE-NAME TRUTH.json…

A frame keeps the FUNC around it (with its lines and inlines), the PUBLIC it would be named by, and its STACK CFI.
"""

import bisect
import json
import sys

import truth


def wanted(module, paths):
    """Module-relative addresses, of the instruction for a crashed frame and of the call for the others."""
    out = set()
    for path in paths:
        with open(path) as f:
            t = json.load(f)
        spans = [(int(m["base"], 0), int(m["base"], 0) + m["size"]) for m in t["modules"] if m["name"].split("/")[-1] == module]
        for frames in truth.stacks(t):
            for frame in frames:
                pc = int(frame["addr"], 0)
                out.update(at - lo for lo, hi in spans if lo <= pc < hi for at in (pc, pc - 1))
    return sorted(out)


def hits(places, start, size):
    i = bisect.bisect_left(places, start)
    return i < len(places) and places[i] < start + size


def trim(lines, places):
    files, origins, publics, body, cfi = {}, {}, [], [], []
    used_files, used_origins = set(), set()
    keep_func = keep_cfi = False
    head = []
    for line in lines:
        part = line.split(" ")
        kind = part[0]
        if kind in ("MODULE", "INFO"):
            head.append(line)
        elif kind == "FILE":
            files[part[1]] = line
        elif kind == "INLINE_ORIGIN":
            origins[part[1]] = line
        elif kind == "FUNC":
            rest = part[2:] if part[1] == "m" else part[1:]
            keep_func = hits(places, int(rest[0], 16), int(rest[1], 16))
            if keep_func:
                body.append(line)
        elif kind == "PUBLIC":
            rest = part[2:] if part[1] == "m" else part[1:]
            publics.append((int(rest[0], 16), line))
        elif kind == "STACK":
            if part[2] == "INIT":
                keep_cfi = hits(places, int(part[3], 16), int(part[4], 16))
            if keep_cfi:
                cfi.append(line)
        elif kind == "INLINE":
            if keep_func:
                used_files.add(part[3])
                used_origins.add(part[4])
                body.append(line)
        elif keep_func:
            used_files.add(part[3])
            body.append(line)
    publics.sort()
    starts = [p[0] for p in publics]
    named = sorted({i for at in places if (i := bisect.bisect_right(starts, at) - 1) >= 0})
    return (
        head
        + [files[i] for i in sorted(used_files, key=int) if i in files]
        + [origins[i] for i in sorted(used_origins, key=int) if i in origins]
        + body
        + [publics[i][1] for i in named]
        + cfi
    )


def main():
    full, out, module, *paths = sys.argv[1:]
    with open(full) as f:
        lines = f.read().splitlines()
    kept = trim(lines, wanted(module, paths))
    with open(out, "w") as f:
        f.write("\n".join(kept) + "\n")
    print(f"{out}: {len(lines)} lines, {len(kept)} kept")


main()
