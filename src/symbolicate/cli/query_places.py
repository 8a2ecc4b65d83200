"""Where `symbolicate query` gets its answers: from a store, or from a service over HTTP. They are the same."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from symbolicate.cli.app import find_app, the_only
from symbolicate.cli.service_options import settings
from symbolicate.errors import SymbolicateError
from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from symbolicate.cli.query_answers import Answers, Period
    from symbolicate.service.health_facts import HealthFacts
    from symbolicate.store import App, Page, Store
    from symbolicate.store.query import Range

__all__ = ["only_app", "open_answers", "open_store"]

_NOT_FOUND = 404


@contextmanager
def open_answers(given: Mapping[str, Any]) -> Iterator[Answers]:
    """The answers that the options of a query name, about the app that they name.

    Raises:
        click.ClickException: a question cannot be answered.
    """
    from_store = given["db"] or given["data"]
    if given["service"] and from_store:
        raise click.UsageError("--service names a service, --data and --db a store: leave out one of them")
    config = settings(given["config_file"], {"data": given["data"], "db": given["db"]})
    address = given["service"] or ("" if from_store else config.client.service)
    if address:
        from symbolicate.cli.query_service import OfService

        yield OfService(address, config.client.token, given["application_id"])
        return
    with open_store(given["config_file"], given["db"], given["data"]) as store:
        from symbolicate.store import QueryError

        try:
            yield _OfStore(store, find_app(store, given["application_id"] or only_app(store)))
        except QueryError as error:
            kind = click.ClickException if error.status == _NOT_FOUND else click.UsageError
            raise kind(escape(str(error))) from None
        except SymbolicateError as error:
            raise click.ClickException(escape(str(error))) from None


def open_store(config_file: str | None = None, db: str | None = None, data: str | None = None) -> Store:
    """Open an existing store, for a command that only reads.

    Raises:
        click.ClickException: the store does not exist or cannot be opened.
    """
    config = settings(config_file, {"data": data, "db": db})
    if not config.db and not os.path.exists(os.path.join(config.data_dir, "symbolicate.db")):
        raise click.ClickException(f"there is no store in {escape(config.data_dir)}: name one with --data or --db")
    try:
        from symbolicate.store import Store  # loads SQLAlchemy

        return Store.open(config.db or None, data=config.data_dir, blobs=config.blobs or None, wait_seconds=5)
    except SymbolicateError as error:
        raise click.ClickException(escape(str(error))) from None


def only_app(store: Store) -> str:
    """The id of the store's application, if there is exactly one."""
    return the_only([app.application_id for app in store.apps.list()])


class _OfStore:
    """Answers of a store."""

    def __init__(self, store: Store, app: App) -> None:
        self._store = store
        self._app = app

    def page(self, question: str, params: Mapping[str, str]) -> Page:
        asked = {**params, "applicationId": self._app.application_id}
        found: Page = getattr(self._store.query, question)(asked)
        return found

    def missing(self, top: int) -> Page:
        from dataclasses import asdict

        from symbolicate.store import Page

        rows = [asdict(module) for module in self._store.symbols.missing(self._app, top=top)]
        return Page(rows, len(rows))

    def health(self, period: Period, top: int) -> HealthFacts:
        from symbolicate.service.health_facts import health_facts

        return health_facts(self._store, self._app, _range(period), top)

    def compare(self, period: Period, old: str, new: str) -> Page:
        from symbolicate.service.comparison import compared_rows
        from symbolicate.store import Page

        rows = compared_rows(self._store.query, self._app, _range(period), old, new)
        return Page(rows, len(rows))

    def brief(self, failure_hash: str) -> str | None:
        from symbolicate.service.failure_brief import bucket_brief

        bucket = self._store.buckets.get(self._app, failure_hash.lower())
        return None if bucket is None else bucket_brief(self._store, self._app, bucket)


def _range(period: Period) -> Range:
    from symbolicate.store.query import Range

    values = {"application_version": period.version} if period.version else {}
    return Range(period.end - timedelta(days=period.days - 1), period.end, values, period.events)
