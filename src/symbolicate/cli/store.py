"""`symbolicate store`: all data of a service as one file."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from symbolicate.cli.app import find_app
from symbolicate.cli.output import Output
from symbolicate.cli.progress import Progress
from symbolicate.cli.query_places import open_store
from symbolicate.cli.service_options import service_options, settings
from symbolicate.errors import SymbolicateError
from symbolicate.render.plain import escape
from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import BinaryIO

    from symbolicate.store import Store, Stored

__all__ = ["store"]


@click.group
def store() -> None:
    """Back up, restore and export the data of a service."""


_EXPORT_EXAMPLES = """\b
Examples:
  symbolicate store export -o backup.tar
  symbolicate store export --format ndjson --since 2026-01-01 | jq .failure_name
"""
_IMPORT_EXAMPLES = """\b
Example:
  symbolicate store import backup.tar --db postgresql://symbolicate@db/symbolicate
"""


@store.command("export", epilog=_EXPORT_EXAMPLES)
@click.option(
    "-o", "--output", "out", metavar="FILE", help="File to write; by default standard output. FILE.gz is compressed."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["archive", "ndjson"]),
    default="archive",
    show_default=True,
    help="archive: everything, for `store import`. ndjson: a line of JSON per report, with the symbolicated document.",
)
@click.option("--app", "identifier", metavar="APP", help="ndjson: only reports of this app.")
@click.option(
    "--since", type=click.DateTime(), metavar="DATE", help="ndjson: only reports received at this time or later (UTC)."
)
@click.option("--until", type=click.DateTime(), metavar="DATE", help="ndjson: only reports received before (UTC).")
@service_options
def export(
    out: str | None,
    form: str,
    identifier: str | None,
    since: datetime | None,
    until: datetime | None,
    **where: Any,
) -> None:
    """Write a backup, or every report, while the service runs.

    An archive contains the reports, attachments, uploaded symbols, buckets, apps and tokens of one moment. It contains
    secrets: protect it like the service itself.
    """
    if form == "archive" and (identifier or since or until):
        raise click.UsageError("--app, --since and --until need --format ndjson: an archive contains everything")
    with _errors_as_messages(), open_store(**where) as opened:
        app = find_app(opened, identifier) if identifier else None
        with Output(out) as output:
            if form == "ndjson":
                _write_reports(opened, opened.reports.walk(app, since, until), output.stream)
            else:
                _write_archive(opened, output.stream, packed=bool(out) and str(out).endswith((".gz", ".tgz")))
            output.keep()


@store.command("import", epilog=_IMPORT_EXAMPLES)
@click.argument("archive", metavar="ARCHIVE", type=click.Path())
@service_options
def import_(archive: str, **where: Any) -> None:
    """Import an archive into an empty database. `-` reads standard input.

    The database and the blob store may be of another kind than those that were exported. If the archive is truncated
    or damaged, nothing is imported.
    """
    config = settings(where["config_file"], {"data": where["data"], "db": where["db"]})
    from symbolicate.store import archive as archives  # loads SQLAlchemy
    from symbolicate.store.locations import open_locations

    with _errors_as_messages():
        try:
            stream = sys.stdin.buffer if archive == "-" else open(archive, "rb")  # noqa: SIM115 - closed below
        except OSError as error:
            raise click.ClickException(f"{escape(archive)}: {error.strerror}") from None
        with stream:
            os.makedirs(config.data_dir, mode=0o700, exist_ok=True)
            database, blobs = open_locations(config.db or None, data=config.data_dir, blobs=config.blobs or None)
            progress = Progress("parts", sys.stdout.buffer)
            try:
                held = archives.restore(database, blobs, stream, step=progress.step)
            finally:
                progress.clear()
                database.close()
    _say("imported", held)


def _write_archive(opened: Store, stream: BinaryIO, *, packed: bool) -> None:
    from symbolicate.store import archive as archives

    if stream.isatty():
        raise click.UsageError("an archive is not text for a terminal: name a file with -o, or use a pipe")
    if stream is not sys.stdout.buffer and stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        # It contains hashes of tokens and signing keys, as the database does.
        os.fchmod(stream.fileno(), 0o600)
    progress = Progress("parts", stream)
    try:
        held = archives.write(opened.database, opened.blobs, stream, step=progress.step, packed=packed)
    finally:
        progress.clear()
    _say("exported", held)


def _say(what: str, held: Any) -> None:
    reports = held.rows.get("report", 0)
    missing = f"; {counted(held.missing, 'blob')} expired meanwhile" if held.missing else ""
    counts = counted(reports, "report"), counted(sum(held.rows.values()), "row"), counted(held.blobs, "blob")
    click.echo(f"{what} {', '.join(counts)}{missing}", err=True)


def _write_reports(opened: Store, reports: Iterator[Stored], stream: BinaryIO) -> None:
    import msgspec

    from symbolicate.store import NotFound

    apps = {app.id: app.application_id for app in opened.apps.list()}
    progress = Progress("reports", stream)
    for report in reports:
        try:
            document = opened.reports.report_json(report.id)
        except NotFound:
            continue  # it has just expired
        line = {
            **msgspec.to_builtins(report),
            "application_id": apps.get(report.app_id),
            "report": None if document is None else msgspec.Raw(document),
        }
        stream.write(msgspec.json.encode(line) + b"\n")
        progress.step()
    progress.clear()


@contextmanager
def _errors_as_messages() -> Iterator[None]:
    try:
        yield
    except SymbolicateError as error:
        raise click.ClickException(escape(str(error))) from None
