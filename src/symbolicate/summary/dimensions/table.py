"""The data tables beside this file: rows of fields between tabs; lines that begin with `#` explain."""

from __future__ import annotations

import os
import re
from functools import cache

__all__ = ["pattern", "rows"]


@cache
def rows(name: str, fields: int) -> tuple[tuple[str, ...], ...]:
    """The rows of a table, each filled up to so many fields."""
    path = os.path.join(os.path.dirname(__file__), f"{name}.tsv")
    with open(path, encoding="utf-8") as stream:
        lines = [line.rstrip("\n").split("\t") for line in stream if line.strip() and not line.startswith("#")]
    return tuple((*line, *[""] * (fields - len(line))) for line in lines)


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A pattern of a table: `*` stands for any letters, case does not matter."""
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.IGNORECASE | re.DOTALL)
