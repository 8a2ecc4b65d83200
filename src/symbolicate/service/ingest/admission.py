"""Admission: which of a request's reports and attachments are stored, within the limits of their app.

What comes in for an app while a commit is under way goes into the next one together. A request is answered when the
commit that it was part of is durable.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import structs

from symbolicate.store.intake.group_commit import GroupCommit
from symbolicate.store.reports.reports import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from symbolicate.service.config import Config
    from symbolicate.service.limits.capacity import Capacity
    from symbolicate.store import App, Attachment, Store, Upload

__all__ = ["Admission", "Outcome"]

# In one commit: more would keep the first of them waiting for no gain.
_REQUESTS = 256
_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request.

    Attributes:
        ids: public ids of its reports that were kept, in order.
        throttled: log ids of its reports that were not, because the app had sent as many as it may in a minute.
        throttled_attachments: ids of attachments that were not, for the same reason or because their report has as many
            as it may. Those of the reports that were not kept are not named.
        throttled_properties: the reports whose properties were not, in the same way.
    """

    ids: list[str]
    throttled: list[str]
    throttled_attachments: list[str]
    throttled_properties: list[str]


@dataclass(slots=True)
class _LeftOut:
    """What is not kept of a request: log ids, attachments by their places, properties by their reports."""

    reports: list[str] = field(default_factory=list)
    attachments: set[int] = field(default_factory=set)
    properties: set[str] = field(default_factory=set)

    def add(self, extra: int | str) -> None:
        """Leave out an attachment, or properties."""
        if isinstance(extra, int):
            self.attachments.add(extra)
        else:
            self.properties.add(extra)


@dataclass(slots=True)
class _Request:
    app: App
    reports: Sequence[Upload]
    attachments: Sequence[Attachment]
    properties: Mapping[str, Mapping[str, str]]
    left_out: _LeftOut = field(default_factory=_LeftOut)

    def sizes(self) -> Iterator[int]:
        """The bytes of each report and attachment."""
        yield from (len(report.data) for report in self.reports)
        yield from (len(attachment.data) for attachment in self.attachments)

    def extras(self) -> Iterator[tuple[int | str, str]]:
        """What belongs to reports: places of attachments and reports of properties, and the id of the report of each.

        Properties are first, because they are small and few.
        """
        yield from ((error_id, spelled(error_id)) for error_id in self.properties)
        yield from ((place, spelled(one.error_id)) for place, one in enumerate(self.attachments))

    def names(self) -> Iterator[str]:
        """The crashes that the request is about."""
        yield from (report.log_id for report in self.reports)
        yield from (attachment.error_id for attachment in self.attachments)
        yield from self.properties


