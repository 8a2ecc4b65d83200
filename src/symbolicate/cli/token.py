"""`symbolicate token`: the credentials of a service's clients."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from symbolicate.cli.app import app_name, find_app
from symbolicate.cli.service_options import opened, service_options

__all__ = ["token"]

_SCOPES = ("query", "symbols", "symbols-read", "ingest", "admin")


@click.group()
def token() -> None:
    """Create, list and revoke the tokens of a service."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(_SCOPES),
    multiple=True,
    required=True,
    help="What the bearer may do: query, upload and read symbols, read symbols, or everything (admin). Reports are "
    "sent without a token: ingest permits nothing further. Can be repeated.",
)
@click.option("--days", type=click.IntRange(min=1, max=36500), help="Days of validity; by default until revoked.")
@click.option(
    "--app",
    "apps",
    metavar="APP",
    multiple=True,
    help="Limit it to an app, by application id, secret or OWNER/NAME; by default all apps. Can be repeated.",
)
@click.option("--client", is_flag=True, help="Create an id and a secret for the OAuth2 token endpoint instead.")
@service_options
def create(
    name: str,
    scopes: tuple[str, ...],
    apps: tuple[str, ...],
    days: int | None,
    client: bool,
    data: str | None,
    db: str | None,
    config_file: str | None,
) -> None:
    """Create a token and print it; it cannot be shown again. From then on every query needs a token."""
    if client and days:
        raise click.UsageError("a client does not expire: revoke it with `symbolicate token revoke`")
    with opened(config_file, data, db) as store:
        only = [find_app(store, identifier) for identifier in apps] or None
        if client:
            made, secret = store.tokens.create_client(name, scopes, apps=only)
            click.echo(f"client_id={made.client_id}")
            click.echo(f"client_secret={secret}")
        else:
            expires = datetime.now(UTC) + timedelta(days=days) if days else None
            click.echo(store.tokens.create(name, scopes, expires=expires, apps=only)[1])


@token.command("list")
@service_options
def list_tokens(data: str | None, db: str | None, config_file: str | None) -> None:
    """List tokens and clients: id, name, scopes, date of creation, validity, and apps."""
    with opened(config_file, data, db) as store:
        names = {one.id: app_name(one) for one in store.apps.list()}

        def apps(numbers: frozenset[int] | None) -> str:
            return "all" if numbers is None else ",".join(names.get(number, "?") for number in sorted(numbers))

        for one in store.tokens.list():
            end = "revoked" if one.revoked else f"until {one.expires:%Y-%m-%d}" if one.expires else "valid"
            click.echo(
                f"{one.id}\t{one.name}\t{','.join(sorted(one.scopes))}\t{one.created:%Y-%m-%d}\t{end}\t{apps(one.apps)}"
            )
        for client in store.tokens.list_clients():
            end = "revoked" if client.revoked else "valid"
            scopes = ",".join(sorted(client.scopes))
            made = f"{client.created:%Y-%m-%d}"
            click.echo(f"{client.client_id}\t{client.name}\t{scopes}\t{made}\t{end}\t{apps(client.apps)}")


@token.command()
@click.argument("identifier", metavar="ID")
@service_options
def revoke(identifier: str, data: str | None, db: str | None, config_file: str | None) -> None:
    """Revoke a token or a client, by its id."""
    with opened(config_file, data, db) as store:
        is_token = identifier.isascii() and identifier.isdigit() and store.tokens.revoke(int(identifier))
        if not is_token and not store.tokens.revoke_client(identifier):
            click.echo(f"symbolicate: no token or client {identifier!r} to revoke", err=True)
            raise click.exceptions.Exit(1)
