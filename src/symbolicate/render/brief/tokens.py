"""An estimate of how many tokens a text has for a language model, from above.

Tokenizers split text differently, and their vocabularies have megabytes. These weights are above what the vocabularies
`cl100k_base` and `o200k_base` give for stacks, names, paths, addresses and prose; a byte outside of ASCII is a token of
its own, which no byte-level tokenizer exceeds.
"""

from __future__ import annotations

import math
import re

__all__ = ["shortened", "tokens"]

_CLASSES = (
    # Tokens for each character, of the characters that match.
    (re.compile(r"[a-z]"), 0.36),
    (re.compile(r"[A-Z]"), 0.6),
    (re.compile(r"[0-9]"), 0.6),
    (re.compile(r"[ \n]"), 0.3),
    (re.compile(r"[!-/:-@\[-`{-~]"), 0.8),
)


def tokens(text: str) -> int:
    """An upper estimate of the tokens of a text."""
    others = sum(len(char.encode("utf-8", "backslashreplace")) for char in text if not char.isascii())
    return math.ceil(others + sum(weight * len(found.findall(text)) for found, weight in _CLASSES))


def shortened(text: str, most: int) -> str:
    """The text within this many tokens: its beginning and its end, which in names says what is called."""
    if tokens(text) <= most:
        return text
    # The weights are at most one for a character, so that this search ends with a text of a few characters.
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if tokens(_around(text, middle)) <= most else (low, middle - 1)
    return _around(text, low)


def _around(text: str, kept: int) -> str:
    head = kept - kept // 3
    return f"{text[:head]}…{text[len(text) - kept // 3 :]}" if kept < len(text) else text
