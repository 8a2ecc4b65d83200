"""Text of a crash in Markdown: it is data, and cannot end the span, the cell or the block that it is in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["code_block", "code_span", "fenced", "plain_text"]


def code_span(text: str) -> str:
    """A code span that the text cannot end, valid in a table's cell."""
    if "`" not in text and "|" not in text:
        return f"`{text}`" if text else ""
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text.replace('|', chr(92) + '|')}{pad}{ticks}"


def plain_text(text: str) -> str:
    """Text outside of code, with the special characters of Markdown and HTML escaped."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~&])", r"\\\1", text)


def fenced(text: str) -> str:
    """A text, unchanged, in a code block that it cannot end."""
    return "\n".join(["", *code_block(text.strip("\n").split("\n")), ""])


def code_block(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a code block that none of them can end."""
    held = list(lines)
    longest = max((len(run) for line in held if "`" in line for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield from held
    yield fence
