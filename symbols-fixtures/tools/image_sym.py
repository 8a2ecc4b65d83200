"""The Breakpad symbol file of a PE with its PDB or of a Mach-O with its dSYM, from what LLVM's tools say.

usage: image_sym.py IMAGE DEBUG STORE NAME [CFI.txt]

DEBUG as for image.py; NAME is the debug file (core.pdb, core). x86 gets STACK WIN from the PDB's frame data, x64 STACK CFI
from .pdata, Mach-O the STACK CFI lines of CFI.txt. Functions without unwind information stay without.
"""

import json
import os
import re
import subprocess
import sys

from image import MachO, Pe
from pe_cfi import stack_cfi

BIN = "/usr/lib/llvm-19/bin/"
ARCH = {0x8664: "x86_64", 0x14C: "x86", 0xAA64: "arm64"}


def tool(*arguments, text=None):
    return subprocess.run([BIN + arguments[0], *arguments[1:]], input=text, capture_output=True, text=True, check=True).stdout


def pdb_functions(image, pdb):
    """(rva, size) of every procedure in the PDB."""
    text = tool("llvm-pdbutil", "dump", "-symbols", pdb)
    for section, offset, size in re.findall(r"S_[GL]PROC32.*?addr = (\d+):(\d+), code size = (\d+)", text, re.S):
        yield image.sections[int(section) - 1][2] + int(offset), int(size)


def macho_functions(path, base):
    text = tool("llvm-nm", "-n", "--defined-only", path)
    starts = [int(a, 16) - base for a, kind, _ in (line.split(" ", 2) for line in text.splitlines()) if kind in "tT" and int(a, 16) > base]
    end = next(int(m[1], 16) + int(m[2], 16) for m in [re.search(r"Name: __text .*?Address: (\S+)\s+Size: (\S+)", tool("llvm-readobj", "--sections", path), re.S)])
    for start, stop in zip(starts, starts[1:] + [end - base]):
        yield start, stop - start


def stack_win(pdb):
    """Frame data as the type 4 records of the format; parameter sizes by function start come along."""
    parameters, out = {}, []
    for line in tool("llvm-pdbutil", "dump", "-fpo", pdb).splitlines():
        part = [p.strip() for p in line.split("|")]
        if len(part) != 11 or part[0] == "RVA":
            continue
        rva = int(part[0], 16)
        code, local, params, stack, prolog, saved = map(int, part[1:7])
        if part[9] == "true":
            parameters[rva] = params
        out.append(f"STACK WIN 4 {rva:x} {code:x} {prolog:x} 0 {params:x} {saved:x} {local:x} {stack:x} 1 {part[10]}")
    return parameters, out


class Writer:
    def __init__(self):
        self.files, self.origins = {}, {}

    def index(self, table, name):
        return table.setdefault(name, len(table))

    def function(self, start, size, parameters, answers):
        """FUNC, INLINE and line records; answers: (rva, step, frames innermost first) through the function."""
        out = [f"FUNC {start:x} {size:x} {parameters:x} {answers[0][2][-1]['FunctionName']}"]
        inlines, lines = {}, []
        for rva, step, frames in answers:
            path = ()
            outer = frames[::-1]
            for caller, callee in zip(outer, outer[1:]):
                path += ((caller["Line"], self.index(self.files, caller["FileName"]), self.index(self.origins, callee["FunctionName"])),)
                ranges = inlines.setdefault(path, [])
                if ranges and ranges[-1][1] == rva:
                    ranges[-1][1] = rva + step
                else:
                    ranges.append([rva, rva + step])
            place = (frames[0]["Line"], self.index(self.files, frames[0]["FileName"]))
            if lines and lines[-1][2] == place and lines[-1][1] == rva:
                lines[-1][1] = rva + step
            else:
                lines.append([rva, rva + step, place])
        for path in sorted(inlines, key=lambda p: [inlines[p[: i + 1]][0][0] for i in range(len(p))]):
            line, file, origin = path[-1]
            spans = " ".join(f"{a:x} {b - a:x}" for a, b in inlines[path])
            out.append(f"INLINE {len(path) - 1} {line} {file} {origin} {spans}")
        out += [f"{a:x} {b - a:x} {line} {file}" for a, b, (line, file) in lines if line]
        return out


def answers(debug, base, start, size, step):
    places = [(rva, min(step, start + size - rva)) for rva in range(start, start + size, step)]
    text = tool("llvm-symbolizer", f"--obj={debug}", "--output-style=JSON", "--inlines", "--demangle", text="\n".join(f"{base + r:#x}" for r, _ in places))
    rows = [json.loads(line) for line in text.splitlines()]
    rows = rows[0] if len(rows) == 1 and isinstance(rows[0], list) else [r[0] if isinstance(r, list) else r for r in rows]
    return [(rva, n, row["Symbol"]) for (rva, n), row in zip(places, rows, strict=True)]


def main():
    path, debug, store, name, *cfi = sys.argv[1:]
    with open(path, "rb") as f:
        windows = f.read(2) == b"MZ"
    image = Pe(path) if windows else MachO(path)
    cv = image.cv() if windows else image.cv(name)
    guid, age = cv[4:20], int.from_bytes(cv[20:24], "little")
    ident = (guid[3::-1] + guid[5:3:-1] + guid[7:5:-1] + guid[8:]).hex().upper() + f"{age:X}"
    if windows:
        arch, pdb = ARCH[image.machine], os.path.splitext(path)[0] + ".pdb"
        functions = sorted(pdb_functions(image, pdb))
        head = [f"MODULE windows {arch} {ident} {name}", f"INFO CODE_ID {image.timestamp:08X}{image.size:X} {os.path.basename(path)}"]
    else:
        arch = "arm64" if "arm64" in path else "x86_64"
        functions = list(macho_functions(path, image.base))
        head = [f"MODULE mac {arch} {ident} {name}", f"INFO CODE_ID {ident[:-1]}"]
    parameters, tail = stack_win(os.path.splitext(path)[0] + ".pdb") if arch == "x86" else ({}, [])
    if windows and arch == "x86_64":
        tail = stack_cfi(image)
    if cfi:
        with open(cfi[0]) as f:
            tail = [line for line in f.read().splitlines() if line.startswith("STACK")]
    writer, body = Writer(), []
    step = 4 if arch == "arm64" else 1
    for start, size in functions:
        body += writer.function(start, size, parameters.get(start, 0), answers(debug, image.base, start, size, step))
    lines = head + [f"FILE {i} {f}" for f, i in writer.files.items()] + [f"INLINE_ORIGIN {i} {n}" for n, i in writer.origins.items()] + body + tail
    out = os.path.join(store, name, ident)
    os.makedirs(out, exist_ok=True)
    sym = os.path.join(out, (name[:-4] if name.endswith(".pdb") else name) + ".sym")
    with open(sym, "w") as f:
        f.write("\n".join(lines) + "\n")
    print(sym, len(functions), "functions", len(tail), "stack records")


main()
