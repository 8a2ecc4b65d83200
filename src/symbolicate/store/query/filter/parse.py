"""Parses a filter's text to a tree.

either     = both { "or" both }
both       = one { "and" one }
one        = "not" one | "(" either ")" | field ( "eq" | "ne" ) value
value      = 'text' | number
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.store.query.filter.syntax import And, Comparison, Node, Not, Or
from symbolicate.store.query.filter.tokens import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from symbolicate.store.query.values import Values

__all__ = ["LONGEST", "MOST_COMPARISONS", "MOST_NESTED", "FilterError", "parse"]

LONGEST = 16_384
"""Letters in a filter."""
MOST_NESTED = 64
"""Nesting depth of brackets and `not`."""
MOST_COMPARISONS = 512

_END = Token("end", "", -1)
_SHOWN = 40


class FilterError(ValueError):
    """A filter is invalid; the message is one line."""


def parse(text: str, fields: Collection[str], values: Mapping[str, Values] | None = None) -> Node:
    """The tree of a filter.

    Args:
        text: the filter.
        fields: the fields it may name, in the spelling of the tree.
        values: the values of fields that cannot have any text.

    Raises:
        FilterError: it is not well formed, too long, too deep, names a field that does not exist, or compares one with
            a value that it cannot have.
    """
    if len(text) > LONGEST:
        raise FilterError(f"is longer than {LONGEST} characters")
    return _Parser(text, fields, values or {}).all()


class _Parser:
    def __init__(self, text: str, fields: Collection[str], values: Mapping[str, Values]) -> None:
        self._tokens = tokens(text)
        self._next = 0
        self._length = len(text)
        self._fields = {field.lower(): field for field in fields}
        self._values = values
        self._nested = 0
        self._comparisons = 0

    def all(self) -> Node:
        """The whole filter."""
        node = self._either()
        if (token := self._peek()) is not _END:
            raise self._unexpected("'and' or 'or'", token)
        return node

    def _either(self) -> Node:
        parts = [self._both()]
        while self._skip("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _both(self) -> Node:
        parts = [self._one()]
        while self._skip("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Node:
        token = self._peek()
        if token.kind == "bracket" and token.text == "(":
            self._enter()
            self._next += 1
            node = self._either()
            closing = self._peek()
            if closing.text != ")" or closing.kind != "bracket":
                raise self._unexpected("')'", closing)
            self._next += 1
            self._nested -= 1
            return node
        if self._skip("not"):
            self._enter()
            node = Not(self._one())
            self._nested -= 1
            return node
        return self._comparison()

    def _comparison(self) -> Comparison:
        token = self._take()
        if token.kind != "word":
            raise self._unexpected("a field name", token)
        field = self._fields.get(token.text.lower())
        if field is None:
            raise FilterError(
                f"names the unknown field '{token.text[:_SHOWN]}'; use {', '.join(self._fields.values())}"
            )
        operator = self._take()
        if operator.kind != "word" or operator.text.lower() not in ("eq", "ne"):
            raise self._unexpected(f"'eq' or 'ne' after '{field}'", operator)
        value = self._take()
        if value.kind not in ("string", "number"):
            raise self._unexpected(f"a value in single quotes for '{field}'", value)
        self._comparisons += 1
        if self._comparisons > MOST_COMPARISONS:
            raise FilterError(f"has more than {MOST_COMPARISONS} comparisons")
        text: str | None = value.text
        if (known := self._values.get(field)) is not None and (text := known.read(value.text)) is None:
            raise FilterError(f"compares {field} with '{value.text[:_SHOWN]}', which it cannot be; use {known.forms}")
        return Comparison(field, operator.text.lower() == "eq", text or "")

    def _enter(self) -> None:
        self._nested += 1
        if self._nested > MOST_NESTED:
            raise FilterError(f"is nested deeper than {MOST_NESTED}")

    def _peek(self) -> Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else _END

    def _take(self) -> Token:
        token = self._peek()
        self._next += 1
        return token

    def _skip(self, keyword: str) -> bool:
        token = self._peek()
        if token.kind == "word" and token.text.lower() == keyword:
            self._next += 1
            return True
        return False

    def _unexpected(self, wanted: str, token: Token) -> FilterError:
        if token is _END:
            return FilterError(f"ends where {wanted} is expected")
        shown = (
            "a quote that is not closed" if token.kind == "bad" and token.text == "'" else f"'{token.text[:_SHOWN]}'"
        )
        return FilterError(f"has {shown} at position {token.place + 1} where {wanted} is expected")
