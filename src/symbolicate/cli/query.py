"""`symbolicate query`: the queries of the service, on a store directly or over HTTP."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from symbolicate.cli.query_answers import Period
from symbolicate.cli.query_places import open_answers
from symbolicate.cli.service_options import service_options
from symbolicate.render.plain import escape
from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from symbolicate.store import Page

__all__ = ["query"]

_WIDEST = 60  # characters of a column in the human format

# The parameters of each query: the name of the option, and the name in the API.
_RANGE = {"start_date": "startDate", "end_date": "endDate"}
_PAGE = {"top": "top", "skip": "skip", "filter_": "filter", "orderby": "orderby"}


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every query with rows."""
    form = click.option("--format", "form", type=click.Choice(["human", "json"]), default="human", show_default=True)
    return _place(form(command))


def _place(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every query."""
    options = (
        click.option(
            "--app", "application_id", metavar="ID", help="The application's id; optional if there is only one."
        ),
        click.option(
            "--service",
            metavar="URL",
            help="Ask this service instead of a store; its token is SYMBOLICATE_CLIENT_TOKEN, or in the settings.",
        ),
    )
    for option in options:
        command = option(command)
    return service_options(command)


def _files(command: Callable[..., None]) -> Callable[..., None]:
    """Files that a query writes beside its answer."""
    for option in (
        click.option("--plot", metavar="FILE", type=click.Path(dir_okay=False), help="Draw a picture, as SVG, too."),
        click.option("--html", metavar="FILE", type=click.Path(dir_okay=False), help="Write one HTML file, too."),
    ):
        command = option(command)
    return command


def _period(command: Callable[..., None]) -> Callable[..., None]:
    """The options of queries that count the hits of a period."""
    for option in reversed(
        (
            click.option(
                "--days",
                metavar="N",
                type=click.IntRange(1, 366),
                default=30,
                show_default=True,
                help="The last N days.",
            ),
            click.option(
                "--end-date",
                type=click.DateTime(["%Y-%m-%d", "%m/%d/%Y"]),
                help="Last day, UTC.  [default: today]",
            ),
            click.option(
                "--events",
                type=click.Choice(["crash", "handled", "requested", "any"]),
                default="crash",
                show_default=True,
            ),
        )
    ):
        command = option(command)
    return command


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
    """Query a store or a service for failures; the answers are the same."""


@query.command
@_range
@click.option("--groupby", metavar="FIELDS", help="For example failureName,market.")
@click.option("--aggregation-level", metavar="LEVEL", help="day, week or month.  [default: day]")
@_files
@_shared
def failurehits(form: str, **given: str | None) -> None:
    """Count the hits of failures by day and by any field. The default range is today."""
    names = _RANGE | _PAGE | {"groupby": "groupby", "aggregation_level": "aggregationLevel"}
    _ask(form, names, given, "failurehits", "Hits of failures")


@query.command
@click.argument("failure_hash", metavar="HASH")
@_range
@_files
@_shared
def failuredetails(form: str, **given: str | None) -> None:
    """List the hits of a failure, by default of the last 30 days."""
    names = _RANGE | _PAGE | {"failure_hash": "failureHash"}
    _ask(form, names, given, "failuredetails", f"Hits of {given['failure_hash']}")


@query.command
@click.argument("cab_id_hash", metavar="CABIDHASH")
@_shared
def stacktrace(form: str, **given: str | None) -> None:
    """Show the stack of a hit."""
    _ask(form, {"cab_id_hash": "cabIdHash"}, given, "stacktrace")


@query.command
@_period
@click.option("--version", metavar="TEXT", help="Only this version.")
@click.option(
    "--top", metavar="N", type=click.IntRange(1, 1000), default=10, show_default=True, help="Failures listed."
)
@_files
@_shared
def health(
    form: str,
    days: int,
    end_date: datetime | None,
    events: str,
    version: str | None,
    top: int,
    html: str | None,
    plot: str | None,
    **given: str | None,
) -> None:
    """Show the health of an app: crashes per day and version, crash-free devices, new and top failures, with trends.

    Colours and the width are those of the terminal; NO_COLOR and COLUMNS are honoured, and a pipe gets whole names.
    """
    import msgspec

    from symbolicate.cli.query_health import health_page, health_text

    with open_answers(given) as answers:
        found = answers.health(Period(_last(end_date), days, events, version), top)
    if html is not None:
        _write(html, health_page(found))
    if plot is not None:
        from symbolicate.cli.query_html import health_plot

        _write(plot, health_plot(found))
    if form == "json":
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
    else:
        sys.stdout.buffer.write(health_text(found).encode(sys.stdout.encoding or "ascii", "backslashreplace"))


@query.command
@click.argument("old")
@click.argument("new")
@_period
@click.option("--html", metavar="FILE", type=click.Path(dir_okay=False), help="Write one HTML file, too.")
@_shared
def compare(
    form: str,
    old: str,
    new: str,
    days: int,
    end_date: datetime | None,
    events: str,
    html: str | None,
    **given: str | None,
) -> None:
    """Compare the failures of the versions OLD and NEW: new, gone, grown, with their shares of the hits in percent."""
    with open_answers(given) as answers:
        page = answers.compare(Period(_last(end_date), days, events, None), old, new)
    _show(page, form, _Files(f"Failures of {old} and {new}, {days} days up to {_last(end_date)}", html))


@query.command
@click.argument("failure_hash", metavar="HASH")
@_place
def brief(failure_hash: str, **given: str | None) -> None:
    """Explain a failure in at most 4,000 tokens of Markdown: counts, state, and the brief of its newest report."""
    from symbolicate.errors import SymbolicateError
    from symbolicate.service.access.failures import checked_hash

    try:
        wanted = checked_hash(failure_hash)
    except SymbolicateError as error:
        raise click.UsageError(escape(f"{error}, not {failure_hash!r}")) from None
    with open_answers(given) as answers:
        text = answers.brief(wanted)
    if text is None:
        raise click.ClickException(f"no failure has the hash {wanted}")
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))


@query.command("missing-symbols")
@click.option("--top", metavar="N", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--html", metavar="FILE", type=click.Path(dir_okay=False), help="Write one HTML file, too.")
@_shared
def missing_symbols(form: str, top: int, html: str | None, **given: str | None) -> None:
    """List the modules that lack symbols or unwind rules, first those that would help most reports."""
    with open_answers(given) as answers:
        page = answers.missing(top)
    _show(page, form, _Files("Symbols that would help most", html))


def _ask(form: str, names: Mapping[str, str], given: Mapping[str, str | None], question: str, title: str = "") -> None:
    params = {name: value for option, name in names.items() if (value := given.get(option))}
    with open_answers(given) as answers:
        page = answers.page(question, params)
    _show(page, form, _Files(title, given.get("html"), given.get("plot")))


class _Files(NamedTuple):
    """The files that are written of an answer, with their title; None for none."""

    title: str
    html: str | None = None
    plot: str | None = None


def _show(page: Page, form: str, files: _Files) -> None:
    if files.html is not None or files.plot is not None:
        from symbolicate.cli.query_html import rows_page, rows_plot

        if files.html is not None:
            _write(files.html, rows_page(files.title, page))
        if files.plot is not None:
            _write(files.plot, rows_plot(files.title, page))
    sys.stdout.buffer.write(page.json() + b"\n" if form == "json" else _table(page).encode("utf-8", "backslashreplace"))


def _write(path: str, text: str) -> None:
    from symbolicate.atomic import AtomicFile

    try:
        with AtomicFile(path) as file:
            file.stream.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise click.ClickException(escape(f"{path}: {error.strerror or error}")) from None


def _last(end_date: datetime | None) -> date:
    return end_date.date() if end_date is not None else datetime.now(UTC).date()


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
