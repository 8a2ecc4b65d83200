"""The health of an app as facts, for every way in which they are shown: pages, terminals, JSON, agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from symbolicate.render.share import points, share_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.store import App, Store
    from symbolicate.store.query import CrashFree, Devices, FailureHistory, Range
    from symbolicate.store.query.trends import FailureTrend, Stacked

__all__ = [
    "CrashFreeFacts",
    "DeviceFacts",
    "FailureFacts",
    "HealthFacts",
    "VersionDays",
    "crash_free_facts",
    "health_facts",
]

_DIGITS = 6  # of shares


class DeviceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The devices of a day or of a period.

    Attributes:
        share: the share of active devices without a crash, from 0 to 1.
        error: how far it may be off; 0 if it is exact. 19 of 20 estimates are within it.
        active: devices that were in use, with those that crashed.
        crashed: devices with a crash.
        active_error: how far `active` may be off, as a share of it.
        crashed_error: the same of `crashed`.
    """

    share: float
    error: float
    active: int
    crashed: int
    active_error: float
    crashed_error: float

    @property
    def text(self) -> str:
        """The share, with its error."""
        return share_text(self.share, self.error)

    @property
    def counts(self) -> str:
        """The numbers in words; `about` those that are estimates."""
        crashed, active = (
            f"{'about ' if error else ''}{count:,}"
            for count, error in ((self.crashed, self.crashed_error), (self.active, self.active_error))
        )
        return f"{crashed} of {active} devices crashed"


class CrashFreeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The devices of an app without a crash.

    Attributes:
        period: in the period, on the days that are known; None if it is unknown.
        before: in the period before.
        days: on each day.
        known_days: on how many days devices were reported as active.
        unknown: why the period is unknown; None if it is known.
    """

    period: DeviceFacts | None
    before: DeviceFacts | None
    days: list[DeviceFacts | None]
    known_days: int
    unknown: str | None

    @property
    def text(self) -> str:
        """The share of the period, or `unknown`."""
        return self.period.text if self.period is not None else "unknown"

    @property
    def details(self) -> str:
        """Where the share comes from, and how it changed; or why it is unknown."""
        if self.period is None:
            return self.unknown or ""
        parts = [self.period.counts]
        if self.before is not None:
            parts.append(f"{points(self.period.share, self.before.share)} against the time before")
        if self.known_days < len(self.days):
            parts.append(f"session logs of {self.known_days} of {len(self.days)} days")
        return "; ".join(parts)


class VersionDays(msgspec.Struct, frozen=True):
    """Hits per day of one version; None for all versions without a series of their own."""

    version: str | None
    days: list[int]
    total: int


class FailureFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A failure.

    Attributes:
        mark: `new` if its first hit is in the period, `returned` if only the time before has none.
    """

    name: str
    hash: str
    hits: int
    before: int
    days: list[int]
    mark: str | None
    state: str
    installations: int
    first_seen: str | None


class HealthFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The health of an app in a period; the days are those from `start` to `end`.

    Attributes:
        app: its name for people.
        start: the first day; `from` in JSON.
        end: the last day; `to` in JSON.
        total: hits in the period.
        before: hits in the period before.
        failure_count: failures with hits.
        crash_free: devices without a crash.
        crashes: crashes per day by version.
        handled: handled errors per day by version.
        failures: the most frequent failures.
        fresh: new and returned failures.
        shares: for each dimension its values, with their hits in both periods.
    """

    app: str
    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")
    total: int
    before: int
    failure_count: int
    crash_free: CrashFreeFacts
    crashes: list[VersionDays]
    handled: list[VersionDays]
    failures: list[FailureFacts]
    fresh: list[FailureFacts]
    shares: dict[str, list[tuple[str, int, int]]]


def health_facts(store: Store, app: App, wanted: Range, top: int) -> HealthFacts:
    """The health of an app.

    Args:
        store: the store.
        app: the app.
        wanted: the period, and which hits are counted.
        top: failures at most, in each list.
    """
    names = f"{app.owner}/{app.name}" if app.owner and app.name else app.name
    found = store.query.trends(app, wanted, top=top)
    known = store.query.histories(app, [one.hash for one in (*found.fresh, *found.failures)])
    return HealthFacts(
        app=app.product_name or names or app.application_id,
        start=wanted.start.isoformat(),
        end=wanted.end.isoformat(),
        total=found.total,
        before=found.before,
        failure_count=found.failure_count,
        crash_free=crash_free_facts(store.query.crash_free(app, wanted)),
        crashes=_versions(found.crashes),
        handled=_versions(found.handled),
        failures=[_failure(one, known.get(one.hash), wanted) for one in found.failures],
        fresh=[_failure(one, known.get(one.hash), wanted) for one in found.fresh],
        shares={name: [(one.value, one.hits, one.before) for one in some] for name, some in found.shares.items()},
    )


def crash_free_facts(found: CrashFree) -> CrashFreeFacts:
    """The devices without a crash."""
    return CrashFreeFacts(
        period=_devices(found.period),
        before=_devices(found.before),
        days=[_devices(day) for day in found.days],
        known_days=found.known_days,
        unknown=found.unknown or None,
    )


def _devices(found: Devices | None) -> DeviceFacts | None:
    if found is None:
        return None
    return DeviceFacts(
        share=round(found.share, _DIGITS) if 0 < found.share < 1 else found.share,
        error=round(found.error, _DIGITS),
        active=found.active,
        crashed=found.crashed,
        active_error=round(found.active_error, _DIGITS),
        crashed_error=round(found.crashed_error, _DIGITS),
    )


def _versions(found: Sequence[Stacked]) -> list[VersionDays]:
    return [VersionDays(one.version, one.days, one.total) for one in found]


def _failure(one: FailureTrend, history: FailureHistory | None, wanted: Range) -> FailureFacts:
    first = history.first_seen if history is not None else None
    mark = None if one.before or first is None else "new" if first >= wanted.start else "returned"
    return FailureFacts(
        name=one.name,
        hash=one.hash,
        hits=one.hits,
        before=one.before,
        days=one.days,
        mark=mark,
        state=history.state if history is not None else "open",
        installations=history.installations if history is not None else 0,
        first_seen=first.isoformat() if first is not None else None,
    )
