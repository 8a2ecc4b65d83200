"""The summary of a batch as one HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.corpus.plot import periods
from symbolicate.render.html.chart import Series, sparkline, stacked
from symbolicate.render.html.summary import FailureLine, Summary, SummaryTable, summary_page

if TYPE_CHECKING:
    from symbolicate.corpus.plot import Periods
    from symbolicate.summary.tally import Bucket, Tally

__all__ = ["batch_page"]

_MODULES = 50


def batch_page(tally: Tally, seconds: float, top: int) -> str:
    """The file.

    Args:
        tally: what was counted.
        seconds: the time that this run took.
        top: the number of failures to list.
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
            title=f"{tally.inputs:,} inputs",
            figures=[
                ("Crashes", f"{tally.crashes:,}"),
                ("Failures", f"{len(tally.buckets):,}"),
                ("Without a name", f"{tally.unknown:,}"),
                ("Errors", f"{tally.failed:,}"),
                ("Time", f"{seconds:,.0f} s"),
            ],
            charts=charts,
            failures=[_line(key, bucket, found[0] if found is not None else None) for key, bucket in ranked[:top]],
            note=f"{more:,} more failures are in the table." if more > 0 else "",
            tables=[*_tables(tally)],
        )
    )


def _line(key: str, bucket: Bucket, shown: Periods | None) -> FailureLine:
    return FailureLine(bucket.name, key, bucket.hits, sparkline(shown.counts_of(bucket)) if shown is not None else None)


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
            f"{more:,} more modules lack something." if more > 0 else "",
        ),
        SummaryTable(
            "Slowest inputs",
            ("Input", "Seconds"),
            [(one.source, f"{one.seconds:.3f}") for one in tally.slowest],
        ),
    ]
