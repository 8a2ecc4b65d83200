"""`symbolicate query health`: the health of an app on a terminal, as JSON, or as one HTML file."""

from __future__ import annotations

import os
import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING

from symbolicate.render.html.chart import change
from symbolicate.render.plain import escape
from symbolicate.render.sparkline import ASCII, BLOCKS, spark
from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.service.health_facts import CrashFreeFacts, FailureFacts, HealthFacts, VersionDays

__all__ = ["health_page", "health_text"]

_TREND = 30
_SPARK = 15
_NARROW = 60
_USUAL_WIDTH = 100
_DIGITS = 5
_BOLD, _RED, _MAGENTA, _END = "\x1b[1m", "\x1b[31m", "\x1b[35m", "\x1b[0m"


def health_text(found: HealthFacts) -> str:
    """The facts for a terminal or a pipe.

    Colours are for terminals alone, unless `NO_COLOR` says none. Lines fit into the terminal; in a pipe names are
    whole.
    """
    is_terminal = sys.stdout.isatty()
    coloured = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = _width(is_terminal=is_terminal)
    encoding = sys.stdout.encoding or "ascii"
    levels = BLOCKS if _has(BLOCKS, encoding) else ASCII
    return "".join(f"{line}\n" for line in _Lines(levels, width, coloured=coloured).of(found))


def health_page(found: HealthFacts) -> str:
    """The facts as one HTML file."""
    from symbolicate.render.html.chart import Series, sparkline, stacked
    from symbolicate.render.html.summary import FailureLine, Summary, SummaryTable, summary_page
    from symbolicate.service.health_lines import line_of_devices

    start = date.fromisoformat(found.start)
    days = [start + timedelta(days=number) for number in range((date.fromisoformat(found.end) - start).days + 1)]
    charts = []
    for label, series in (("Crashes", found.crashes), ("Handled errors", found.handled)):
        if series:
            chart = stacked(days, [Series(one.version or "", one.days) for one in series])
            charts.append((f"{label} per day, by version", chart))
    line = line_of_devices(days, found.crash_free)
    lines = [
        FailureLine(one.name, one.hash, one.hits, sparkline(one.days), change(one.hits, one.before), one.mark or "")
        for one in found.failures
    ]
    more = found.failure_count - len(lines)
    shares = {"os_version": "System", "market": "Market", "device_type": "Device"}
    details = found.crash_free.details
    return summary_page(
        Summary(
            title=_heading(found),
            figures=[
                ("Hits", f"{found.total:,}"),
                ("Against the time before", change(found.total, found.before) or "–"),  # noqa: RUF001
                ("Failures", f"{found.failure_count:,}"),
                ("Crash-free devices", f"{found.crash_free.text} ({details})" if details else found.crash_free.text),
            ],
            charts=charts,
            failures=lines,
            note=f"{counted(more, 'more failure is', 'more failures are')} not listed." if more > 0 else "",
            tables=[
                SummaryTable(label, ("Value", "Hits", "Before"), found.shares.get(name, [])[:12])
                for name, label in shares.items()
            ],
            lines=[("Crash-free devices per day", line)] if line is not None else [],
        )
    )


def _heading(found: HealthFacts) -> str:
    return f"Health of {found.app}, {found.start} to {found.end}"


def _has(text: str, encoding: str) -> bool:
    """Whether an encoding has these characters."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class _Lines:
    """Lays the facts out for a width in characters; 0 for no limit."""

    def __init__(self, levels: str, width: int, *, coloured: bool) -> None:
        self._levels = levels
        self._times = "\N{MULTIPLICATION SIGN}" if levels == BLOCKS else "x"
        self._width = width
        self._coloured = coloured
        self._spark = _SPARK if not width or width >= _NARROW else 0

    def of(self, found: HealthFacts) -> Iterator[str]:
        """The lines."""
        yield self._paint(_BOLD, self._fit(escape(_heading(found))))
        against = f", {self._change(found.total, found.before)} against the time before" if found.before else ""
        yield self._fit(f"{counted(found.total, 'hit')} in {counted(found.failure_count, 'failure')}{against}")
        yield from self._devices(found.crash_free)
        for label, series in (("Crashes", found.crashes), ("Handled errors", found.handled)):
            if series:
                yield ""
                yield from self._series(label, series)
        for label, failures in (("New and returned", found.fresh), ("Top failures", found.failures)):
            if failures:
                yield ""
                yield self._paint(_BOLD, label)
                yield from (self._failure(one) for one in failures)

    def _devices(self, found: CrashFreeFacts) -> Iterator[str]:
        text = found.text if self._levels == BLOCKS else found.text.replace("\N{PLUS-MINUS SIGN}", "+/-")
        yield self._fit(f"Crash-free devices: {text}")
        if found.details:
            yield self._fit(f"  {found.details}")
        if found.period is not None:
            days = found.days
            rows = [
                ("Active devices", found.period.active, [one.active if one is not None else 0 for one in days]),
                ("  crashed", found.period.crashed, [one.crashed if one is not None else 0 for one in days]),
            ]
            yield ""
            yield from self._rows(rows)

    def _series(self, label: str, series: list[VersionDays]) -> Iterator[str]:
        days = [sum(day) for day in zip(*(one.days for one in series), strict=True)]
        rows = [(label, sum(days), days)]
        rows += [(f"  {escape(one.version or 'other versions')}", one.total, one.days) for one in series]
        yield from self._rows(rows)

    def _rows(self, rows: list[tuple[str, int, list[int]]]) -> Iterator[str]:
        room = min(24, max(len(name) for name, _, _ in rows))
        for name, total, counts in rows:
            shown = name if len(name) <= room else f"{name[: room - 3]}..."
            left = f"{shown:<{room}}  {total:>9,}"
            # At least as wide as the trends below; a narrow terminal shows what fits.
            width = min(_TREND, self._width - len(left) - 2) if self._width else _TREND
            yield f"{left}  {spark(counts, width, self._levels)}".rstrip()

    def _failure(self, one: FailureFacts) -> str:
        against, mark = self._change(one.hits, one.before), one.mark
        trend = f"{spark(one.days, self._spark, self._levels):<{self._spark}}  " if self._spark else ""
        said = mark or against
        coloured = f"{said:<11}"
        if mark:
            coloured = self._paint(_MAGENTA, coloured)
        elif said.startswith(("+", self._times)):
            coloured = self._paint(_RED, coloured)
        left = f"{one.hits:>7,}  {said:<11}  {trend}"
        name = escape(one.name)
        if self._width and len(left) + len(name) > self._width:
            name = f"{name[: max(8, self._width - len(left)) - 3]}..."
        return f"{one.hits:>7,}  {coloured}  {trend}{name}"

    def _change(self, count: int, before: int) -> str:
        return change(count, before).replace("\N{MULTIPLICATION SIGN}", self._times)

    def _fit(self, line: str) -> str:
        return line if not self._width or len(line) <= self._width else f"{line[: self._width - 3]}..."

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_END}" if self._coloured else text


def _width(*, is_terminal: bool) -> int:
    """Columns to fit lines into: `COLUMNS`, else those of the terminal; 0 for no limit."""
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and len(given) <= _DIGITS:
        return int(given)
    if not is_terminal:
        return 0
    # Not `shutil.get_terminal_size`: it looks at the original standard output, which may have been replaced.
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or _USUAL_WIDTH
    except OSError:
        return _USUAL_WIDTH
