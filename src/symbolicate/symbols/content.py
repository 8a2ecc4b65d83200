"""How much a symbol file describes, by which one of several files of a module is chosen."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

__all__ = ["FUNCTIONS", "LINES", "Content", "rank"]

Content: TypeAlias = "Literal['', 'unwind rules', 'exports', 'symbol table', 'functions', 'lines']"
"""What a file has at best, from little to much, as `SymbolFile.content` says; native: `symbols::index::Content`."""

_ORDER: tuple[str, ...] = ("", "unwind rules", "exports", "symbol table", "functions", "lines")


def rank(content: str) -> int:
    """A number that is larger for more; of two files of a module that with the larger number is used."""
    return _ORDER.index(content)


LINES = rank("lines")
"""The rank of files with source lines: there is nothing better to look for."""
FUNCTIONS = rank("functions")
"""The most that a file without debug information has: the public symbols of a PDB may say where functions end."""
