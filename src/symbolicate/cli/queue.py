"""`symbolicate queue`: the reports that wait for processing, and the dead letters, whose processing failed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from symbolicate.cli.app import app_name, find_app
from symbolicate.cli.service_options import opened, service_options
from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from symbolicate.store import DeadLetterFilter, Store

__all__ = ["queue"]

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]


@click.group()
def queue() -> None:
    """Show the queue, list dead letters, and process reports again."""


def _filters(command: Any) -> Any:
    """Options that select dead letters."""
    when = click.DateTime(_FORMATS)
    for option in (
        click.option("--to", "received_until", type=when, help="Received before this time, UTC."),
        click.option("--from", "received_from", type=when, help="Received at this time or later, UTC."),
        click.option("--bucket", metavar="HASH", help="Only of the failure with this hash."),
        click.option(
            "--reason",
            metavar="TEXT",
            help="The kind of the error (input, time, process, worker, gone, fault), or a part of its text.",
        ),
        click.option(
            "--app", "app", metavar="APP", help="Only of one app, by its application id, its secret or OWNER/NAME."
        ),
    ):
        command = option(command)
    return service_options(command)


_top = click.option("--top", metavar="N", type=click.IntRange(min=1), default=100, show_default=True)


@queue.command(short_help="Print how many reports wait, are leased, or are dead letters.")
@service_options
def show(data: str | None, db: str | None, config_file: str | None) -> None:
    """Print how many reports are queued, leased and dead letters (aside), and how long the oldest has waited."""
    with opened(config_file, data, db) as store:
        for name, value in store.queue.depth().items():
            click.echo(f"{name}\t{value:g}")


@queue.command("dead-letters", short_help="List reports that could not be processed, with the reason.")
@_filters
@_top
def dead_letters(data: str | None, db: str | None, config_file: str | None, top: int, **filters: Any) -> None:
    """List reports that could not be processed: id, app, time received, attempts, kind of the error, and the error."""
    with opened(config_file, data, db) as store:
        for one in store.queue.dead_letters(top, _only(store, **filters)):
            received = f"{one.received:%Y-%m-%dT%H:%M:%SZ}"
            facts = (one.public_id, app_name(one.app), received, str(one.attempts), one.reason or "-", one.error)
            click.echo("\t".join(escape(fact) for fact in facts))


@queue.command("aside", hidden=True, deprecated="use `dead-letters`")
@_filters
@_top
def aside(**_: Any) -> None:
    """List dead letters: the name of `dead-letters` in earlier versions."""
    click.get_current_context().forward(dead_letters)


@queue.command(short_help="Process dead letters again.")
@_filters
def requeue(data: str | None, db: str | None, config_file: str | None, **filters: Any) -> None:
    """Put dead letters back into the queue, all or the selected ones, and print their number."""
    with opened(config_file, data, db) as store:
        click.echo(store.queue.requeue_dead_letters(_only(store, **filters)))


@queue.command(short_help="Process reports again.")
@click.option("--app", "app", metavar="APP", required=True, help="By its application id, its secret or OWNER/NAME.")
@click.option("--bucket", metavar="HASH", help="Only of the failure with this hash.")
@click.option("--debug-id", metavar="ID", help="Only with a module of this debug id or code id on a stack.")
@click.option("--from", "since", type=click.DateTime(_FORMATS), help="Happened at this time or later, UTC.")
@click.option("--to", "until", type=click.DateTime(_FORMATS), help="Happened before this time, UTC.")
@service_options
def again(
    app: str,
    bucket: str | None,
    debug_id: str | None,
    since: datetime | None,
    until: datetime | None,
    data: str | None,
    db: str | None,
    config_file: str | None,
) -> None:
    """Process reports again, all of an app or the selected ones, and print their number."""
    with opened(config_file, data, db) as store:
        from symbolicate.store import DoneFilter  # loads SQLAlchemy

        only = DoneFilter(
            app_id=find_app(store, app).id,
            bucket=bucket,
            debug_id=debug_id,
            since=None if since is None else since.replace(tzinfo=UTC),
            until=None if until is None else until.replace(tzinfo=UTC),
        )
        click.echo(store.queue.requeue_done(only))


def _only(
    store: Store,
    *,
    app: str | None,
    reason: str | None,
    bucket: str | None,
    received_from: datetime | None,
    received_until: datetime | None,
) -> DeadLetterFilter:
    from symbolicate.store import DeadLetterFilter  # loads SQLAlchemy

    return DeadLetterFilter(
        apps=None if app is None else frozenset((find_app(store, app).id,)),
        reason=reason,
        bucket=bucket,
        received_from=None if received_from is None else received_from.replace(tzinfo=UTC),
        received_until=None if received_until is None else received_until.replace(tzinfo=UTC),
    )
