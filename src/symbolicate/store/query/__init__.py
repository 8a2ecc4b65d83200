"""Queries in the form of the Microsoft Store analytics API.

Parameters are passed as they are in the URL; results are pages in the documented form.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from symbolicate.store.content import bodies
from symbolicate.store.database.clock import day_of
from symbolicate.store.query.columns import Columns
from symbolicate.store.query.crash_free import CrashFree, Devices, crash_free
from symbolicate.store.query.errors import QueryError
from symbolicate.store.query.failuredetails import failuredetails
from symbolicate.store.query.failurehits import failurehits, read_hits_request
from symbolicate.store.query.failures import FailureHistory, NewestHit, histories, last_day, newest_hits
from symbolicate.store.query.page import Page
from symbolicate.store.query.search import FoundFailure, search_failures
from symbolicate.store.query.stacktrace import cab, stacktrace
from symbolicate.store.query.trends import Range, Trends, trends

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from symbolicate.store.access.apps import Apps
    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.records import App, Cab

__all__ = [
    "CrashFree",
    "Devices",
    "FailureHistory",
    "FoundFailure",
    "NewestHit",
    "Page",
    "Query",
    "QueryError",
    "Range",
    "Trends",
]

_WARM_DAYS = 31


class Query:
    """The queries of a store.

    Every method takes the URL's parameters: names in any case, unknown ones are ignored. The result for an
    application without data has no rows. An unknown `applicationId` is a wrong parameter, because a result without rows
    would look like an application without failures; only while there are no applications at all, every result is empty.
    """

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        apps: Apps,
        *,
        columns: Columns | None = None,
        may_see: Callable[[int], bool] = lambda _: True,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._apps = apps
        self._columns = columns if columns is not None else Columns(database)
        self._may_see = may_see

    def within(self, may_see: Callable[[int], bool]) -> Query:
        """The same queries, limited to the apps whose rows `may_see` allows."""
        return Query(self._database, self._blobs, self._apps, columns=self._columns, may_see=may_see)

    def _app(self, application_id: str) -> App | None:
        found = self._apps.by_application_id(application_id)
        if found is not None and self._may_see(found.id):
            return found
        if self._apps.list():
            raise QueryError("applicationId parameter names no application")
        return None

    def failurehits(self, params: Mapping[str, str], *, today: date | None = None) -> Page:
        """Counts of failures by day, week or month, and by any of the documented fields.

        Raises:
            QueryError: the parameters are wrong.
        """
        request = read_hits_request(params, today)
        return failurehits(request, self._app(request.application_id), self._columns)

    def trends(self, app: App, wanted: Range, *, top: int = 50, failure: str | None = None) -> Trends:
        """Hits per day by version and by failure in a period, and those of the period before.

        Args:
            app: the app.
            wanted: which hits are counted.
            top: failures at most.
            failure: the hash of the only failure that is counted; not that of one that is merged into another.
        """
        snapshot = self._columns.snapshot(app.id, day_of(wanted.before), day_of(wanted.end))
        return trends(snapshot, wanted, top, failure)

    def crash_free(self, app: App, wanted: Range) -> CrashFree:
        """The devices of a period without a crash, as far as devices say that they are in use."""
        return self._database.read(lambda connection: crash_free(connection, app.id, wanted))

    def histories(self, app: App, hashes: Sequence[str]) -> dict[str, FailureHistory]:
        """The histories of failures that are not merged into others, by hash."""
        return self._database.read(lambda connection: histories(connection, app.id, hashes))

    def newest_hits(self, app: App, hashes: Sequence[str], top: int) -> list[NewestHit]:
        """The newest hits of some failures together, the newest first."""
        return self._database.read(lambda connection: newest_hits(connection, app.id, hashes, top))

    def search(self, app: App, text: str, top: int = 100) -> list[FoundFailure]:
        """The failures whose name, hash, stack or installation matches a text, see `search_failures`."""
        return self._database.read(lambda connection: search_failures(connection, app.id, text, top))

    def last_day(self, app: App) -> date | None:
        """The day of the newest hit of an app; None if it has none."""
        return self._database.read(lambda connection: last_day(connection, app.id))

    def warm(self, *, today: date | None = None) -> None:
        """Load the last days of every app into memory, and pack them for the next start.

        Raises:
            StoreUnavailable: the database is not available.
        """
        last = day_of(today or datetime.now(UTC).date())
        for app in self._apps.list():
            self._columns.snapshot(app.id, last - _WARM_DAYS, last)

    def failuredetails(self, params: Mapping[str, str], *, today: date | None = None) -> Page:
        """The single hits of a failure.

        Raises:
            QueryError: the parameters are wrong.
        """
        return failuredetails(params, today, self._app, self._database)

    def stacktrace(self, params: Mapping[str, str]) -> Page:
        """The crashed thread of a hit.

        Raises:
            QueryError: the parameters are wrong, or the hit does not exist.
        """
        return stacktrace(params, self._app, self._database, self._blobs)

    def cab(self, params: Mapping[str, str]) -> Cab:
        """The file that was received for a hit; its bytes are `cab_data`.

        Raises:
            QueryError: the parameters are wrong, or the hit does not exist.
        """
        return cab(params, self._app, self._database)

    def cab_data(self, found: Cab) -> bytes:
        """The bytes of a result of `cab`.

        Raises:
            NotFound: they have expired.
        """
        return self._database.read(lambda connection: bodies.read(connection, self._blobs, found.key))
