"""The summary of a batch as one HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.corpus.plot import periods
from symbolicate.render.html.chart import Series, sparkline, stacked
from symbolicate.render.html.summary import FailureLine, Summary, SummaryTable, summary_page
from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from symbolicate.corpus.plot import Periods
    from symbolicate.summary.tally import Bucket, Tally

__all__ = ["batch_page"]

_MODULES = 50


def batch_page(tally: Tally, seconds: float, top: int, known: AbstractSet[str] | None = None) -> str:
    """The file.

    Args:
        tally: what was counted.
        seconds: the time that this run took.
        top: the number of failures to list.
        known: the hashes of failures of earlier batches, by which others are marked as new; None without them.
    """
    found = periods(tally)
    charts = []
    if found is not None:
        shown, counts = found
        each = "day" if shown.step == 1 else f"{shown.step} days"
        chart = stacked(shown.begins, [Series("all versions", counts)])
        charts.append((f"Crashes by the day that they state; a column is {each}", chart))
    ranked = tally.ranked()
    more = len(ranked) - top
    return summary_page(
        Summary(
            title=counted(tally.inputs, "input"),
            figures=[
                ("Crashes", f"{tally.crashes:,}"),
                ("Failures", f"{len(tally.buckets):,}"),
                *([] if known is None else [("New failures", f"{len(tally.new(known)):,}")]),
                ("Without a name", f"{tally.unknown:,}"),
                ("Errors", f"{tally.failed:,}"),
                ("Time", f"{seconds:,.0f} s"),
            ],
            charts=charts,
            failures=[
                _line(key, bucket, found[0] if found is not None else None, known) for key, bucket in ranked[:top]
            ],
            note=_more(more, "failure") if more > 0 else "",
            tables=[*_new(tally, known, top), *_tables(tally)],
        )
    )


def _line(key: str, bucket: Bucket, shown: Periods | None, known: AbstractSet[str] | None) -> FailureLine:
    trend = sparkline(shown.counts_of(bucket)) if shown is not None else None
    mark = "new" if known is not None and key not in known else ""
    return FailureLine(bucket.name, key, bucket.hits, trend, mark=mark)


def _new(tally: Tally, known: AbstractSet[str] | None, top: int) -> list[SummaryTable]:
    """The failures that are not in earlier tables: rare ones are not among the most frequent."""
    if known is None:
        return []
    new = tally.new(known)
    more = len(new) - top
    rows = [(bucket.name, key, bucket.hits) for key, bucket in new[:top]]
    note = _more(more, "new failure") if more > 0 else ""
    return [SummaryTable("New failures", ("Failure", "Hash", "Count"), rows, note)]


def _more(count: int, what: str) -> str:
    return f"{counted(count, f'more {what} is', f'more {what}s are')} in the table."


def _tables(tally: Tally) -> list[SummaryTable]:
    modules = [
        (
            one.debug_file or one.module,
            one.debug_id or one.code_id,
            " and ".join(one.lacks),
            one.reports,
            one.crashing_frames + one.crashing_scanned,
        )
        for one in tally.needed[:_MODULES]
    ]
    more = len(tally.needed) - _MODULES
    return [
        SummaryTable(
            "Errors",
            ("Kind", "Count", "The first input, and why"),
            [(kind, count, tally.examples.get(kind, "")) for kind, count in tally.errors.items()],
        ),
        SummaryTable(
            "Symbols that would help most",
            ("Module", "Id", "Lacks", "Crashes", "Frames of crashed threads"),
            modules,
            (f"{counted(more, 'more module lacks', 'more modules lack')} something." if more > 0 else ""),
        ),
        SummaryTable(
            "Slowest inputs",
            ("Input", "Seconds"),
            [(one.source, f"{one.seconds:.3f}") for one in tally.slowest],
        ),
    ]
