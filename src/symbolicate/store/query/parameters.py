"""The parameters of a query, read from the URL's text. All problems are reported at once."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from symbolicate.store.query.dates import FORMS, read_date
from symbolicate.store.query.errors import QueryError
from symbolicate.store.query.filter import FilterError, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from symbolicate.store.query.filter import Node
    from symbolicate.store.query.values import Values

__all__ = ["LARGEST_PAGE", "Order", "Parameters", "next_link"]

LARGEST_PAGE = 10_000
_MOST_SKIPPED = 2**31 - 1
_LONGEST = 300
_WHOLE = re.compile(r"\d{1,10}", re.ASCII)
_PLAIN = "/ :,'()".replace(" ", "")  # characters of a value that are not escaped in a link


class Order(NamedTuple):
    """A field to order by."""

    field: str
    descending: bool


class Parameters:
    """Reads parameters and collects their problems.

    Args:
        given: names and values; the case of names does not matter, unknown names are ignored.
        today: the current date, UTC.
    """

    def __init__(self, given: Mapping[str, str], today: date | None = None) -> None:
        self._given = {name.lower(): value.strip() for name, value in given.items()}
        self.today = today or datetime.now(UTC).date()
        self._problems: list[str] = []

    def text(self, name: str, *, required: bool = False) -> str:
        """A text; empty if it is not given."""
        value = self._given.get(name.lower(), "")
        if not value and required:
            self._problems.append(f"{name} parameter is required")
        if len(value) > _LONGEST:
            self._problems.append(f"{name} parameter cannot be longer than {_LONGEST} characters")
            return ""
        return value

    def dates(self, days_before: int = 0) -> tuple[date, date]:
        """`startDate` and `endDate`, both inclusive.

        Args:
            days_before: the default of `startDate`, in days before the current date.
        """
        start = self._date("startDate", self.today - timedelta(days=days_before))
        end = self._date("endDate", max(self.today, start) if days_before == 0 else self.today)
        if start > end:
            self._problems.append("startDate parameter cannot be later than endDate")
        return start, end

    def page(self) -> tuple[int, int]:
        """`top` and `skip`."""
        top = self._number("top", LARGEST_PAGE)
        if top > LARGEST_PAGE:
            self._problems.append(f"top parameter cannot be more than {LARGEST_PAGE}")
        elif top < 1:
            self._problems.append("top parameter cannot be less than 1")
        skip = self._number("skip", 0)
        if skip > _MOST_SKIPPED:
            self._problems.append(f"skip parameter cannot be more than {_MOST_SKIPPED}")
        return top, skip

    def one_of(self, name: str, allowed: Collection[str], default: str) -> str:
        """One of some words, in any case."""
        value = self._given.get(name.lower(), "").lower() or default
        if value not in allowed:
            self._problems.append(f"{name} parameter must be one of {', '.join(allowed)}")
        return value

    def fields(self, name: str, allowed: Collection[str]) -> list[str]:
        """Some fields, each once, in the order given."""
        known = {field.lower(): field for field in allowed}
        out: list[str] = []
        for part in self._parts(name):
            field = known.get(part.lower())
            if field is None:
                self._problems.append(
                    f"{name} parameter names the unknown field '{part[:40]}'; use {', '.join(allowed)}"
                )
            elif field not in out:
                out.append(field)
        return out

    def order(self, allowed: Collection[str]) -> list[Order]:
        """`orderby`."""
        known = {field.lower(): field for field in allowed}
        out: list[Order] = []
        for part in self._parts("orderby"):
            field, *rest = part.split()
            direction = " ".join(rest).lower() or "asc"
            if field.lower() not in known:
                self._problems.append(
                    f"orderby parameter names the unknown field '{field[:40]}'; use {', '.join(allowed)}"
                )
            elif direction not in ("asc", "desc"):
                self._problems.append(
                    f"orderby parameter must have asc or desc after '{field}', not '{direction[:40]}'"
                )
            elif all(known[field.lower()] != one.field for one in out):
                out.append(Order(known[field.lower()], direction == "desc"))
        return out

    def filter(self, allowed: Collection[str], values: Mapping[str, Values]) -> Node | None:
        """`filter`.

        Args:
            allowed: the fields it may name.
            values: the values of fields that cannot have any text.
        """
        text = self._given.get("filter", "")
        if not text:
            return None
        try:
            return parse(text, allowed, values)
        except FilterError as error:
            self._problems.append(f"filter parameter {error}")
            return None

    def check(self) -> None:
        """Raise the problems that were found.

        Raises:
            QueryError: there are problems.
        """
        if self._problems:
            raise QueryError(*self._problems)

    def problem(self, text: str) -> None:
        """Record a problem."""
        self._problems.append(text)

    def given(self, name: str) -> str:
        """A parameter's text as it was given; empty if it was not."""
        return self._given.get(name.lower(), "")

    def _parts(self, name: str) -> list[str]:
        parts = [part.strip() for part in self._given.get(name.lower(), "").split(",")]
        return [part for part in parts if part]

    def _date(self, name: str, default: date) -> date:
        text = self._given.get(name.lower(), "")
        if not text:
            return default
        found = read_date(text)
        if found is None:
            self._problems.append(f"{name} parameter is not a date in the format {FORMS}")
            return default
        return found

    def _number(self, name: str, default: int) -> int:
        text = self._given.get(name.lower(), "")
        if not text:
            return default
        if not _WHOLE.fullmatch(text):
            self._problems.append(f"{name} parameter must be a whole number, 0 or greater")
            return default
        return int(text)


def next_link(method: str, parameters: list[tuple[str, str]]) -> str:
    """A link relative to the analytics API's root. Spaces and what would end a value are escaped, the rest is plain."""
    return f"{method}?" + "&".join(f"{name}={quote(value, safe=_PLAIN)}" for name, value in parameters if value)
