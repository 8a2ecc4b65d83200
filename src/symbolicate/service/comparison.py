"""The failures of two versions, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from symbolicate.store import App
    from symbolicate.store.query import Query, Range, Trends
    from symbolicate.store.query.trends import FailureTrend

__all__ = ["VERSION", "Compared", "compare_versions", "compared_rows"]

VERSION = "application_version"
"""The dimension that is compared."""

_MOST = 5000
_DIGITS = 2


class Compared(NamedTuple):
    """A failure in two versions: hits, and their share of all hits of the version in percent."""

    hash: str
    name: str
    old: int
    new: int
    old_share: float
    new_share: float

    @property
    def change(self) -> str:
        """`new`, `gone`, `grown` if its share is larger, else `not grown`."""
        if not self.old:
            return "new"
        if not self.new:
            return "gone"
        return "grown" if self.new_share > self.old_share else "not grown"


def compare_versions(
    query: Query, app: App, wanted: Range, old: str, new: str
) -> tuple[tuple[int, int], list[Compared]]:
    """The hits of both versions, and every failure of them, the most frequent of the new one first."""
    before, after = (query.trends(app, _of(wanted, version), top=_MOST) for version in (old, new))
    return (before.total, after.total), _rows(before, after)


def compared_rows(query: Query, app: App, wanted: Range, old: str, new: str) -> list[dict[str, Any]]:
    """The same failures as rows of an answer."""
    _, found = compare_versions(query, app, wanted, old, new)
    return [
        {
            "change": one.change,
            "old": one.old,
            "new": one.new,
            "oldShare": round(one.old_share, _DIGITS),
            "newShare": round(one.new_share, _DIGITS),
            "failureName": one.name,
            "failureHash": one.hash,
        }
        for one in found
    ]


def _of(wanted: Range, version: str) -> Range:
    return wanted._replace(values={**wanted.values, VERSION: version})


def _rows(before: Trends, after: Trends) -> list[Compared]:
    old, new = ({one.hash: one for one in trends.failures} for trends in (before, after))

    def row(one: FailureTrend) -> Compared:
        hits = [trends[one.hash].hits if one.hash in trends else 0 for trends in (old, new)]
        shares = [
            100 * count / total if total else 0.0
            for count, total in zip(hits, (before.total, after.total), strict=True)
        ]
        return Compared(one.hash, one.name, hits[0], hits[1], shares[0], shares[1])

    rows = [row(one) for one in {**old, **new}.values()]
    return sorted(rows, key=lambda one: (-one.new, one.name))
