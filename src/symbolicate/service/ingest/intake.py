"""Keeping what requests brought, many requests in one transaction.

A commit waits for the disk however much is in it. So while one is under way, what comes in for the same app gathers,
and goes into the next one together. Nobody waits for company: alone, a request is committed at once. A request is
answered when the commit that it was part of is safe.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import structs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from symbolicate.service.config import Ingest
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
    """

    ids: list[str]
    throttled: list[str]


@dataclass(slots=True)
class _Request:
    reports: Sequence[Upload]
    attachments: Sequence[Attachment]
    properties: Mapping[str, Mapping[str, str]]
    answer: asyncio.Future[Kept]
    throttled: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        reports = sum(len(report.data) for report in self.reports)
        return reports + sum(len(attachment.data) for attachment in self.attachments)

    def names(self) -> Iterator[str]:
        """The crashes that the request is about."""
        yield from (report.log_id for report in self.reports)
        yield from (attachment.error_id for attachment in self.attachments)
        yield from self.properties


class Intake:
    """Where reports enter the store. Used by one event loop.

    Args:
        store: the store.
        settings: how many reports an app may send, if not as the app itself says.
    """

    def __init__(self, store: Store, settings: Ingest) -> None:
        self._store = store
        self._per_minute = settings.reports_per_minute
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
        from symbolicate.store import StoreUnavailable  # noqa: PLC0415 - loaded by now

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
            size += request.size
            if count and (size > _BYTES or not seen.isdisjoint(names)):
                break
            seen |= names
            count += 1
        batch, self._waiting[app_id] = waiting[:count], waiting[count:]
        return batch

    def _commit(self, app: App, batch: list[_Request]) -> list[Kept]:
        """Keep what some requests brought, in one transaction. On a thread."""
        from symbolicate.store import StoreUnavailable  # noqa: PLC0415 - loaded by now

        now = datetime.now(UTC)
        limited = self._throttle(app, batch, now)
        throttled = [set(request.throttled) for request in batch]
        reports = [
            [report for report in request.reports if report.log_id not in left_out]
            for request, left_out in zip(batch, throttled, strict=True)
        ]
        attachments = [
            attachment
            for request, left_out in zip(batch, throttled, strict=True)
            for attachment in request.attachments
            if attachment.error_id not in left_out
        ]
        properties = {name: facts for request in batch for name, facts in request.properties.items()}
        together = [report for some in reports for report in some]
        ids: list[str] = []
        if together or attachments or properties:
            again = len(together)
            try:
                accepted = self._store.accept(app, together, attachments, now, properties)
                again = sum(not one.new for one in accepted.reports)
            finally:
                # What is not kept will be sent again, and what was sent again has been counted before.
                if limited is not None and again:
                    with suppress(StoreUnavailable):
                        self._store.apps.give_back(limited, again, now)
            ids = [one.public_id for one in accepted.reports]
        kept = []
        for request, some in zip(batch, reports, strict=True):
            kept.append(Kept(ids[: len(some)], request.throttled))
            ids = ids[len(some) :]
        return kept

    def _throttle(self, app: App, batch: list[_Request], now: datetime) -> App | None:
        """Leave out the last reports where there are more than the app may send now.

        Returns:
            The app with the limit that its reports were counted against, if they were.
        """
        if self._per_minute is not None:
            settings = structs.replace(app.settings, throttle_per_minute=self._per_minute or None)
            app = replace(app, settings=settings)
        count = sum(len(request.reports) for request in batch)
        for request in batch:
            request.throttled = []
        if app.settings.throttle_per_minute is None or not count:
            return None
        left = self._store.apps.admit(app, count, now)
        for request in batch:
            request.throttled = [report.log_id for report in request.reports[left:]]
            left = max(0, left - len(request.reports))
        return app


def _answer(request: _Request, outcome: Kept | Exception) -> None:
    if request.answer.done():  # its client left
        return
    if isinstance(outcome, Exception):
        request.answer.set_exception(outcome)
    else:
        request.answer.set_result(outcome)
