"""Which files are accepted as symbol files. `symbols add` refuses what `symbols check` reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.symbols import ids, names
from symbolicate.symbols.module_line import ModuleLine
from symbolicate.symbols.text_encoding import text_encoding, transcoded

if TYPE_CHECKING:
    from symbolicate._native import SymbolFile

__all__ = [
    "NO_IDENTITY",
    "WITH_LINES",
    "has_rules",
    "has_symbols",
    "identity",
    "open_in_memory",
    "record_counts",
    "refusal",
    "richness",
]

NO_IDENTITY = "no MODULE line with a debug id"
"""Why a text that does not identify its module is refused."""


def refusal(line: ModuleLine | None, opened: SymbolFile) -> str | None:
    """Why a symbol file cannot be added to a store; None if it can.

    Args:
        line: the module it names, in its head or further down (see `identity`).
        opened: the file.
    """
    if line is None:
        return NO_IDENTITY
    return None if has_symbols(opened) else "no symbol records"


def open_in_memory(path: str) -> SymbolFile:
    """Read and index a symbol file, also one in UTF-16, without a store.

    Raises:
        SymbolFileError: it cannot be read.
    """
    from symbolicate._native import SymbolFile

    encoding = text_encoding(path)
    return SymbolFile.from_text(transcoded(path, encoding)) if encoding else SymbolFile.open(path)


def identity(opened: SymbolFile) -> ModuleLine | None:
    """The module that the records of a file name, wherever they are in it; None if they do not identify a build."""
    debug_id, code_id = ids.debug_id(opened.debug_id or "") or "", (opened.code_id or "").lower()
    return ModuleLine(debug_id, names.leaf(opened.name or ""), code_id) if debug_id or code_id else None


def has_symbols(opened: SymbolFile) -> bool:
    """Whether a symbol file has records that describe addresses; names of source files alone do not."""
    return any(opened.counts[kind] for kind in ("functions", "publics", "cfi", "stack_win"))


def record_counts(opened: SymbolFile) -> dict[str, int]:
    """How many records a symbol file has of each kind that it has, each kind by one name."""
    return {kind: count for kind, count in opened.counts.items() if count and " " not in kind}


def has_rules(opened: SymbolFile | None) -> bool:
    """Whether a symbol file has rules by which stacks are unwound."""
    return opened is not None and bool(opened.counts["cfi"] or opened.counts["stack_win"])


WITH_LINES = 3
"""The `richness` of files that describe source lines, and not only functions."""


def richness(opened: SymbolFile) -> int:
    """How much a symbol file describes: source lines, functions, public symbols; to choose between files of one id."""
    kinds = ("publics", "functions", "lines")
    return max((number for number, kind in enumerate(kinds, start=1) if opened.counts[kind]), default=0)
