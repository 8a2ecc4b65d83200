"""The periods of a batch's crashes, and its picture: crashes by day, and the most frequent failures."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from symbolicate.summary.picture import Bar, Picture, Ranked, picture
from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from symbolicate.summary.tally import Bucket, Tally

__all__ = ["Periods", "periods", "plot"]

# Bars of the trend; with more days each is several days.
_MOST_BARS = 120
_YEAR = 366


def plot(tally: Tally, top: int = 10) -> str:
    """The picture, as SVG.

    Args:
        tally: what was counted.
        top: the number of failures.
    """
    failures = tally.ranked()[:top]
    found = periods(tally)
    bars = []
    if found is not None:
        shown, counts = found
        for begin, hits in zip(shown.begins, counts, strict=True):
            end = begin + timedelta(days=min(shown.step - 1, (shown.last - begin).days))
            bars.append(Bar(begin, end, hits))
    return picture(
        Picture(
            f"{counted(tally.crashes, 'crash', 'crashes')} in {counted(len(tally.buckets), 'bucket')}",
            f"{counted(tally.crashes, 'crash', 'crashes')}, by the day that they state",
            bars,
            f"The {len(failures)} most frequent of {counted(len(tally.buckets), 'failure')}",
            [Ranked(bucket.name, key, bucket.hits) for key, bucket in failures],
        )
    )


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
