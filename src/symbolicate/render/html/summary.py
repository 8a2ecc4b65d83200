"""The summary of many crashes as one HTML file that needs no network: counts, trends, failures, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from symbolicate.render.html.environment import asset, content_hash, environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.render.html.chart import Chart, Line, Sparkline

__all__ = ["FailureLine", "Summary", "SummaryTable", "summary_page"]

_STYLES = ("style.css", "charts.css")


class FailureLine(NamedTuple):
    """A failure in the list.

    Attributes:
        name: its name.
        hash: its hash.
        hits: how often it occurred.
        line: its trend; None if no time is known.
        change: the change against the time before, in words; empty if that is not known.
        mark: `new` or `returned`, or empty.
    """

    name: str
    hash: str
    hits: int
    line: Sparkline | None
    change: str = ""
    mark: str = ""


class SummaryTable(NamedTuple):
    """A table.

    Attributes:
        title: its heading.
        columns: the headings of its columns.
        rows: texts; numbers are aligned to the right.
        note: a remark; empty for none.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    note: str = ""


class Summary(NamedTuple):
    """What a summary shows.

    Attributes:
        title: its heading.
        figures: labels and texts of the most important numbers.
        charts: titles and charts.
        failures: the most frequent failures.
        note: a remark on failures that are not listed; empty for none.
        tables: what else is known.
        lines: titles and lines of shares, which follow the charts.
        has_failures: whether failures are a part of it at all.
    """

    title: str
    figures: Sequence[tuple[str, str]]
    charts: Sequence[tuple[str, Chart]]
    failures: Sequence[FailureLine]
    note: str
    tables: Sequence[SummaryTable]
    lines: Sequence[tuple[str, Line]] = ()
    has_failures: bool = True


def summary_page(summary: Summary) -> str:
    """The file. Its style is allowed by its hash, and it has no script."""
    return (
        environment()
        .get_template("summary.html")
        .render(
            policy=f"default-src 'none'; style-src {content_hash(*_STYLES)}",
            style=Markup("".join(map(asset, _STYLES))),  # noqa: S704 - our own files
            title=summary.title,
            summary=summary,
        )
    )
