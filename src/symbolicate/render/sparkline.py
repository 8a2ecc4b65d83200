"""Trends in a line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ASCII", "BLOCKS", "spark"]

BLOCKS = " ▁▂▃▄▅▆▇█"
"""The levels of a trend, the first for nothing."""
ASCII = " .:-=+*#@"
"""The same for terminals and files without Unicode."""


def spark(values: Sequence[int], width: int, levels: str = BLOCKS) -> str:
    """A trend of at most `width` characters; what is more than nothing is always visible.

    Args:
        values: the counts.
        width: the number of characters; of more values neighbours are added up.
        levels: one character for each level.
    """
    step = -(-len(values) // width) if width > 0 else 0
    if not step:
        return ""
    sums = [sum(values[start : start + step]) for start in range(0, len(values), step)]
    top, highest = max(sums), len(levels) - 1
    return "".join(levels[-(-value * highest // top) if value > 0 else 0] for value in sums)
