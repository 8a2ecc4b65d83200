"""Make a dSYM of 100 MB and more from generated C++, as deterministic as the compiler.

usage: big_dsym.py FOLDER [--units N] [--copies N]

Needs clang, ld64.lld, dsymutil (LLVM 19) and about a minute.
"""

from __future__ import annotations

import argparse
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from generated_cpp import HEADER, LLVM, run, source

TOOLS = ("clang++", "ld64.lld", "dsymutil")
"""What it is made with."""


def make(folder: Path, units: int, copies: int) -> Path:
    """Build it, unless it is there. The file inside the bundle."""
    bundle = folder / "big.dSYM"
    made = bundle / "Contents" / "Resources" / "DWARF" / "big"
    if made.exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "generic.h").write_text(HEADER)
    (folder / "main.cpp").write_text(
        'extern "C" int seed(int x) { return x; }\nextern "C" int main() { return seed(0); }\n'
    )
    flags = ["--target=arm64-apple-macos11", "-std=c++17", "-g", "-O1", "-fno-exceptions", "-fno-rtti", "-nostdlibinc"]
    flags += ["-fno-stack-protector", "-fdebug-compilation-dir=/src", f"-ffile-prefix-map={folder}=/src"]

    def compile_unit(unit: int) -> Path:
        text = folder / f"unit{unit}.cpp"
        text.write_text(source(unit))
        made = text.with_suffix(".o")
        run(LLVM / "clang++", *flags, "-c", text, "-o", made)
        return made

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_unit, range(units)))
    run(LLVM / "clang++", *flags, "-c", folder / "main.cpp", "-o", folder / "main.o")
    for copy in range(1, copies):
        for made_object in objects[:units]:
            shutil.copy(made_object, made_object.with_name(f"{made_object.stem}-{copy}.o"))
            objects.append(made_object.with_name(f"{made_object.stem}-{copy}.o"))
    (folder / "libSystem.tbd").write_text(
        "--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-macos ]\ninstall-name: '/usr/lib/libSystem.B.dylib'\n"
        "exports:\n  - targets: [ arm64-macos ]\n    symbols: [ dyld_stub_binder, _memset, _memcpy, ___cxa_atexit,"
        " __ZdlPv, __ZdlPvm, ___cxa_pure_virtual, _bzero, ___cxa_guard_acquire, ___cxa_guard_release ]\n...\n"
    )
    link = [LLVM / "ld64.lld", "-arch", "arm64", "-platform_version", "macos", "11.0", "13.0", "-oso_prefix", folder]
    run(*link, "-e", "_main", folder / "libSystem.tbd", folder / "main.o", *objects, "-o", folder / "big")
    run(LLVM / "dsymutil", f"--oso-prepend-path={folder}", folder / "big", "-o", bundle)
    for made_object in objects:
        made_object.unlink()
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--units", type=int, default=4)
    parser.add_argument("--copies", type=int, default=60)
    arguments = parser.parse_args()
    made = make(arguments.folder.resolve(), arguments.units, arguments.copies)
    print(made, made.stat().st_size)


if __name__ == "__main__":
    main()
