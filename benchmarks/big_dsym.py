"""Make a dSYM of 100 MB and more from generated C++, as deterministic as the compiler.

usage: big_dsym.py FOLDER [--units N] [--copies N]

Needs clang, ld64.lld, dsymutil (LLVM 19) and about a minute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generated_cpp import LLVM, command, compiled, run

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = ("clang++", "ld64.lld", "dsymutil")
"""What it is made with."""

MAIN = """\
extern "C" int seed(int x) { return x; }
extern "C" int main() { return seed(0); }
"""


def make(folder: Path, units: int, copies: int) -> Path:
    """Build it, unless it is there. The file inside the bundle."""
    bundle = folder / "big.dSYM"
    made = bundle / "Contents" / "Resources" / "DWARF" / "big"
    if made.exists():
        return made
    flags = ["--target=arm64-apple-macos11", "-std=c++17", "-g", "-O1", "-fno-exceptions", "-fno-rtti", "-nostdlibinc"]
    flags += ["-fno-stack-protector", "-fdebug-compilation-dir=/src", f"-ffile-prefix-map={folder}=/src"]

    objects = compiled(folder, MAIN, flags, ".o", units, copies)
    (folder / "libSystem.tbd").write_text(
        "--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-macos ]\ninstall-name: '/usr/lib/libSystem.B.dylib'\n"
        "exports:\n  - targets: [ arm64-macos ]\n    symbols: [ dyld_stub_binder, _memset, _memcpy, ___cxa_atexit,"
        " __ZdlPv, __ZdlPvm, ___cxa_pure_virtual, _bzero, ___cxa_guard_acquire, ___cxa_guard_release ]\n...\n"
    )
    link = [LLVM / "ld64.lld", "-arch", "arm64", "-platform_version", "macos", "11.0", "13.0", "-oso_prefix", folder]
    run(*link, "-e", "_main", folder / "libSystem.tbd", *objects, "-o", folder / "big")
    run(LLVM / "dsymutil", f"--oso-prepend-path={folder}", folder / "big", "-o", bundle)
    for made_object in objects:
        made_object.unlink()
    return made


if __name__ == "__main__":
    command(__doc__, make, units=4, copies=60)
