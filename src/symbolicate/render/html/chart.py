"""Charts as SVG: stacked columns and small trends. Their texts are beside them in HTML, so that they scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

__all__ = [
    "Chart",
    "Column",
    "Line",
    "Part",
    "Point",
    "Series",
    "Sparkline",
    "change",
    "line_of_shares",
    "sparkline",
    "stacked",
]

_HEIGHT = 100.0
_GAP = 0.15
# How far below 100 % the lower edge of a line of shares may be.
_DEPTHS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class Series(NamedTuple):
    """Counts per day under one name; an empty name is for what has no series of its own."""

    name: str
    days: Sequence[int]


class Part(NamedTuple):
    """A part of a column, in units of the chart: what it stands for, and its place."""

    series: int
    y: float
    height: float


class Column(NamedTuple):
    """A day of a chart: its place, its parts from the bottom up, and what it says."""

    x: float
    width: float
    parts: list[Part]
    label: str


class Chart(NamedTuple):
    """Stacked columns, one for each day.

    Attributes:
        width: of the area, in units; the height is 100.
        columns: the days.
        names: the series, from the bottom up; an empty name is for what has no series of its own.
        totals: the sum of each series.
        top: the value of the upper edge.
        days: the dates of the columns.
        rows: for each day the date and the values of the series: the table beside the chart.
    """

    width: int
    columns: list[Column]
    names: list[str]
    totals: list[int]
    top: int
    days: list[date]
    rows: list[tuple[date, list[int]]]


class Point(NamedTuple):
    """A share that a day has.

    Attributes:
        share: from 0 to 1.
        cells: what the table beside the chart says of the day.
        label: what the day says.
    """

    share: float
    cells: Sequence[str]
    label: str


class Line(NamedTuple):
    """Shares per day as a line, from `bottom` to 100 %. Days without a share interrupt it.

    Attributes:
        width: of the area, in units; the height is 100.
        path: the line.
        dots: the path of a dot on each day.
        columns: the days: where each begins, and what it says.
        bottom: the text of the lower edge.
        days: the dates.
        heads: the headings of the table beside the chart.
        rows: the date and the cells of each day that has a share.
    """

    width: int
    path: str
    dots: str
    columns: list[tuple[int, str]]
    bottom: str
    days: list[date]
    heads: Sequence[str]
    rows: list[tuple[date, Sequence[str]]]


class Sparkline(NamedTuple):
    """A small trend: vertical strokes as the data of a path, in an area of `width` by 100 units."""

    width: int
    path: str


def stacked(days: Sequence[date], series: Sequence[Series]) -> Chart:
    """A chart of counts per day."""
    totals = [sum(values) for values in zip(*(one.days for one in series), strict=True)] or [0] * len(days)
    top = _rounded(max(totals, default=0))
    columns = []
    for place, day in enumerate(days):
        y, parts = _HEIGHT, []
        for number, one in enumerate(series):
            if one.days[place]:
                height = one.days[place] / top * _HEIGHT
                y -= height
                parts.append(Part(number, round(y, 2), round(height, 2)))
        columns.append(Column(round(place + _GAP / 2, 3), 1 - _GAP, parts, f"{day}: {totals[place]:,}"))
    return Chart(
        width=max(1, len(days)),
        columns=columns,
        names=[one.name for one in series],
        totals=[sum(one.days) for one in series],
        top=top,
        days=list(days),
        rows=[(day, [one.days[place] for one in series]) for place, day in enumerate(days)],
    )


def line_of_shares(days: Sequence[date], shares: Sequence[Point | None], heads: Sequence[str]) -> Line:
    """A chart of shares that are mostly near one: its lower edge is not 0 but below the lowest of them.

    Args:
        days: the dates.
        shares: what each day has; None if that is unknown.
        heads: the headings of the cells.
    """
    lowest = min((one.share for one in shares if one is not None), default=1.0)
    depth = next(one for one in _DEPTHS if one >= 1 - lowest - 1e-9)
    path, dots, before = [], [], None
    for place, one in enumerate(shares):
        if one is not None:
            at = f"{place}.5 {round((1 - one.share) / depth * _HEIGHT, 2):g}"
            path.append(f"{'M' if before is None else 'L'}{at}")
            dots.append(f"M{at}h0")
        before = one
    return Line(
        width=max(1, len(days)),
        path="".join(path),
        dots="".join(dots),
        columns=[
            (place, f"{day}: {one.label if one is not None else 'unknown'}")
            for place, (day, one) in enumerate(zip(days, shares, strict=True))
        ],
        bottom=f"{100 - depth * 100:g} %",
        days=list(days),
        heads=heads,
        rows=[(day, one.cells) for day, one in zip(days, shares, strict=True) if one is not None],
    )


def sparkline(values: Sequence[int]) -> Sparkline:
    """A trend without an axis; a day with hits is always visible."""
    top = max(values, default=0) or 1
    bars = [(place, min(92, round(_HEIGHT - value / top * _HEIGHT))) for place, value in enumerate(values) if value]
    return Sparkline(max(1, len(values)), "".join(f"M{place}.5 100V{end}" for place, end in bars))


def change(count: int, before: int) -> str:
    """The change against the period before, in words for people: `+20 %`, `-50 %`, `x 12`, `same`."""
    if not before:
        return "none before" if count else ""
    if count >= 10 * before:
        return f"× {count / before:,.0f}"  # noqa: RUF001 - the sign for times
    percent = round((count - before) * 100 / before)
    return f"{percent:+d} %" if percent else "same"


def _rounded(most: int) -> int:
    """A number of one or two digits and zeros that is at least as large."""
    if most <= 10:  # noqa: PLR2004
        return max(1, most)
    step: int = 10 ** (len(str(most)) - 2)
    return -(-most // step) * step
