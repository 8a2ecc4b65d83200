"""`symbolicate app`: the apps whose reports a service accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from symbolicate.cli.service_options import opened, service_options
from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from symbolicate.store import App, Settings, Store

__all__ = ["app", "app_name", "find_app", "no_app", "the_only"]

_REVISIONS = 1000


@click.group()
def app() -> None:
    """Set up the apps of a service.

    Until the first app is set up, reports with any App-Secret are accepted. From then on, reports with unknown secrets
    are refused.
    """


def _fields(command: Any) -> Any:
    """Options for the settings of an app."""
    count = click.IntRange(min=0)
    for option in (
        click.option("--application-id", metavar="ID", help="Its id in queries; by default its secret."),
        click.option("--name", "slug", metavar="OWNER/NAME", help="Its name in appcenter-cli."),
        click.option("--product-name", metavar="TEXT", help="Its display name."),
        click.option("--retention-days", type=count, help="Days that its reports are retained; 0 for ever."),
        click.option("--reports-per-minute", type=count, help="Reports accepted per minute; 0 for no limit."),
        click.option("--max-age-days", type=count, help="Refuse reports that are older; 0 accepts any age."),
        click.option("--max-future-hours", type=count, help="Refuse reports dated further ahead; 0 accepts any time."),
        click.option("--quota-bytes", type=count, help="Disk space for its reports and symbols; 0 for no limit."),
        click.option(
            "--source-url",
            metavar="PATTERN",
            help="Links to source: an address with {path}, {line}, {revision}, {version}; empty for none.",
        ),
        click.option(
            "--source-prefix",
            metavar="TEXT",
            multiple=True,
            help="What paths in symbols begin with; replaces all. Can be repeated; paths with none get no link.",
        ),
        click.option(
            "--source-revision",
            metavar="VERSION=REVISION",
            multiple=True,
            help="What {revision} is for a version; '*=v{version}' for all others. Can be repeated.",
        ),
    ):
        command = option(command)
    return command


@app.command()
@click.option("--secret", metavar="TEXT", help="Its App-Secret; by default a new GUID.")
@_fields
@service_options
def create(secret: str | None, data: str | None, db: str | None, config_file: str | None, **fields: Any) -> None:
    """Set up an app and print its App-Secret."""
    from symbolicate.store import Settings

    with opened(config_file, data, db) as store:
        made = store.apps.create(secret, settings=_settings(Settings(), fields), **_names(fields))
        click.echo(made.secret)


@app.command("set")
@click.argument("identifier", metavar="APP")
@_fields
@service_options
def change(identifier: str, data: str | None, db: str | None, config_file: str | None, **fields: Any) -> None:
    """Change an app, by its application id, its secret or OWNER/NAME."""
    with opened(config_file, data, db) as store:
        found = find_app(store, identifier)
        store.apps.update(found.id, settings=_settings(found.settings, fields), **_names(fields))


@app.command("list")
@service_options
def list_apps(data: str | None, db: str | None, config_file: str | None) -> None:
    """List the apps: application id, secret, owner/name, product name, number in metrics, and bytes stored."""
    with opened(config_file, data, db) as store:
        used = store.usage.all()
        for one in store.apps.list():
            slug = f"{one.owner}/{one.name}" if one.owner and one.name else "-"
            facts = (one.application_id, one.secret, slug, one.product_name or "-", one.id, used.get(one.id, 0))
            click.echo("\t".join(map(str, facts)))


def app_name(one: App) -> str:
    """The name of an app in lists: owner/name if it has one, else its application id."""
    return f"{one.owner}/{one.name}" if one.owner and one.name else one.application_id


def find_app(store: Store, identifier: str) -> App:
    """The app that the command line names. The command ends with exit code 1 if there is no such app."""
    found = store.apps.named(identifier)
    if found is None:
        raise no_app(identifier)
    return found


def no_app(identifier: str) -> click.ClickException:
    """The error for an app that is not there."""
    return click.ClickException(escape(f"no app {identifier!r}"))


def the_only(ids: list[str]) -> str:
    """The only id of applications.

    Raises:
        click.UsageError: there are others, or none.
    """
    if len(ids) != 1:
        known = ", ".join(ids[:10]) or "none yet"
        raise click.UsageError(escape(f"name an application with --app; known applications: {known}"))
    return ids[0]


def _names(fields: dict[str, Any]) -> dict[str, Any]:
    names: dict[str, Any] = {key: fields[key] for key in ("application_id", "product_name") if fields[key] is not None}
    if fields["slug"] is not None:
        owner, slash, name = fields["slug"].partition("/")
        if not slash or not owner or not name:
            raise click.UsageError("--name is OWNER/NAME")
        names |= {"owner": owner, "name": name}
    return names


def _settings(settings: Settings, fields: dict[str, Any]) -> Settings:
    import msgspec

    changed = {
        key: fields[option] or None
        for key, option in (
            ("retention_days", "retention_days"),
            ("throttle_per_minute", "reports_per_minute"),
            ("max_age_days", "max_age_days"),
            ("max_future_hours", "max_future_hours"),
        )
        if fields[option] is not None
    }
    if fields["quota_bytes"] is not None:
        changed["quota_bytes"] = fields["quota_bytes"]
    changed |= _source(settings, fields)
    return msgspec.structs.replace(settings, **changed)


def _source(settings: Settings, fields: dict[str, Any]) -> dict[str, Any]:
    """The settings of links to source."""
    changed: dict[str, Any] = {}
    if fields["source_url"] is not None:
        from symbolicate.render.links import check_pattern

        try:
            if fields["source_url"]:
                check_pattern(fields["source_url"])
        except ValueError as error:
            raise click.UsageError(f"--source-url: {error}") from None
        changed["source_url"] = fields["source_url"] or None
    if fields["source_prefix"]:
        changed["source_prefixes"] = tuple(one for one in fields["source_prefix"] if one)
    if fields["source_revision"]:
        revisions = dict(settings.source_revisions)
        for one in fields["source_revision"]:
            version, equals, revision = one.partition("=")
            if not equals or not version:
                raise click.UsageError(f"--source-revision is VERSION=REVISION, not {one!r}")
            revisions.pop(version, None)
            revisions |= {version: revision} if revision else {}
        # The oldest go first: an app that sets one with each release must not grow for ever.
        changed["source_revisions"] = dict(list(revisions.items())[-_REVISIONS:])
    return changed
