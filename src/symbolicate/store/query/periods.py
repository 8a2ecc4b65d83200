"""The periods that rows are counted in: days, weeks or months from the first day of a range on.

The Store documents a row's date as the first date of its range, and shows a week that begins with the request's
`startDate` on a Thursday. So a week is seven days from `startDate`, and a month goes to the day before the same day of
the next month.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

__all__ = ["LEVELS", "Periods"]

LEVELS = ("day", "week", "month")


class Periods:
    """The periods of a range.

    Args:
        level: `day`, `week` or `month`.
        start: the first date.
        end: the last date.
    """

    def __init__(self, level: str, start: date, end: date) -> None:
        self.level = level
        self.start = start
        self.starts: list[date] = []
        if level == "month":
            step = 0
            while (first := _months_later(start, step)) is not None and first <= end:
                self.starts.append(first)
                step += 1

    def number(self, day: date) -> int:
        """The period of a date of the range."""
        if self.level == "day":
            return (day - self.start).days
        if self.level == "week":
            return (day - self.start).days // 7
        number = (day.year - self.start.year) * 12 + day.month - self.start.month
        return number if number < len(self.starts) and self.starts[number] <= day else number - 1

    def first(self, number: int) -> date:
        """The first date of a period."""
        if self.level == "month":
            return self.starts[number]
        return self.start + timedelta(days=number if self.level == "day" else 7 * number)


def _months_later(start: date, months: int) -> date | None:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > date.max.year:
        return None
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
