"""A filter as a condition of SQLAlchemy: values are bound, never part of the statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from symbolicate.store.query.filter.syntax import And, Comparison, Node, Not
from symbolicate.summary.text import LONGEST_TEXT, clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["condition"]


def condition(
    node: Node, fields: Mapping[str, sa.ColumnElement[Any] | Callable[[str], sa.ColumnElement[bool]]]
) -> sa.ColumnElement[bool]:
    """The condition of a filter.

    Args:
        node: the filter; every field it names is in `fields`.
        fields: for each field its column, or a function from a value to the condition that the field equals it.
    """
    if isinstance(node, Comparison):
        field, value = fields[node.field], clean(node.value, LONGEST_TEXT)
        equals = field == value if isinstance(field, sa.ColumnElement) else field(value)
        return equals if node.equal else sa.not_(equals)
    if isinstance(node, Not):
        return sa.not_(condition(node.part, fields))
    parts = [condition(part, fields) for part in node.parts]
    return sa.and_(*parts) if isinstance(node, And) else sa.or_(*parts)
