"""Big debug files to measure with: one of each format, made or found, or the reason why there is none."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import big_dsym
import big_pdb
from generated_cpp import missing, run

if TYPE_CHECKING:
    from pathlib import Path

MB = 1_000_000


@dataclass(frozen=True)
class BigFile:
    """A debug file.

    Attributes:
        kind: what it is.
        path: where it is.
        program: what llvm-symbolizer is given: the file, or the program that names it.
        base: the address that the linker gave its first byte.
        goals: what to reach for so many addresses.
    """

    kind: str
    path: Path
    program: Path
    base: int
    goals: dict[int, str]

    @property
    def title(self) -> str:
        """What rows call it."""
        return f"{self.kind} of {self.path.stat().st_size / MB:.0f} MB"

    def places(self, count: int) -> list[int]:
        """So many addresses with lines, relative to the module, sorted and the same each time."""
        import numpy as np

        from symbolicate._native import debug_files

        symbols, _ = debug_files(self.path)[0].open()
        chance = random.Random(1)  # noqa: S311 - places to look up, the same each time
        found: list[int] = []
        # No file has more code than bytes.
        end = self.path.stat().st_size
        while len(found) < count:
            tried = [chance.randrange(end) for _ in range(10_000)]
            looked = symbols.lookup(np.array(tried, dtype=np.uint64))
            found += [place for at, place in enumerate(tried) if any(line for *_, line in looked.frames(at)[:1])]
        return sorted(found[:count])


def dsym(work: Path, copies: int = 60) -> BigFile | str:
    """A dSYM from generated code."""
    if tools := missing(big_dsym.TOOLS):
        return f"a big dSYM: no {tools}"
    made = big_dsym.make((work / "big-dsym").resolve(), 4, copies)
    return _of("a dSYM", made, made, {30: "≤ 20 ms", 2_000: "≤ 100 ms"})


def pdb(work: Path, units: int = 20, copies: int = 14) -> BigFile | str:
    """A PDB from generated code."""
    if tools := missing(big_pdb.TOOLS):
        return f"a big PDB: no {tools}"
    made = big_pdb.make((work / "big-pdb").resolve(), units, copies)
    return _of("a PDB", made, made.with_suffix(".dll"), {30: "≤ 15 ms", 2_000: "≤ 50 ms"})


def libjvm(work: Path) -> BigFile | str:
    """The debug file of Debian's OpenJDK, with its sections unpacked."""
    from pathlib import Path

    from symbolicate._native import debug_files

    made = work / "libjvm.debug"
    if not made.exists():
        packed = sorted(Path("/usr/lib/debug/.build-id").glob("*/*.debug"), key=lambda path: path.stat().st_size)
        tool = shutil.which("objcopy")
        if not packed or packed[-1].stat().st_size < 100 * MB or tool is None:
            return "libjvm: no openjdk-17-dbg (Debian), or no objcopy"
        run(tool, "--decompress-debug-sections", packed[-1], made)
    [build] = debug_files(made)
    return BigFile("libjvm (DWARF)", made, made, build.base, {30: "≤ 30 ms", 2_000: "≤ 220 ms"})


def _of(kind: str, path: Path, program: Path, goals: dict[int, str]) -> BigFile:
    from symbolicate._native import debug_files

    return BigFile(kind, path, program, debug_files(program)[0].base, goals)
