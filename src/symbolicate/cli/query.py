"""`symbolicate query`: the queries of the service, run on a store directly."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from symbolicate.cli.app import find_app
from symbolicate.cli.service_options import service_options, settings
from symbolicate.errors import SymbolicateError
from symbolicate.render.plain import escape
from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from symbolicate.store import Page, Store

__all__ = ["only_app", "open_store", "query"]

_WIDEST = 60  # characters of a column in the human format

# The parameters of each query: the name of the option, and the name in the API.
_RANGE = {"start_date": "startDate", "end_date": "endDate"}
_PAGE = {"top": "top", "skip": "skip", "filter_": "filter", "orderby": "orderby"}


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


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every query."""
    options = (
        click.option("--format", "form", type=click.Choice(["human", "json"]), default="human", show_default=True),
        click.option(
            "--app", "application_id", metavar="ID", help="The application's id; optional if there is only one."
        ),
    )
    for option in options:
        command = option(command)
    return service_options(command)


def _range(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option("--start-date", metavar="DATE", help="First day, UTC: mm/dd/yyyy or yyyy-mm-dd."),
        click.option("--end-date", metavar="DATE", help="Last day.  [default: today]"),
        click.option("--top", metavar="N", help="Largest number of rows.  [default: 10000]"),
        click.option("--skip", metavar="N", help="Number of rows to skip."),
        click.option(
            "--filter", "filter_", metavar="TEXT", help="For example \"market eq 'US' and deviceType ne 'PC'\"."
        ),
        click.option("--orderby", metavar="FIELDS", help="For example 'date desc,market'."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group
def query() -> None:
    """Query a store for failures, with the answers that the service would give."""


@query.command
@_range
@click.option("--groupby", metavar="FIELDS", help="For example failureName,market.")
@click.option("--aggregation-level", metavar="LEVEL", help="day, week or month.  [default: day]")
@_shared
def failurehits(form: str, **given: str | None) -> None:
    """Count the hits of failures by day and by any field. The default range is today."""
    names = _RANGE | _PAGE | {"groupby": "groupby", "aggregation_level": "aggregationLevel"}
    _ask(form, names, given, lambda store, params: store.query.failurehits(params))


@query.command
@click.argument("failure_hash", metavar="HASH")
@_range
@_shared
def failuredetails(form: str, **given: str | None) -> None:
    """List the hits of a failure, by default of the last 30 days."""
    names = _RANGE | _PAGE | {"failure_hash": "failureHash"}
    _ask(form, names, given, lambda store, params: store.query.failuredetails(params))


@query.command
@click.argument("cab_id_hash", metavar="CABIDHASH")
@_shared
def stacktrace(form: str, **given: str | None) -> None:
    """Show the stack of a hit."""
    _ask(form, {"cab_id_hash": "cabIdHash"}, given, lambda store, params: store.query.stacktrace(params))


@query.command
@click.option(
    "--days", metavar="N", type=click.IntRange(1, 366), default=30, show_default=True, help="The last N days."
)
@click.option("--end-date", type=click.DateTime(["%Y-%m-%d", "%m/%d/%Y"]), help="Last day, UTC.  [default: today]")
@click.option(
    "--events", type=click.Choice(["crash", "handled", "requested", "any"]), default="crash", show_default=True
)
@click.option("--version", metavar="TEXT", help="Only this version.")
@click.option(
    "--top", metavar="N", type=click.IntRange(1, 1000), default=10, show_default=True, help="Failures listed."
)
@click.option("--html", metavar="FILE", type=click.Path(dir_okay=False), help="Write one HTML file, too.")
@_shared
def health(
    form: str,
    days: int,
    end_date: datetime | None,
    events: str,
    version: str | None,
    top: int,
    html: str | None,
    **given: str | None,
) -> None:
    """Show the health of an app: crashes per day and version, new, returned and top failures, with trends.

    Colours and the width are those of the terminal; NO_COLOR and COLUMNS are honoured, and a pipe gets whole names.
    """
    with open_store(given["config_file"], given["db"], given["data"]) as store:
        import msgspec

        from symbolicate.cli.query_health import Health
        from symbolicate.store.query import Range

        app = find_app(store, given.get("application_id") or only_app(store))
        end = end_date.date() if end_date is not None else datetime.now(UTC).date()
        values = {"application_version": version} if version else {}
        found = Health(store, app, Range(end - timedelta(days=days - 1), end, values, events), top)
        if html is not None:
            from symbolicate.atomic import AtomicFile

            try:
                with AtomicFile(html) as file:
                    file.stream.write(found.page().encode("utf-8", "replace"))
            except OSError as error:
                raise click.ClickException(escape(f"{html}: {error.strerror or error}")) from None
        if form == "json":
            sys.stdout.buffer.write(msgspec.json.encode(found.document()) + b"\n")
        else:
            sys.stdout.buffer.write(found.text().encode(sys.stdout.encoding or "ascii", "backslashreplace"))


@query.command
@click.argument("failure_hash", metavar="HASH")
@service_options
@click.option("--app", "application_id", metavar="ID", help="The application's id; optional if there is only one.")
def brief(failure_hash: str, **given: str | None) -> None:
    """Explain a failure in at most 4,000 tokens of Markdown: counts, state, and the brief of its newest report."""
    with open_store(given["config_file"], given["db"], given["data"]) as store:
        from symbolicate.service.failure_brief import bucket_brief
        from symbolicate.store import QueryError

        app = find_app(store, given.get("application_id") or only_app(store))
        bucket = store.buckets.get(app, failure_hash.lower())
        if bucket is None:
            raise click.ClickException(escape(f"no failure has the hash {failure_hash}"))
        try:
            text = bucket_brief(store, app, bucket)
        except QueryError as error:
            raise click.ClickException(escape(str(error))) from None
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))


