"""Make a PDB of 100 MB and more, with its DLL, from generated C++, as deterministic as the compiler.

usage: big_pdb.py FOLDER [--units N] [--copies N]

Needs clang and lld-link (LLVM 19) and some minutes: types are shared between copies of an object file, so that a file with
as many types as a real one needs units of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generated_cpp import LLVM, command, compiled, run

if TYPE_CHECKING:
    from pathlib import Path

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
    flags = ["--target=x86_64-pc-windows-msvc", "-std=c++17", "-g", "-gcodeview", "-O1", "-fno-exceptions", "-fno-rtti"]
    flags += ["-nostdinc", "-fno-threadsafe-statics", "-fno-stack-protector", "-Xclang", "-fno-builtin"]
    # Many functions of a usual size, and not a large one in each unit.
    flags += ["-DAPART=__attribute__((noinline))", "-fdebug-compilation-dir=/src", f"-ffile-prefix-map={folder}=/src"]

    objects = compiled(folder, MAIN, flags, ".obj", units, copies)
    link = [LLVM / "lld-link", "/dll", "/nologo", "/nodefaultlib", "/debug", "/opt:noref,noicf", "/brepro", "/noimplib"]
    run(*link, f"/out:{folder / 'big.dll'}", f"/pdb:{made}", "/pdbaltpath:big.pdb", *objects)
    for made_object in objects:
        made_object.unlink()
    return made


if __name__ == "__main__":
    command(__doc__, make, units=20, copies=14)
