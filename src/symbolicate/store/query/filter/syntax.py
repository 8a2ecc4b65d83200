"""The tree of a filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["And", "Comparison", "Node", "Not", "Or", "fields_of"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field eq 'value'`, or `ne` if not `equal`. The field is spelled as in responses."""

    field: str
    equal: bool
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts, of which there are at least two."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the parts, of which there are at least two."""

    parts: tuple[Node, ...]


Node: TypeAlias = Comparison | Not | And | Or


def fields_of(node: Node) -> set[str]:
    """The fields that a filter names."""
    if isinstance(node, Comparison):
        return {node.field}
    parts = (node.part,) if isinstance(node, Not) else node.parts
    return set().union(*map(fields_of, parts))
