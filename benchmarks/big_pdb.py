"""Make a PDB of 100 MB and more, with its DLL, from generated C++, as deterministic as the compiler.

usage: big_pdb.py FOLDER [--units N] [--copies N]

Needs clang and lld-link (LLVM 19) and some minutes: types are shared between copies of an object file, so that a file with
as many types as a real one needs units of their own.
"""

from __future__ import annotations

import argparse
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from generated_cpp import HEADER, LLVM, run, source

TOOLS = ("clang++", "lld-link")
"""What it is made with."""

MAIN = """\
extern "C" int _fltused = 0;
extern "C" int seed(int x) { return x; }
extern "C" void* memset(void* to, int value, unsigned long long count) {
  for (unsigned long long i = 0; i < count; i++) ((volatile char*)to)[i] = (char)value;
  return to;
}
extern "C" void* memcpy(void* to, const void* from, unsigned long long count) {
  for (unsigned long long i = 0; i < count; i++) ((volatile char*)to)[i] = ((const char*)from)[i];
  return to;
}
extern "C" int atexit(void (*)()) { return 0; }
extern "C" int _purecall() { return 0; }
void operator delete(void*, unsigned long long) {}
void operator delete(void*) {}
extern "C" int _DllMainCRTStartup(void*, unsigned, void*) { return seed(1); }
"""


def make(folder: Path, units: int, copies: int) -> Path:
    """Build it, unless it is there. The path of the PDB; the DLL is beside it."""
    made = folder / "big.pdb"
    if made.exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "generic.h").write_text(HEADER)
    (folder / "main.cpp").write_text(MAIN)
    flags = ["--target=x86_64-pc-windows-msvc", "-std=c++17", "-g", "-gcodeview", "-O1", "-fno-exceptions", "-fno-rtti"]
    flags += ["-nostdinc", "-fno-threadsafe-statics", "-fno-stack-protector", "-Xclang", "-fno-builtin"]
    # Many functions of a usual size, and not a large one in each unit.
    flags += ["-DAPART=__attribute__((noinline))", "-fdebug-compilation-dir=/src", f"-ffile-prefix-map={folder}=/src"]

    def compile_unit(unit: int) -> Path:
        text = folder / f"unit{unit}.cpp"
        text.write_text(source(unit))
        made = text.with_suffix(".obj")
        run(LLVM / "clang++", *flags, "-c", text, "-o", made)
        return made

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_unit, range(units)))
    run(LLVM / "clang++", *flags, "-c", folder / "main.cpp", "-o", folder / "main.obj")
    for copy in range(1, copies):
        for made_object in objects[:units]:
            shutil.copy(made_object, made_object.with_name(f"{made_object.stem}-{copy}.obj"))
            objects.append(made_object.with_name(f"{made_object.stem}-{copy}.obj"))
    link = [LLVM / "lld-link", "/dll", "/nologo", "/nodefaultlib", "/debug", "/opt:noref,noicf", "/brepro", "/noimplib"]
    run(*link, f"/out:{folder / 'big.dll'}", f"/pdb:{made}", "/pdbaltpath:big.pdb", folder / "main.obj", *objects)
    for made_object in objects:
        made_object.unlink()
    return made


def main() -> None:
    """Make one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--units", type=int, default=20)
    parser.add_argument("--copies", type=int, default=14)
    arguments = parser.parse_args()
    made = make(arguments.folder.resolve(), arguments.units, arguments.copies)
    print(made, made.stat().st_size)


if __name__ == "__main__":
    main()
