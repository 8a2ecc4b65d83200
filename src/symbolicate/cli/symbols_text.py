"""Lines about a symbol file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.render.plain import escape
from symbolicate.symbols.acceptance import has_symbols

if TYPE_CHECKING:
    from symbolicate._native import SymbolFile

__all__ = ["identity_of", "summary_of"]


def identity_of(opened: SymbolFile) -> str:
    """The debug id and the name of a symbol file."""
    return f"{opened.debug_id or 'no debug id'}  {escape(opened.name or 'no name')}"


def _of_number(kind: str, count: int) -> str:
    return kind.removesuffix("s") if count == 1 else kind


def summary_of(opened: SymbolFile, missing: tuple[str, ...] = ()) -> str:
    """How many records of each kind it has, how many are invalid, and what it lacks."""
    counts = ", ".join(f"{count:,} {_of_number(kind, count)}" for kind, count in opened.counts.items() if count)
    bad = opened.bad_records
    counts = ", ".join(filter(None, (counts, "" if has_symbols(opened) else "no symbol records")))
    bad_records = (f"{bad:,} bad record{'' if bad == 1 else 's'}",) if bad else ()
    return "; ".join((counts, *bad_records, *missing))
