"""PDBs of the fixtures, made so large that they are read in part, and dumps with their modules."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from places import FIXTURES
from stack_dump import stack_dump
from symbolicate._native import debug_files
from symbolicate.symbols.fetching.pdb_in_part import LARGE

__all__ = ["BASE", "FOLDERS", "Pdb", "pdb"]

BASE = 0x40_0000
SIZE = 0x8000
FOLDERS = ("x64", "x64-publics", "x86")


class Pdb(NamedTuple):
    """A PDB of the fixtures, made large."""

    debug_id: str
    data: bytes
    is_x86: bool

    @property
    def path(self) -> tuple[str, ...]:
        return ("gauge.pdb", self.debug_id, "gauge.pdb")

    def dump(self, rva: int, words: list[int]) -> bytes:
        return stack_dump("gauge.pdb", self.debug_id, BASE, SIZE, rva, words, is_x86=self.is_x86)


@cache
def pdb(folder: str) -> Pdb:
    path = FIXTURES / "windows" / folder / "gauge.pdb"
    [build] = debug_files(path)
    assert build.debug_id is not None
    # Bytes after the last page belong to no stream.
    return Pdb(build.debug_id, path.read_bytes().ljust(LARGE + 1, b"\xa5"), build.arch == "x86")
