"""The words of a filter."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Token", "tokens"]

_PATTERN = re.compile(
    r"""
    (?P<space>[\s\x00]+)
  | '(?P<string>(?:[^']|'')*)'
  | (?P<bracket>[()])
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>[0-9][0-9A-Za-z_./:+-]*)
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """A word and where it begins: a `string`, `bracket`, `word` or `number`, or `bad` for anything else."""

    kind: str
    text: str
    place: int


def tokens(text: str) -> list[Token]:
    """The tokens of a filter. The first character that begins no token is a `bad` token and ends the list."""
    out: list[Token] = []
    place = 0
    while place < len(text):
        found = _PATTERN.match(text, place)
        if found is None:
            out.append(Token("bad", text[place], place))
            break
        kind = str(found.lastgroup)
        if kind == "string":
            out.append(Token(kind, found["string"].replace("''", "'"), place))
        elif kind != "space":
            out.append(Token(kind, found[kind], place))
        place = found.end()
    return out