@query.command("missing-symbols")
@click.option("--top", metavar="N", type=click.IntRange(min=1), default=100, show_default=True)
@_shared
def missing_symbols(form: str, top: int, **given: str | None) -> None:
    """List the modules that lack symbols or unwind rules, first those that would help most reports."""
    with open_store(given["config_file"], given["db"], given["data"]) as store:
        from dataclasses import asdict

        from symbolicate.store import Page

        app = find_app(store, given.get("application_id") or only_app(store))
        rows = [asdict(module) for module in store.symbols.missing(app, top=top)]
        page = Page(rows, len(rows))
    _show(page, form)


def _ask(
    form: str,
    names: Mapping[str, str],
    given: Mapping[str, str | None],
    question: Callable[[Store, dict[str, str]], Page],
) -> None:
    params = {name: value for option, name in names.items() if (value := given.get(option))}
    with open_store(given["config_file"], given["db"], given["data"]) as store:
        from symbolicate.store import QueryError

        params["applicationId"] = given.get("application_id") or only_app(store)
        try:
            page = question(store, params)
        except QueryError as error:
            raise click.UsageError(escape(str(error))) from None
        except SymbolicateError as error:
            raise click.ClickException(escape(str(error))) from None
    _show(page, form)


def _show(page: Page, form: str) -> None:
    sys.stdout.buffer.write(page.json() + b"\n" if form == "json" else _table(page).encode("utf-8", "backslashreplace"))


def only_app(store: Store) -> str:
    """The id of the store's application, if there is exactly one."""
    apps = store.apps.list()
    if len(apps) != 1:
        known = ", ".join(app.application_id for app in apps[:10]) or "none yet"
        raise click.UsageError(escape(f"name an application with --app; known applications: {known}"))
    return apps[0].application_id


def _table(page: Page) -> str:
    """The rows as a table, under the names of the columns."""
    rows = page.value
    names = [name for name in rows[0] if name != "applicationId"] if rows else []
    shown = [{name: _cell(row[name]) for name in names} for row in rows]
    widths = {name: min(_WIDEST, max(len(name), *(len(row[name]) for row in shown))) for name in names}
    numbers = {name for name in names if all(isinstance(row[name], int) for row in rows)}
    lines = [_line({name: name for name in names}, widths, numbers)] if names else []
    lines += [_line(row, widths, numbers) for row in shown]
    more = f", {len(rows)} shown" if len(rows) != page.total_count else ""
    return "".join(f"{line}\n" for line in [*lines, f"({counted(page.total_count, 'row')}{more})"])


def _line(cells: Mapping[str, str], widths: Mapping[str, int], numbers: set[str]) -> str:
    parts = []
    for name, width in widths.items():
        text = cells[name] if len(cells[name]) <= width else cells[name][: width - 1] + "…"
        parts.append(text.rjust(width) if name in numbers else text.ljust(width))
    return "  ".join(parts).rstrip()


def _cell(value: Any) -> str:
    return escape(str(value)) if not isinstance(value, bool) else ("yes" if value else "no")
