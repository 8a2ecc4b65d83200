"""C++ for big debug files: classes, templates and inlined calls, as deterministic as the compiler.

Everything has internal linkage, so that an object file can be linked several times over: the copies have code, lines and
inlined calls of their own, as different source files have.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LLVM = Path("/usr/lib/llvm-19/bin")
"""Where the compiler and the linkers are."""
TYPES = 60
"""Classes in a translation unit."""

HEADER = """\
#pragma once
#ifndef APART
#define APART
#endif
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
APART int work{t}(Shape{t}* s, int n) {{
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


def missing(tools: tuple[str, ...]) -> str:
    """Those of these tools that are not installed; empty if all are."""
    return ", ".join(tool for tool in tools if not (LLVM / tool).exists())


def run(*command: str | Path) -> None:
    """Run a compiler or linker."""
    subprocess.run([str(part) for part in command], check=True, env={**os.environ, "SOURCE_DATE_EPOCH": "0"})


def compiled(folder: Path, main: str, flags: list[str], suffix: str, units: int, copies: int) -> list[Path]:
    """The object files of the text `main` and of some units, of which each is there several times over."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "generic.h").write_text(HEADER)

    def compile_text(name: str, text: str) -> Path:
        path = folder / f"{name}.cpp"
        path.write_text(text)
        made = path.with_suffix(suffix)
        run(LLVM / "clang++", *flags, "-c", path, "-o", made)
        return made

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = list(pool.map(lambda unit: compile_text(f"unit{unit}", source(unit)), range(units)))
    objects = [compile_text("main", main), *made]
    for copy in range(1, copies):
        for path in made:
            objects.append(path.with_name(f"{path.stem}-{copy}{suffix}"))
            shutil.copy(path, objects[-1])
    return objects


def command(document: str | None, make: Callable[[Path, int, int], Path], *, units: int, copies: int) -> None:
    """The command line of a script that makes a file: a folder, and other numbers of units and of copies."""
    parser = argparse.ArgumentParser(description=(document or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--units", type=int, default=units)
    parser.add_argument("--copies", type=int, default=copies)
    arguments = parser.parse_args()
    made = make(arguments.folder.resolve(), arguments.units, arguments.copies)
    print(made, made.stat().st_size)
