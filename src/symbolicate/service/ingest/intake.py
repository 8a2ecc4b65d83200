"""Keeping what requests brought, many requests in one transaction.

A commit waits for the disk however much is in it. So while one is under way, what comes in for the same app gathers,
and goes into the next one together. Nobody waits for company: alone, a request is committed at once. A request is
answered when the commit that it was part of is safe.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import structs

from symbolicate.store.reports.reports import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from symbolicate.service.config import Config
    from symbolicate.service.limits.capacity import Capacity
    from symbolicate.store import App, Attachment, Store, Upload

__all__ = ["Intake", "Kept"]

# In one commit: more would keep the first of them waiting for no gain.
_REQUESTS = 256
_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
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
    reports: Sequence[Upload]
    attachments: Sequence[Attachment]
    properties: Mapping[str, Mapping[str, str]]
    answer: asyncio.Future[Kept]
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


class Intake:
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
        self._waiting: dict[int, list[_Request]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def keep(
        self,
        app: App,
        reports: Sequence[Upload],
        attachments: Sequence[Attachment] = (),
        properties: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Kept:
        """Keep what one request brought; it is durable when this returns.

        Raises:
            StoreUnavailable: it is not kept, or it is not known whether it is; it may be sent again.
        """
        request = _Request(reports, attachments, properties or {}, asyncio.get_running_loop().create_future())
        waiting = self._waiting.get(app.id)
        if waiting is not None:
            waiting.append(request)
        else:
            self._waiting[app.id] = [request]
            task = asyncio.create_task(self._work(app))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await request.answer

    async def _work(self, app: App) -> None:
        """Commit what waits for an app until nothing does."""
        while batch := self._next(app.id):
            try:
                kept = await asyncio.to_thread(self._commit, app, batch)
            except Exception as error:  # noqa: BLE001 - raised again by the requests
                await self._commit_each(app, batch, error)
            else:
                for request, one in zip(batch, kept, strict=True):
                    _answer(request, one)
        del self._waiting[app.id]

    async def _commit_each(self, app: App, batch: list[_Request], error: Exception) -> None:
        """What failed together may fail for one of them alone; that the store is not available is for all."""
        from symbolicate.store import StoreUnavailable

        for request in batch:
            if isinstance(error, StoreUnavailable) or len(batch) == 1:
                _answer(request, error)
                continue
            try:
                [kept] = await asyncio.to_thread(self._commit, app, [request])
            except Exception as own:  # noqa: BLE001 - raised again by the request
                _answer(request, own)
            else:
                _answer(request, kept)

    def _next(self, app_id: int) -> list[_Request]:
        """The requests that go into the next commit: the first that wait, as far as they are about different crashes.

        Two reports of one id in one commit, and an attachment of that id, would leave open whose it is.
        """
        waiting = self._waiting[app_id]
        seen: set[str] = set()
        count = size = 0
        for request in waiting[:_REQUESTS]:
            names = set(request.names())
            size += sum(request.sizes())
            if count and (size > _BYTES or not seen.isdisjoint(names)):
                break
            seen |= names
            count += 1
        batch, self._waiting[app_id] = waiting[:count], waiting[count:]
        return batch

    def _commit(self, app: App, batch: list[_Request]) -> list[Kept]:
        """Keep what some requests brought, in one transaction. On a thread."""
        from symbolicate.store import StoreUnavailable

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
            kept.append(Kept(ids[: len(some)], request.left_out.reports, throttled, told))
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


def _answer(request: _Request, outcome: Kept | Exception) -> None:
    if request.answer.done():  # its client left
        return
    if isinstance(outcome, Exception):
        request.answer.set_exception(outcome)
    else:
        request.answer.set_result(outcome)
