"""Decisions of people: which buckets are one bug, and which are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Decided", "Decision"]


class Decision(NamedTuple):
    """One decision about two buckets, by their ids: `merge` or `split`."""

    kind: Literal["merge", "split"]
    bucket: str
    other: str


class Decided:
    """All decisions in the order they were made: a later one overrides an earlier one.

    A merge holds for all that either bucket was merged with before. A split removes the second bucket from the group
    that it shares with the first, and separates the two until they are merged again.

    Args:
        decisions: oldest first.
        aliases: the id that a bucket has now, for ids that it had under other rules.
    """

    def __init__(self, decisions: Iterable[Decision] = (), aliases: Mapping[str, str] | None = None) -> None:
        self._set_of: dict[str, frozenset[str]] = {}
        self._apart: set[frozenset[str]] = set()
        aliases = aliases or {}
        for kind, *pair in decisions:
            one, other = (aliases.get(key, key) for key in pair)
            if one == other:
                continue
            if kind == "merge":
                self._merge(one, other)
            else:
                self._split(one, other)

    def merged(self, key: str) -> frozenset[str]:
        """The buckets that people merged with this one, including itself."""
        return self._set_of.get(key, frozenset((key,)))

    def together(self) -> set[frozenset[str]]:
        """The buckets that people merged, each set once."""
        return set(self._set_of.values())

    def pairs_apart(self) -> list[tuple[str, str]]:
        """The buckets that people separated, two at a time."""
        return [(one, other) for one, other in map(sorted, self._apart)]

    def named(self) -> set[str]:
        """All buckets of the decisions that hold."""
        return set(self._set_of).union(*self._apart)

    def apart(self, some: Iterable[str], others: Iterable[str]) -> bool:
        """Whether any bucket of one group must be separate from any of the other."""
        others = tuple(others)
        return bool(self._apart) and any(frozenset((a, b)) in self._apart for a in some for b in others)

    def _merge(self, one: str, other: str) -> None:
        both = self.merged(one) | self.merged(other)
        self._apart -= {frozenset((a, b)) for a in self.merged(one) for b in self.merged(other)}
        self._set_of |= dict.fromkeys(both, both)

    def _split(self, one: str, other: str) -> None:
        group = self.merged(one)
        if other in group:
            rest = group - {other}
            self._set_of |= dict.fromkeys(rest, rest)
            self._set_of[other] = frozenset((other,))
        self._apart.add(frozenset((one, other)))
