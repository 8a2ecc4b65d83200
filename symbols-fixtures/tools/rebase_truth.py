"""Truth for a dump that a real client wrote of the same program failing in the same way as one that gdb captured.

usage: rebase_truth.py CLIENT.dmp GDB.truth.json OUT.truth.json

Only the crashed thread: gdb's frames, each moved to where its module (by build id) lies in the client's dump.
"""

import json
import sys

import truth
from minidump_reader import Reader


def build_id(cv):
    return cv[4:].hex() if cv[:4] == b"LEpB" else None


def main():
    dump, known, out = sys.argv[1:]
    with open(dump, "rb") as f:
        reader = Reader(f.read())
    with open(known) as f:
        t = json.load(f)
    here = {}
    for base, size, name, cv in reader.modules():
        here.setdefault(build_id(cv), (base, size, name))
    spans = [(int(m["base"], 0), m["size"], m["build_id"]) for m in t["modules"]]
    frames, used = [], {}
    for frame in t["crashed_thread"]:
        pc = int(frame["addr"], 0)
        for base, size, ident in spans:
            if base <= pc < base + size:
                # A module that the client left out of its list (a vDSO) is nowhere to be moved to.
                if ident in here:
                    used[ident] = here[ident]
                    frame["addr"] = f"{pc - base + here[ident][0]:#x}"
                else:
                    frame["addr"] = None
        frames.append(frame)
    stack = dict(tid=reader.crashed_thread(), name=None, crashed=True, frames=frames)
    modules = [dict(name=n, base=f"{b:#x}", size=s, build_id=i) for i, (b, s, n) in used.items()]
    truth.write(out, "gdb, on the same program failing in the same way; addresses moved by module", [stack], modules)


main()
