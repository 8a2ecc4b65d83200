"""Does another reader understand the dumps? Runs rust-minidump's minidump-stackwalk and compares its stacks with the truth.

usage: check_peer.py MINIDUMP_STACKWALK SYMBOLS DUMP…

A difference is not always a fault of the dump: the peer has faults of its own. It is a place to look at.
"""

import json
import pathlib
import subprocess
import sys

import truth

ALIAS = {"raise": "gsignal", "__GI_raise": "gsignal"}


def name(f):
    b = truth.base(f)
    b = ALIAS.get(b, b)
    return b.removeprefix("__GI_").lstrip("_") if b else b


def walk(tool, symbols, dump):
    r = subprocess.run([tool, "--json", "--symbols-path", symbols, str(dump)], capture_output=True, text=True)
    return json.loads(r.stdout) if r.returncode == 0 else None, r.stderr


def flat(thread):
    out = []
    for f in thread["frames"]:
        out += [(f["offset"], name(i["function"]), "inline") for i in f.get("inlines") or []]
        out.append((f["offset"], name(f["function"]), f["trust"]))
    return out


def main():
    tool, symbols, *dumps = sys.argv[1:]
    good = 0
    for dump in map(pathlib.Path, dumps):
        report, error = walk(tool, symbols, dump)
        if report is None:
            print(dump.stem, "NOT READ:", error.strip().splitlines()[-1:])
            continue
        ci = report["crash_info"]
        i = ci.get("crashing_thread")
        got = flat(report["threads"][i]) if i is not None and i < len(report["threads"]) else []
        path = dump.with_suffix(".truth.json")
        if not path.exists():
            print(dump.stem, ci.get("type"), ci.get("address"), [g[1] for g in got[:6]])
            continue
        want = [name(f["func"]) for f in json.loads(path.read_text())["crashed_thread"]]
        same = 0
        while same < min(len(want), len(got)) and want[same] == got[same][1]:
            same += 1
        good += same == len(want)
        print(f"{dump.stem:32} {ci.get('type')} {ci.get('address')} truth {len(want)} same {same} peer {len(got)}")
        if same < len(want):
            print("    truth", want[same : same + 3], "peer", [g[1:] for g in got[same : same + 3]])
    print(f"{good} of {len(dumps)} walked to the end of the truth by the peer")


main()
