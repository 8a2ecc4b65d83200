"""`symbolicate query health`: the health of an app on a terminal, as JSON, or as one HTML file."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from symbolicate.render.html.chart import change
from symbolicate.render.plain import escape
from symbolicate.render.sparkline import ASCII, BLOCKS, spark
from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.store import App, Store
    from symbolicate.store.query import FailureHistory, Range, Trends
    from symbolicate.store.query.trends import FailureTrend, Stacked

__all__ = ["Health"]

_TREND = 30
_SPARK = 15
_NARROW = 60
_USUAL_WIDTH = 100
_DIGITS = 5
_BOLD, _RED, _MAGENTA, _END = "\x1b[1m", "\x1b[31m", "\x1b[35m", "\x1b[0m"


class Health:
    """What is known of the health of an app.

    Args:
        store: the store.
        app: the app.
        wanted: the period, and which hits are counted.
        top: failures at most, in each list.
    """

    def __init__(self, store: Store, app: App, wanted: Range, top: int) -> None:
        names = f"{app.owner}/{app.name}" if app.owner and app.name else app.name
        self._title = app.product_name or names or app.application_id
        self._wanted = wanted
        self._found: Trends = store.query.trends(app, wanted, top=top)
        every = [*self._found.fresh, *self._found.failures]
        self._known: dict[str, FailureHistory] = store.query.histories(app, [one.hash for one in every])

    def document(self) -> dict[str, Any]:
        """The facts for JSON; days are those from `from` to `to`."""
        found, wanted = self._found, self._wanted
        return {
            "from": wanted.start.isoformat(),
            "to": wanted.end.isoformat(),
            "total": found.total,
            "before": found.before,
            "failure_count": found.failure_count,
            "crashes": [_version(one) for one in found.crashes],
            "handled": [_version(one) for one in found.handled],
            "failures": [self._failure(one) for one in found.failures],
            "fresh": [self._failure(one) for one in found.fresh],
        }

    def text(self) -> str:
        """The facts for a terminal or a pipe.

        Colours are for terminals alone, unless `NO_COLOR` says none. Lines fit into the terminal; in a pipe names are
        whole.
        """
        is_terminal = sys.stdout.isatty()
        coloured = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        width = _width(is_terminal=is_terminal)
        try:
            BLOCKS.encode(sys.stdout.encoding or "ascii")
            levels = BLOCKS
        except (UnicodeEncodeError, LookupError):
            levels = ASCII
        return "".join(f"{line}\n" for line in _Lines(levels, width, coloured=coloured).of(self))

    def page(self) -> str:
        """The facts as one HTML file."""
        from symbolicate.render.html.chart import Series, sparkline, stacked
        from symbolicate.render.html.summary import FailureLine, Summary, SummaryTable, summary_page

        found, wanted = self._found, self._wanted
        days = [wanted.start + timedelta(days=number) for number in range(wanted.days)]
        charts = []
        for label, series in (("Crashes", found.crashes), ("Handled errors", found.handled)):
            if series:
                chart = stacked(days, [Series(one.version or "", one.days) for one in series])
                charts.append((f"{label} per day, by version", chart))
        lines = [
            FailureLine(one.name, one.hash, one.hits, sparkline(one.days), _against(one), self.mark(one))
            for one in found.failures
        ]
        more = found.failure_count - len(lines)
        shares = {"os_version": "System", "market": "Market", "device_type": "Device"}
        return summary_page(
            Summary(
                title=f"Health of {self._title}, {wanted.start} to {wanted.end}",
                figures=[
                    ("Hits", f"{found.total:,}"),
                    ("Against the time before", change(found.total, found.before) or "–"),  # noqa: RUF001
                    ("Failures", f"{found.failure_count:,}"),
                    ("Crash-free devices", "unknown"),
                ],
                charts=charts,
                failures=lines,
                note=f"{counted(more, 'more failure is', 'more failures are')} not listed." if more > 0 else "",
                tables=[
                    SummaryTable(label, ("Value", "Hits", "Before"), list(found.shares[name])[:12])
                    for name, label in shares.items()
                ],
            )
        )

    def mark(self, one: FailureTrend) -> str:
        """`new` if the first hit of a failure is in the period, `returned` if only the time before has none."""
        history = self._known.get(one.hash)
        if one.before or history is None or history.first_seen is None:
            return ""
        return "new" if history.first_seen >= self._wanted.start else "returned"

    def _failure(self, one: FailureTrend) -> dict[str, Any]:
        history = self._known.get(one.hash)
        first = history.first_seen if history is not None else None
        return {
            "name": one.name,
            "hash": one.hash,
            "hits": one.hits,
            "before": one.before,
            "days": one.days,
            "mark": self.mark(one) or None,
            "state": history.state if history is not None else "open",
            "installations": history.installations if history is not None else 0,
            "first_seen": first.isoformat() if first is not None else None,
        }

    @property
    def heading(self) -> str:
        """What it is about."""
        return f"Health of {self._title}, {self._wanted.start} to {self._wanted.end}"

    @property
    def found(self) -> Trends:
        """The counts."""
        return self._found


class _Lines:
    """Lays the facts out for a width in characters; 0 for no limit."""

    def __init__(self, levels: str, width: int, *, coloured: bool) -> None:
        self._levels = levels
        self._times = "\N{MULTIPLICATION SIGN}" if levels == BLOCKS else "x"
        self._width = width
        self._coloured = coloured
        self._spark = _SPARK if not width or width >= _NARROW else 0

    def of(self, health: Health) -> Iterator[str]:
        """The lines."""
        found = health.found
        yield self._paint(_BOLD, self._fit(escape(health.heading)))
        against = f", {self._change(found.total, found.before)} against the time before" if found.before else ""
        yield self._fit(f"{counted(found.total, 'hit')} in {counted(found.failure_count, 'failure')}{against}")
        yield "Crash-free devices: unknown"
        for label, series in (("Crashes", found.crashes), ("Handled errors", found.handled)):
            if series:
                yield ""
                yield from self._series(label, series)
        for label, failures in (("New and returned", found.fresh), ("Top failures", found.failures)):
            if failures:
                yield ""
                yield self._paint(_BOLD, label)
                yield from (self._failure(health, one) for one in failures)

    def _series(self, label: str, series: list[Stacked]) -> Iterator[str]:
        days = [sum(day) for day in zip(*(one.days for one in series), strict=True)]
        rows = [(label, sum(days), days)]
        rows += [(f"  {escape(one.version or 'other versions')}", one.total, one.days) for one in series]
        room = min(24, max(len(name) for name, _, _ in rows))
        for name, total, counts in rows:
            shown = name if len(name) <= room else f"{name[: room - 3]}..."
            left = f"{shown:<{room}}  {total:>9,}"
            # At least as wide as the trends below; a narrow terminal shows what fits.
            width = min(_TREND, self._width - len(left) - 2) if self._width else _TREND
            yield f"{left}  {spark(counts, width, self._levels)}".rstrip()

    def _failure(self, health: Health, one: FailureTrend) -> str:
        against, mark = self._change(one.hits, one.before), health.mark(one)
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


def _version(one: Stacked) -> dict[str, Any]:
    return {"version": one.version, "days": one.days, "total": one.total}


def _against(one: FailureTrend) -> str:
    return change(one.hits, one.before)
