"""Answers of tools: text with a limit, in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.render.brief.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ANSWER_TOKENS", "ToolFailure", "paged"]

ANSWER_TOKENS = 4000
"""The most tokens of an answer."""


class ToolFailure(Exception):  # noqa: N818 - an answer, not a defect
    """A tool cannot do what was asked; the message says why."""


def paged(lines: Iterable[str], start: int, of: str) -> str:
    """The lines from `start` that an answer has room for, and where the next page begins.

    Args:
        lines: all lines.
        start: the number of the first line to show, from 0.
        of: what the lines are, for the remark on further ones.
    """
    every = list(lines)
    shown: list[str] = []
    left = ANSWER_TOKENS - 60
    for line in every[max(0, start) :]:
        left -= tokens(line) + 1
        if left < 0:
            break
        shown.append(line)
    end = max(0, start) + len(shown)
    if not shown:
        return f"no {of} from number {start} on; there are {len(every)}"
    if end < len(every):
        shown.append(f"({of} {max(0, start)} to {end - 1} of {len(every)}; the next page begins at start={end})")
    return "\n".join(shown)
