"""The questions of `symbolicate query`, which a store and a service answer alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from symbolicate.service.health_facts import HealthFacts
    from symbolicate.store import Page

__all__ = ["Answers", "Period"]


class Period(NamedTuple):
    """A period, and which hits of it are counted.

    Attributes:
        end: the last day.
        days: the number of days.
        events: the kind of event.
        version: the only version; None for all.
    """

    end: date
    days: int
    events: str
    version: str | None


class Answers(Protocol):
    """Who answers questions about an app."""

    def page(self, question: str, params: Mapping[str, str]) -> Page:
        """The answer to `failurehits`, `failuredetails` or `stacktrace`."""

    def missing(self, top: int) -> Page:
        """The modules that lack symbols or unwind rules."""

    def health(self, period: Period, top: int) -> HealthFacts:
        """The health of the app."""

    def compare(self, period: Period, old: str, new: str) -> Page:
        """The failures of two versions."""

    def brief(self, failure_hash: str) -> str | None:
        """A failure in few words; None if no failure has this hash."""
