"""The filters of pages, which are in the address: a view is a link."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from symbolicate.service.errors import RefusedError
from symbolicate.store.query import Range
from symbolicate.store.query.trends import EVENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Request

__all__ = ["NAMES", "PERIODS", "asked_range", "query_of"]

NAMES = {
    "version": "application_version",
    "os": "os_version",
    "release": "os_release",
    "market": "market",
    "device": "device_type",
    "file": "file_name",
}
"""The parameters of addresses, with the dimensions that they select."""

LABELS = {
    "version": "Version",
    "os": "System",
    "release": "System release",
    "market": "Market",
    "device": "Device",
    "file": "Program",
}
"""The parameters as people read them."""

PERIODS = (7, 14, 30, 90)
"""Days of the periods that pages offer."""

_DAYS = 30
_MOST_DAYS = 366
_VALUE_LENGTH = 300
_EARLIEST = date(1971, 1, 1)


def asked_range(request: Request[Any, Any, Any]) -> Range:
    """Which hits the address asks for: without `from` and `to`, those of the last 30 days.

    Raises:
        RefusedError: a parameter is wrong.
    """
    query = request.query_params
    events = query.get("event", "") or "crash"
    if events not in EVENTS:
        raise RefusedError(400, "BadRequest", f"event is one of {', '.join(EVENTS)}")
    end = _date(query.get("to", ""), "to") or datetime.now(UTC).date()
    days = query.get("days", "") or str(_DAYS)
    if not days.isascii() or not days.isdigit() or not 1 <= int(days[:4]) <= _MOST_DAYS:
        raise RefusedError(400, "BadRequest", f"days is a number from 1 to {_MOST_DAYS}")
    start = _date(query.get("from", ""), "from") or end - timedelta(days=int(days) - 1)
    if not 0 <= (end - start).days < _MOST_DAYS:
        raise RefusedError(400, "BadRequest", f"from is not after to, and at most {_MOST_DAYS} days before it")
    values = {name: query.get(parameter, "")[:_VALUE_LENGTH] for parameter, name in NAMES.items()}
    return Range(start, end, {name: value for name, value in values.items() if value}, events)


def query_of(wanted: Range, **changes: str | None) -> str:
    """The query of an address that asks for this.

    Args:
        wanted: which hits.
        changes: parameters with other values; None or an empty value leaves one out.
    """
    parameters: dict[str, str | None] = {"from": wanted.start.isoformat(), "to": wanted.end.isoformat()}
    if wanted.events != "crash":
        parameters["event"] = wanted.events
    parameters |= {parameter: wanted.values.get(name) for parameter, name in NAMES.items()}
    return _encoded(parameters | changes)


def _encoded(parameters: Mapping[str, str | None]) -> str:
    return "?" + urlencode({name: value for name, value in parameters.items() if value})


def _date(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise RefusedError(400, "BadRequest", f"{name} is a date such as 2026-01-31") from None
    if not _EARLIEST <= found <= date(9000, 1, 1):
        raise RefusedError(400, "BadRequest", f"{name} is a date such as 2026-01-31")
    return found
