"""Writes the code tables of this crate (`../src/codes/*.tsv`) from the headers that define them.

    python3 generate.py --windows-sys DIR --minidump-common DIR --mingw DIR --siginfo FILE

`--windows-sys`      the unpacked crate `windows-sys` (0.61.2 was used): generated from the Windows SDK's metadata, it has
                     nearly every name of `ntstatus.h`, `winerror.h` and the fast-fail codes of `winnt.h`.
`--minidump-common`  the unpacked crate `minidump-common` (0.27.0 was used): the names of a newer SDK (10.0.26100). Where it
                     names a number its name is used, so that reports of both programs agree.
`--mingw`            an include folder of mingw-w64 (Debian package `mingw-w64-common`, 10.0): its `ntstatus.h` and
                     `winerror.h` have the order of the published lists, in which the usual one of several names for a
                     number comes first.
`--siginfo`          Linux' `asm-generic/siginfo.h` (Debian package `linux-libc-dev`).

Mach constants are few and rarely change; they are written by hand in `src/reason/mach_codes.rs` and its neighbours.

A table has lines of `hex number TAB name`, sorted by number, with one name per number; the program searches the text.
Numbers and names are facts; nothing else is taken from the sources.
"""

import argparse
import re
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "src" / "codes"

# Too new for the siginfo.h of the Debian release used: Linux 6.6, x86 shadow stacks.
NEW_SI_CODES = [("SEGV_CPERR", 10)]


def windows_constants(crate):
    """All `pub const NAME: TYPE = INTEGER` of windows-sys, as (name, type, value)."""
    pattern = re.compile(r"^pub const (\w+): ([\w:]+) = (0x[0-9A-Fa-f]+|-?\d+)(?:_?[iu]32)?(?: as _)?;", re.M)
    for file in sorted((crate / "src").rglob("mod.rs")):
        for name, kind, value in pattern.findall(file.read_text(encoding="utf-8")):
            yield name, kind.rsplit("::", 1)[-1], int(value, 0) & 0xFFFFFFFF


def enum_names(crate, enum):
    """Number -> name of one enum of minidump-common."""
    text = (crate / "src" / "errors" / "windows.rs").read_text(encoding="utf-8")
    body = re.search(r"pub enum %s \{(.*?)\n\}" % enum, text, re.S).group(1)
    pairs = re.findall(r"^\s+(\w+) = (0x[0-9a-fA-F]+|\d+)(?:u32)?,", body, re.M)
    return {int(value, 0): name for name, value in pairs}


def header_order(include):
    """Name -> place, over `ntstatus.h` and `winerror.h` of mingw-w64."""
    names = []
    for file in ("ntstatus.h", "winerror.h"):
        text = (include / file).read_text(encoding="utf-8", errors="replace")
        names += re.findall(r"^\s*#\s*define\s+(\w+)\s", text, re.M)
    order = {}
    for place, name in enumerate(names):
        order.setdefault(name, place)
    return order


def choose(pairs, order, newer=None):
    """One name per number: the newer SDK's, else the first of the published list, else the shortest."""
    by_number = {}
    for name, number in pairs:
        by_number.setdefault(number, set()).add(name)
    chosen = {n: min(names, key=lambda s: (order.get(s, 1 << 30), len(s), s)) for n, names in by_number.items()}
    chosen.update(newer or {})
    return sorted(chosen.items())


def write(name, rows):
    OUT.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{number:x}\t{label}\n" for number, label in rows)
    (OUT / f"{name}.tsv").write_text(text, encoding="ascii")
    print(f"{name}: {len(rows)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--windows-sys", type=Path, required=True)
    parser.add_argument("--minidump-common", type=Path, required=True)
    parser.add_argument("--mingw", type=Path, required=True)
    parser.add_argument("--siginfo", type=Path, required=True)
    options = parser.parse_args()

    order = header_order(options.mingw)
    constants = list(windows_constants(options.windows_sys))

    # IO_*, MCA_* and HIDP_* are of the type too but name entries of event logs and drivers, not statuses of a crash.
    status = re.compile(r"STATUS_|RPC_NT_|DBG_|EPT_NT_")
    statuses = [(n, v) for n, kind, v in constants if kind == "NTSTATUS" and status.match(n)]
    write("ntstatus", choose(statuses, order, enum_names(options.minidump_common, "NtStatusWindows")))

    errors = [
        (n, v)
        for n, kind, v in constants
        if kind in ("WIN32_ERROR", "RPC_STATUS") and re.match(r"(ERROR|RPC_[ESX])_", n) and v < 0x10000
    ]
    write("winerror", choose(errors, order, enum_names(options.minidump_common, "WinErrorWindows")))

    # Facility 7 wraps Win32 errors; besides the few classics (E_ACCESSDENIED) its names are of single interfaces.
    failing = [(n, v) for n, kind, v in constants if kind == "HRESULT" and v >> 31]
    hresults = [(n, v) for n, v in failing if v >> 16 != 0x8007 or n in order]
    write("hresult", choose(hresults, order))
    write("facility", choose(((n, v) for n, kind, v in constants if kind == "FACILITY_CODE"), order))

    newer = {v: n.removeprefix("FAST_FAIL_") for v, n in enum_names(options.minidump_common, "FastFailCode").items()}
    fails = ((n.removeprefix("FAST_FAIL_"), v) for n, _, v in constants if n.startswith("FAST_FAIL_"))
    write("fastfail", choose(fails, {}, newer))

    text = options.siginfo.read_text(encoding="utf-8")
    codes = re.findall(r"^#\s*define\s+((?:ILL|FPE|SEGV|BUS|TRAP|CLD|POLL|SYS)_[A-Z_]+)\s+(\d+)\s", text, re.M)
    codes = [(name, int(value)) for name, value in codes] + NEW_SI_CODES
    (OUT / "si_code.tsv").write_text("".join(f"{value:x}\t{name}\n" for name, value in codes), encoding="ascii")
    print(f"si_code: {len(codes)}")


if __name__ == "__main__":
    main()
