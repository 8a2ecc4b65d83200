"""Lines about a symbol file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.render.plain import escape
from symbolicate.symbols.acceptance import has_symbols, record_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from symbolicate._native import SymbolFile

__all__ = ["diagnosis", "identity_of", "summary", "summary_of"]


def identity_of(opened: SymbolFile) -> str:
    """The debug id and the name of a symbol file."""
    return f"{opened.debug_id or 'no debug id'}  {escape(opened.name or 'no name')}"


def diagnosis(kind: str, count: int, lines: list[int]) -> str:
    """How many records are invalid or unusual in one way, and the first lines with such."""
    places = ", ".join(str(line) for line in lines) + (", …" if count > len(lines) else "")
    where = f": line{'' if count == 1 else 's'} {places}" if lines else ""
    return f"{count:>8,}  {kind.replace('_', ' ')}{where}"


def _of_number(kind: str, count: int) -> str:
    readable = kind.replace("_", " ")
    return readable.removesuffix("s") if count == 1 else readable


def summary_of(opened: SymbolFile, missing: tuple[str, ...] = ()) -> str:
    """How many records of each kind it has, how many are invalid, and what it lacks."""
    return summary(record_counts(opened), opened.bad_records, missing, has_records=has_symbols(opened))


def summary(counts_of: Mapping[str, int], bad: int, missing: tuple[str, ...] = (), *, has_records: bool) -> str:
    """As `summary_of`, for the records of each kind and the number of invalid ones."""
    counts = ", ".join(f"{count:,} {_of_number(kind, count)}" for kind, count in counts_of.items() if count)
    counts = ", ".join(filter(None, (counts, "" if has_records else "no symbol records")))
    bad_records = (f"{bad:,} bad record{'' if bad == 1 else 's'}",) if bad else ()
    return "; ".join((counts, *bad_records, *missing))
