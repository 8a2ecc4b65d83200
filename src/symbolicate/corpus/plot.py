"""A picture of a batch: crashes by day, and the most frequent failures, as SVG.

It is text without scripts, fonts or files of others. Colours follow the page that shows it (`currentColor`), or the
reader's choice of a light or dark scheme if it is opened by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from symbolicate.summary.tally import Bucket, Tally

__all__ = ["Periods", "periods", "plot"]

_WIDTH, _TREND, _BAR, _MARGIN = 860, 160, 26, 16
# Bars of the trend; with more days each is several days.
_MOST_BARS = 120
_LONGEST = 96
_YEAR = 366
# What XML 1.0 has no characters for.
_INVALID = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLE = (
    "svg{color:#1b1f24;font:13px system-ui,sans-serif}"
    "@media(prefers-color-scheme:dark){svg{color:#e6e8eb}}"
    "text{fill:currentColor}.bar{fill:#4078c0}.line{stroke:currentColor;stroke-opacity:.4}"
    ".name{font-size:12px}.small{font-size:11px;fill-opacity:.7}"
)


def plot(tally: Tally, top: int = 10) -> str:
    """The picture.

    Args:
        tally: what was counted.
        top: the number of failures.
    """
    body = [*_trend(tally)]
    y = _MARGIN + _TREND + 64
    failures = tally.ranked()[:top]
    body.append(
        _text(_MARGIN, y - 12, f"The {len(failures)} most frequent of {counted(len(tally.buckets), 'failure')}")
    )
    most = max((bucket.hits for _, bucket in failures), default=1)
    for key, bucket in failures:
        width = max(1.0, bucket.hits / most * (_WIDTH - 2 * _MARGIN - 80))
        body.append(f"<g><title>{_escaped(bucket.name)} {_escaped(key)}</title>")
        body.append(f'<rect class="bar" x="{_MARGIN}" y="{y + 14}" width="{width:.1f}" height="6"/>')
        body.append(_text(_MARGIN, y + 10, _shortened(bucket.name), "name"))
        body.append(f"{_text(_MARGIN + width + 6, y + 20, f'{bucket.hits:,}', 'small')}</g>")
        y += _BAR + 6
    height = y + _MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    label = f"{counted(tally.crashes, 'crash', 'crashes')} in {counted(len(tally.buckets), 'bucket')}"
    return "\n".join([f'{head} role="img" aria-label="{label}">', f"<style>{_STYLE}</style>", *body, "</svg>", ""])


class Periods(NamedTuple):
    """The bars of a trend.

    Attributes:
        first: the first day.
        last: the last day.
        step: days of each bar.
        bars: the number of bars.
    """

    first: date
    last: date
    step: int
    bars: int

    @property
    def begins(self) -> list[date]:
        """The first day of each bar."""
        return [self.first + timedelta(days=number * self.step) for number in range(self.bars)]

    def counts(self, days: Mapping[date, int]) -> list[int]:
        """The sum of each bar."""
        found = [0] * self.bars
        for day, hits in days.items():
            if self.first <= day <= self.last:
                found[(day - self.first).days // self.step] += hits
        return found

    def counts_of(self, bucket: Bucket) -> list[int]:
        """The sum of each bar for one failure."""
        return self.counts(_dated(bucket))


def periods(tally: Tally) -> tuple[Periods, list[int]] | None:
    """The bars of all crashes, and the sum of each; None if no crash states a time."""
    days = _days(tally)
    if not days:
        return None
    shown = _periods(days)
    return shown, shown.counts(days)


def _periods(days: Counter[date]) -> Periods:
    first, last = _span(days)
    span = (last - first).days + 1
    step = -(-span // _MOST_BARS)
    return Periods(first, last, step, -(-span // step))


def _trend(tally: Tally) -> Iterator[str]:
    """Bars of crashes by day."""
    days = _days(tally)
    yield _text(_MARGIN, _MARGIN + 12, f"{tally.crashes:,} crashes, by the day that they state")
    if not days:
        yield _text(_MARGIN, _MARGIN + 40, "None of them states a time.", "small")
        return
    shown = _periods(days)
    first, last, step, count = shown
    bars = Counter[int](dict(enumerate(shown.counts(days))))
    most = max(bars.values())
    width = (_WIDTH - 2 * _MARGIN) / count
    base = _MARGIN + 24 + _TREND
    for number, hits in sorted((+bars).items()):
        tall = hits / most * (_TREND - 8)
        begin = first + timedelta(days=number * step)
        end = begin + timedelta(days=min(step - 1, (last - begin).days))
        title = f"{begin}: {hits:,}" if begin == end else f"{begin} to {end}: {hits:,}"
        yield (
            f'<rect class="bar" x="{_MARGIN + number * width:.1f}" y="{base - tall:.1f}" '
            f'width="{max(1.0, width - 1):.1f}" height="{tall:.1f}"><title>{title}</title></rect>'
        )
    yield f'<line class="line" x1="{_MARGIN}" y1="{base}" x2="{_WIDTH - _MARGIN}" y2="{base}"/>'
    yield _text(_MARGIN, base + 14, str(first), "small")
    yield _text(_WIDTH - _MARGIN, base + 14, str(last), "small", end=True)
    yield _text(_WIDTH - _MARGIN, _MARGIN + 30, f"{most:,}", "small", end=True)


def _span(days: Counter[date]) -> tuple[date, date]:
    """The first and the last day to show. Of more than a year, a hundredth of the crashes is left out at either end.

    Clocks of devices may be wrong by decades, and one such crash would leave no room for the others.
    """
    found = sorted(days)
    if (found[-1] - found[0]).days <= _YEAR:
        return found[0], found[-1]
    few = days.total() / 100
    ends = []
    for ordered in (found, found[::-1]):
        left_out = 0
        for day in ordered:
            left_out += days[day]
            if left_out > few:
                ends.append(day)
                break
    return ends[0], ends[1]


def _days(tally: Tally) -> Counter[date]:
    """Crashes by day."""
    days: Counter[date] = Counter()
    for bucket in tally.buckets.values():
        days.update(_dated(bucket))
    return days


def _dated(bucket: Bucket) -> Counter[date]:
    """The crashes of a failure by day. A text that is not a date, such as the 99th of a month, is left out."""
    days: Counter[date] = Counter()
    for text, hits in bucket.days.items():
        try:
            days[date.fromisoformat(text)] += hits
        except ValueError:
            continue
    return days


def _text(x: float, y: float, text: str, kind: str = "", *, end: bool = False) -> str:
    anchor = ' text-anchor="end"' if end else ""
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named}{anchor}>{_escaped(text)}</text>'


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _escaped(text: str) -> str:
    return escape(_INVALID.sub("\N{REPLACEMENT CHARACTER}", text))
