"""Admission: which of a request's reports and attachments are stored, within the limits of their app.

Requests of an app that are received during a commit are committed together afterwards. A request is answered when its
commit is durable.
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

# In one commit: more would delay the first of them without a gain.
_REQUESTS = 256
_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a request.

    Attributes:
        ids: public ids of its stored reports, in order.
        throttled: log ids of reports that were not stored, because the app has used up its limit for this minute.
        throttled_attachments: ids of attachments that were not stored, for the same reason or because their report has
            the most attachments it may have. Attachments of reports that were not stored are not listed.
        throttled_properties: the log ids of reports whose properties were not stored, in the same way.
    """

    ids: list[str]
    throttled: list[str]
    throttled_attachments: list[str]
    throttled_properties: list[str]


@dataclass(slots=True)
class _LeftOut:
    """What is not stored of a request: log ids, attachments by index, properties by their reports."""

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
        """Attachments by index and properties by their reports, each with the id of its report.

        Properties are first, because they are small and few.
        """
        yield from ((error_id, spelled(error_id)) for error_id in self.properties)
        yield from ((place, spelled(one.error_id)) for place, one in enumerate(self.attachments))

    def names(self) -> Iterator[str]:
        """The ids of the crashes that the request is about."""
        yield from (report.log_id for report in self.reports)
        yield from (attachment.error_id for attachment in self.attachments)
        yield from self.properties


class Admission:
    """Stores the reports of requests. Used by one event loop.

    Args:
        store: the store.
        config: limits that override those of apps, and the limits of attachments.
        capacity: quotas and free disk space.
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
            # A single request may be refused; that the store is not available concerns all of them.
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
            if request.attachments:
                attachments += (
                    one
                    for place, one in enumerate(request.attachments)
                    if place not in left_out.attachments and one.error_id not in left_out.reports
                )
            if request.properties:
                gone = left_out.properties.union(left_out.reports)
                properties |= {name: one for name, one in request.properties.items() if name not in gone}
        uploads = [report for some in reports for report in some]
        ids: list[str] = []
        if uploads or attachments or properties:
            again = counted
            try:
                accepted = self._store.accept(app, uploads, attachments, now, properties)
                again = sum(not one.new for one in accepted.reports)
            finally:
                # Reports that are not stored will be sent again, and those that were sent again have been counted
                # before.
                if limited is not None and again:
                    with suppress(StoreUnavailable):
                        self._store.apps.give_back(limited, again, now)
            ids = [one.public_id for one in accepted.reports]
            self._capacity.taken(app.id, sum(sizes))
        outcomes = []
        first = 0
        for request, some in zip(batch, reports, strict=True):
            left_out = request.left_out
            throttled = [request.attachments[place].attachment_id for place in sorted(left_out.attachments)]
            left_out_properties = [name for name in request.properties if name in left_out.properties]
            outcomes.append(Outcome(ids[first : first + len(some)], left_out.reports, throttled, left_out_properties))
            first += len(some)
        return outcomes

    def _throttle(self, app: App, batch: list[_Request], now: datetime) -> tuple[App | None, int]:
        """Leave out the last reports if there are more than the app may send now.

        The first attachments of a report are not counted, in whatever request they are sent. Further attachments, and
        those without a report, count like reports, because nothing else would limit them. Attachments beyond the most
        that a report may have are left out in any case.

        Returns:
            The app with the limit that applied, if there is one, and how much was counted and is stored.
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
        """The attachments (by index) and properties (by report) of each request that count like reports.

        Those that no report may have are left out of their request. Those that are sent again were counted before.
        """
        named = {log_id for request in batch for _, log_id in request.extras()}
        counts, known = self._store.reports.attachment_counts(app, named) if named else ({}, {})
        found: list[tuple[_Request, list[int | str]]] = []
        for request in batch:
            if not named:
                found.append((request, []))
                continue
            extras = list(request.extras())
            more = Counter(log_id for _, log_id in extras)
            here = {spelled(report.log_id) for report in request.reports}
            # For clients that give all crashes the same id, the limit applies to each crash.
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
