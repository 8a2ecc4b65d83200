"""Which files are accepted as symbol files. `symbols add` refuses what `symbols check` reports."""

from __future__ import annotations

from symbolicate.symbols import ids, names
from symbolicate.symbols.access import open_file
from symbolicate.symbols.module_line import ModuleLine
from symbolicate.symbols.text_encoding import decoded_head, text_encoding, transcoded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from symbolicate._native import SymbolFile

__all__ = [
    "NOT_SYMBOLS",
    "NO_IDENTITY",
    "NO_RECORDS",
    "has_names",
    "has_rules",
    "has_symbols",
    "identity",
    "open_in_memory",
    "record_counts",
    "refusal",
    "unidentified",
]

NOT_SYMBOLS = "not a symbol file, a debug file or a binary"
"""Why any other file is refused."""
NO_IDENTITY = "a symbol file that names no module: it has no MODULE line with a valid id"
"""Why a symbol file that does not identify its module is refused."""
NO_RECORDS = "no symbol records"
"""Why a symbol file that describes no address is refused."""

_HEAD_BYTES = 4096
_RECORDS = ("MODULE", "INFO", "FILE", "FUNC", "PUBLIC", "STACK", "INLINE_ORIGIN")


def unidentified(path: str) -> str:
    """Why a text that names no module is refused, by its first bytes."""
    try:
        with open_file(path) as file:
            head = decoded_head(file.read(_HEAD_BYTES))
    except (OSError, ValueError):
        return NOT_SYMBOLS
    words = (line.split(None, 1)[:1] for line in head.replace("\r", "\n").split("\n"))
    return NO_IDENTITY if any(word and word[0] in _RECORDS for word in words) else NOT_SYMBOLS


def refusal(path: str, line: ModuleLine | None, opened: SymbolFile) -> str | None:
    """Why a symbol file cannot be added to a store; None if it can.

    Args:
        path: the file.
        line: the module it names, in its head or further down (see `identity`).
        opened: the file, opened.
    """
    if line is None:
        return unidentified(path)
    return None if has_symbols(opened) else NO_RECORDS


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
    code_id = code_id if ids.is_code_id(code_id) else ""
    return ModuleLine(debug_id, names.leaf(opened.name or ""), code_id) if debug_id or code_id else None


def has_symbols(opened: SymbolFile) -> bool:
    """Whether a symbol file has records that describe addresses; names of source files alone do not."""
    counts = opened.counts
    return has_names(counts) or has_rules(counts)


def has_names(counts: Mapping[str, int]) -> bool:
    """Whether there are records that name functions, by the number of each kind."""
    return any(counts.get(kind) for kind in ("functions", "publics"))


def has_rules(counts: Mapping[str, int]) -> bool:
    """Whether there are records by which stacks are unwound, by the number of each kind."""
    return any(counts.get(kind) for kind in ("cfi", "stack_win"))


def record_counts(opened: SymbolFile) -> dict[str, int]:
    """How many records a symbol file has of each kind that it has, each kind by one name."""
    return {kind: count for kind, count in opened.counts.items() if count and " " not in kind}
