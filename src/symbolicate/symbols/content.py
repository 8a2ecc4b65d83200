"""How much a symbol file describes, by which one of several files of a module is chosen."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["FUNCTIONS", "LINES", "Content", "rank"]

Content = Literal["", "unwind rules", "exports", "symbol table", "functions", "lines"]
"""What a file has at best, from little to much, as `SymbolFile.content` says; native: `symbols::index::Content`."""

_ORDER: tuple[str, ...] = get_args(Content)


def rank(content: str) -> int:
    """A number that is larger for more; of two files of a module that with the larger number is used."""
    return _ORDER.index(content)


LINES = rank("lines")
"""The rank of files with source lines: there is nothing better to look for."""
FUNCTIONS = rank("functions")
"""The most that a file without debug information has: the public symbols of a PDB may say where functions end."""
