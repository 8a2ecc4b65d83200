"""Make a dSYM of 100 MB and more from generated C++, as deterministic as the compiler.

usage: big_dsym.py FOLDER [--units N] [--copies N]

Needs clang, ld64.lld, dsymutil (LLVM 19) and about a minute. Everything has internal linkage, so that an object file can
be linked several times over: the copies have code, lines and inlined calls of their own, as different source files have.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LLVM = Path("/usr/lib/llvm-19/bin")
TOOLS = ("clang++", "ld64.lld", "dsymutil")
"""What it is made with."""
TYPES = 60

HEADER = """\
#pragma once
namespace {
template <class T> struct Box { T value; T get() const { return value; } void put(T v) { value = v; } };
template <class T, int N> struct Ring {
  Box<T> slots[N]; int at = 0;
  inline T& next() { at = (at + 1) % N; return slots[at].value; }
  inline void push(T v) { next() = v; slots[(at + 3) % N].put(v); }
  inline T sum() const { T r = T(); for (int i = 0; i < N; i++) r = r + slots[i].get(); return r; }
};
template <class K, class V> struct Table {
  struct Node { K key; V value; Node* next; };
  Node* heads[16]; Node pool[64]; int used = 0;
  inline unsigned place(K k) const { return (unsigned)(k * 2654435761u) & 15; }
  Node* find(K k) { for (Node* n = heads[place(k)]; n; n = n->next) if (n->key == k) return n; return nullptr; }
  V& operator[](K k) {
    if (Node* n = find(k)) return n->value;
    Node& n = pool[used++ & 63]; n.key = k; n.next = heads[place(k)]; heads[place(k)] = &n; return n.value;
  }
  template <class F> void each(F f) { for (auto* h : heads) for (Node* n = h; n; n = n->next) f(n->key, n->value); }
};
template <class T, class L> void order(T* first, T* last, L less) {
  for (T* i = first; i < last; i++) for (T* j = i; j > first && less(*j, j[-1]); j--) { T t = *j; *j = j[-1]; j[-1] = t; }
}
}
"""


def source(unit: int) -> str:
    """One translation unit."""
    parts = [f'#include "generic.h"\nextern "C" int seed(int);\nnamespace {{ namespace unit{unit} {{\n']
    parts.extend(
        f"""struct Shape{t} {{
  int a; double weights[{t % 5 + 2}]; Shape{t}* link; Ring<int, {t % 7 + 3}> ring; Table<unsigned, long> table;
  virtual int area(int x) {{ return x * {t + 2} + a; }}
  virtual ~Shape{t}() {{}}
  int visit(int x) {{ ring.push(x); table[(unsigned)x] += ring.sum(); if (link && x > {t}) return link->visit(x - 1); return area(x); }}
}};
template <int N, class T> inline int fold{t}(T& t, int x) {{
  if constexpr (N == 0) return t.visit(x); else {{ t.ring.push(x + N); return fold{t}<N - 1, T>(t, x * {t + 3} + N) + (int)t.table[(unsigned)x]; }}
}}
int work{t}(Shape{t}* s, int n) {{
  int r = 0;
  for (int i = 0; i < n; i++) {{
    r += fold{t}<6>(s[i], r);
    order(s[i].weights, s[i].weights + {t % 5 + 2}, [r](double a, double b) {{ return a * r < b; }});
    s[i].table.each([&](unsigned k, long& v) {{ v += k; r ^= (int)v; }});
  }}
  return r;
}}
"""
        for t in range(TYPES)
    )
    parts.append("int all(int n) { int r = 0;\n")
    parts.extend(f"  static Shape{t} s{t}[4]; r += work{t}(s{t}, n & 3);\n" for t in range(TYPES))
    parts.append(f"  return r; }}\n__attribute__((constructor)) void run() {{ seed(all(seed({unit}))); }}\n}}}}\n")
    return "".join(parts)


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, env={**os.environ, "SOURCE_DATE_EPOCH": "0"})


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
