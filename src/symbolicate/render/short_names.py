"""The short form of a readable C++ or Rust name: without its scopes, its return type and its parameters."""

from __future__ import annotations

import re

__all__ = ["short_name"]

_OPENING, _CLOSING = "([{<", ")]}>"
# Operators have characters that look like brackets.
_OPERATOR = re.compile(r"\boperator\s*(\(\)|\[\]|<=>|<<=?|>>=?|<=|>=|->\*?|<|>)")
# Where the name is over: qualifiers of a method, and what compilers add in brackets.
_AFTER = re.compile(r"( const| volatile| &&?| noexcept| \[clone [^\]]*\]| \[abi:[^\]]*\])+\Z")


def short_name(name: str) -> str:
    """`push` for `shapes::Ring<short>::push(short, int volatile*) const`; a name of another form as it is."""
    text = _AFTER.sub("", name)
    operator = _OPERATOR.search(text)
    if operator is not None:
        return operator[0]
    end = _start_of_parameters(text) if text.endswith(")") else len(text)
    depth, start = 0, 0
    for at, letter in enumerate(text[:end]):
        if letter in _OPENING:
            depth += 1
        elif letter in _CLOSING and text[at - 1 : at + 1] != "->":
            depth -= 1
        elif depth == 0 and (letter == " " or text[at - 1 : at + 1] == "::"):
            start = at + 1
    return text[start:end] or name


def _start_of_parameters(text: str) -> int:
    """The bracket that belongs to the last one; the end of the text without one."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if depth == 0:
            return at
    return len(text)