class Admission:
    """Where reports enter the store. Used by one event loop.

    Args:
        store: the store.
        config: how many reports an app may send, if not as the app itself says, and how many attachments of each.
        capacity: says whether there is room for them.
    """

    def __init__(self, store: Store, config: Config, capacity: Capacity) -> None:
        self._store = store
        self._capacity = capacity
        self._per_minute = config.ingest.reports_per_minute
        self._most_per_report = config.storage.most_attachments_per_report
        self._per_report = min(config.storage.attachments_per_report, self._most_per_report)
        self._commits: dict[int, GroupCommit[_Request, Outcome]] = {}  # by app, while there are requests

    async def accept(
        self,
        app: App,
        reports: Sequence[Upload],
        attachments: Sequence[Attachment] = (),
        properties: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Outcome:
        """Store what one request brought; it is durable when this returns.

        Raises:
            StoreUnavailable: it is not stored, or it is not known whether it is; it may be sent again.
        """
        request = _Request(app, reports, attachments, properties or {})
        commits = self._commits.get(app.id)
        if commits is None:
            commits = self._commits[app.id] = self._group_commit()
        try:
            return await commits.wait_for(request, sum(request.sizes()))
        finally:
            if commits.idle and self._commits.get(app.id) is commits:
                del self._commits[app.id]

    def _group_commit(self) -> GroupCommit[_Request, Outcome]:
        from symbolicate.store import StoreUnavailable

        return GroupCommit(
            self._commit,
            largest=_BYTES,
            most=_REQUESTS,
            # Two reports of one id in one commit, and an attachment of that id, would leave open whose it is.
            subjects=_Request.names,
            # One of them may be what is refused; that the store is not available holds for all.
            alone=lambda error: not isinstance(error, StoreUnavailable),
        )

    def _commit(self, batch: list[_Request]) -> list[Outcome]:
        """Store what some requests of an app brought, in one transaction. On a thread."""
        from symbolicate.store import StoreUnavailable

        app = batch[-1].app
        now = datetime.now(UTC)
        sizes = [size for request in batch for size in request.sizes()]
        self._capacity.check_reports(app, sizes)
        limited, counted = self._throttle(app, batch, now)
        reports: list[list[Upload]] = []
        attachments: list[Attachment] = []
        properties: dict[str, Mapping[str, str]] = {}
        for request in batch:
            left_out = request.left_out
            reports.append([report for report in request.reports if report.log_id not in left_out.reports])
            attachments += (
                one
                for place, one in enumerate(request.attachments)
                if place not in left_out.attachments and one.error_id not in left_out.reports
            )
            gone = left_out.properties.union(left_out.reports)
            properties |= {name: one for name, one in request.properties.items() if name not in gone}
        together = [report for some in reports for report in some]
        ids: list[str] = []
        if together or attachments or properties:
            again = counted
            try:
                accepted = self._store.accept(app, together, attachments, now, properties)
                again = sum(not one.new for one in accepted.reports)
            finally:
                # What is not kept will be sent again, and what was sent again has been counted before.
                if limited is not None and again:
                    with suppress(StoreUnavailable):
                        self._store.apps.give_back(limited, again, now)
            ids = [one.public_id for one in accepted.reports]
            self._capacity.taken(app.id, sum(sizes))
        kept = []
        for request, some in zip(batch, reports, strict=True):
            throttled = [request.attachments[place].attachment_id for place in sorted(request.left_out.attachments)]
            told = [name for name in request.properties if name in request.left_out.properties]
            kept.append(Outcome(ids[: len(some)], request.left_out.reports, throttled, told))
            ids = ids[len(some) :]
        return kept

    def _throttle(self, app: App, batch: list[_Request], now: datetime) -> tuple[App | None, int]:
        """Leave out the last reports where there are more than the app may send now.

        What comes for a report counts with it, as far as the report has few attachments, whether it comes in the same
        request or later. Beyond, and without its report, it counts like a report: nothing else would limit what
        somebody sends. Beyond what one report may have, it is left out whatever the limit.

        Returns:
            The app with the limit that was counted against, if there is one, and how much counted and is kept.
        """
        if self._per_minute is not None:
            settings = structs.replace(app.settings, throttle_per_minute=self._per_minute or None)
            app = replace(app, settings=settings)
        for request in batch:
            request.left_out = _LeftOut()
        counted = self._counted(app, batch)
        if app.settings.throttle_per_minute is None:
            return None, 0
        count = sum(len(request.reports) + len(strays) for request, strays in counted)
        if not count:
            return None, 0
        admitted = left = self._store.apps.admit(app, count, now)
        for request in batch:
            request.left_out.reports = [report.log_id for report in request.reports[left:]]
            left = max(0, left - len(request.reports))
        for request, strays in counted:
            for stray in strays[left:]:
                request.left_out.add(stray)
            left = max(0, left - len(strays))
        return app, admitted

    def _counted(self, app: App, batch: list[_Request]) -> list[tuple[_Request, list[int | str]]]:
        """What counts like reports, of each request: places of attachments, reports of properties.

        What no report may have is left out of its request. What is sent again is neither: it was counted before.
        """
        named = {log_id for request in batch for _, log_id in request.extras()}
        counts, known = self._store.reports.attachment_counts(app, named) if named else ({}, {})
        found: list[tuple[_Request, list[int | str]]] = []
        for request in batch:
            extras = list(request.extras())
            more = Counter(log_id for _, log_id in extras)
            here = {spelled(report.log_id) for report in request.reports}
            # Clients that give all crashes one id have as much for each of them.
            reports = Counter(known)
            if any(
                (name not in known and name not in here)
                or counts.get(name, 0) + one > self._per_report * max(1, known.get(name, 0))
                for name, one in more.items()
            ):
                again = self._store.kept_before(app, dict(enumerate(request.attachments)), request.properties)
                extras = [(extra, log_id) for extra, log_id in extras if extra not in again]
                reports.update(self._store.new_ids(app, request.reports))
            else:
                reports.update(here)
            counted = []
            for extra, log_id in extras:
                counts[log_id] = count = counts.get(log_id, 0) + 1
                if count > self._most_per_report * max(1, reports[log_id]):
                    request.left_out.add(extra)
                elif count > self._per_report * reports[log_id]:
                    counted.append(extra)
            found.append((request, counted))
        return found
