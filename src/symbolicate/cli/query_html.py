"""Answers of `symbolicate query` as one HTML file, and as a picture."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from symbolicate.render.html.chart import Series, sparkline, stacked
from symbolicate.render.html.summary import FailureLine, Summary, SummaryTable, summary_page
from symbolicate.summary.picture import Bar, Picture, Ranked, picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from symbolicate.service.health_facts import HealthFacts
    from symbolicate.store import Page

__all__ = ["health_plot", "rows_page", "rows_plot"]

_ROWS = 1000  # of a table
_FAILURES = 50
_PLOTTED = 10
_SERIES = 6
_MOST_DAYS = 366
_ALL = "all failures"


class _Counted(NamedTuple):
    """Hits of rows: the days from the first to the last, and those of each failure, the most frequent first."""

    days: list[date]
    failures: dict[tuple[str, str], Counter[date]]

    def series(self, key: tuple[str, str]) -> list[int]:
        """The hits of a failure on each day."""
        return [self.failures[key][day] for day in self.days]

    def totals(self) -> list[int]:
        """The hits of each day."""
        return [sum(counts[day] for counts in self.failures.values()) for day in self.days]


def rows_page(title: str, page: Page) -> str:
    """Rows as one HTML file: with a chart and the most frequent failures if they have days, and as a table.

    Args:
        title: the heading.
        page: the rows.
    """
    counted = _counted(page.value)
    charts = []
    if len(counted.days) > 1:
        shown = list(counted.failures)[:_SERIES]
        series = [Series(name, counted.series((name, key))) for name, key in shown]
        if len(counted.failures) > _SERIES:
            rest = [sum(one) for one in zip(*map(counted.series, list(counted.failures)[_SERIES:]), strict=True)]
            series.append(Series("other failures", rest))
        charts.append(("Hits per day", stacked(counted.days, series)))
    lines = _lines(counted)
    names = [name for name in page.value[0] if name != "applicationId"] if page.value else []
    more = page.total_count - min(_ROWS, len(page.value))
    return summary_page(
        Summary(
            title=title,
            figures=[
                ("Rows", f"{page.total_count:,}"),
                *([("Hits", f"{sum(counted.totals()):,}")] if counted.days else []),
            ],
            charts=charts,
            failures=lines,
            note="",
            tables=[
                SummaryTable(
                    "Rows",
                    names,
                    [[_cell(row[name]) for name in names] for row in page.value[:_ROWS]],
                    f"{more:,} more rows are not listed." if more > 0 else "",
                )
            ],
            has_failures=bool(lines),
        )
    )


def rows_plot(title: str, page: Page) -> str:
    """Rows as a picture, as SVG: hits per day, and the most frequent failures."""
    counted = _counted(page.value)
    failures = [Ranked(name, key, counts.total()) for (name, key), counts in counted.failures.items()]
    return _plot(title, counted.days, counted.totals(), failures, len(failures))


def health_plot(found: HealthFacts) -> str:
    """The health of an app as a picture, as SVG: crashes per day, and the most frequent failures."""
    start = date.fromisoformat(found.start)
    counts = [sum(day) for day in zip(*(one.days for one in found.crashes), strict=True)]
    days = [start + timedelta(days=number) for number in range(len(counts))]
    failures = [Ranked(one.name, one.hash, one.hits) for one in found.failures]
    title = f"{sum(counts):,} crashes of {found.app}, {found.start} to {found.end}"
    return _plot(title, days, counts, failures, found.failure_count)


def _plot(title: str, days: Sequence[date], counts: Sequence[int], failures: list[Ranked], count: int) -> str:
    top = failures[:_PLOTTED]
    bars = [Bar(day, day, hits) for day, hits in zip(days, counts, strict=True)]
    return picture(Picture(title, title, bars, f"The {len(top)} most frequent of {count:,} failures", top))


def _counted(rows: Sequence[Mapping[str, Any]]) -> _Counted:
    failures: dict[tuple[str, str], Counter[date]] = defaultdict(Counter)
    for row in rows:
        day = _day(row.get("date"))
        if day is not None:
            key = (str(row.get("failureName", _ALL)), str(row.get("failureHash", "")))
            failures[key][day] += row.get("eventCount", 1)
    last = max((day for counts in failures.values() for day in counts), default=None)
    if last is None:
        return _Counted([], {})
    first = max(min(day for counts in failures.values() for day in counts), last - timedelta(days=_MOST_DAYS - 1))
    ordered = dict(sorted(failures.items(), key=lambda one: (-one[1].total(), one[0])))
    return _Counted([first + timedelta(days=number) for number in range((last - first).days + 1)], ordered)


def _lines(counted: _Counted) -> list[FailureLine]:
    return [
        FailureLine(name, key, counts.total(), sparkline(counted.series((name, key))))
        for (name, key), counts in list(counted.failures.items())[:_FAILURES]
        if name != _ALL
    ]


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _cell(value: Any) -> str | int:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, int) else str(value)
