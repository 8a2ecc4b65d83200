"""`symbolicate symbols list`, `remove` and `again`: the symbol files that were uploaded to a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from symbolicate.cli.app import app_name, find_app
from symbolicate.cli.service_options import opened, service_options
from symbolicate.render.plain import escape

if TYPE_CHECKING:
    from symbolicate.store import Store

__all__ = ["again", "list_files", "remove"]


@click.command("list", short_help="List the symbol files that were uploaded to a service.")
@click.option("--app", "app", metavar="APP", help="Only of one app, by its application id, its secret or OWNER/NAME.")
@click.option("--shared", is_flag=True, help="Only files that are used for all apps.")
@click.option("--debug-id", metavar="ID", help="Only of this debug id or code id.")
@click.option("--top", metavar="N", type=click.IntRange(min=1), default=1000, show_default=True)
@service_options
def list_files(
    app: str | None,
    shared: bool,
    debug_id: str | None,
    top: int,
    data: str | None,
    db: str | None,
    config_file: str | None,
) -> None:
    """List the symbol files that were uploaded to a service, the newest first.

    Columns: id, owner, debug id, code id, name, kind, contents, size, time of the upload, SHA-256.
    """
    with opened(config_file, data, db) as store:
        from symbolicate.store import SHARED  # loads SQLAlchemy

        owners = [] if app is None else [find_app(store, app).id]
        owners += [SHARED] if shared else []
        for file in store.symbol_files.list(owners or None, debug_id=debug_id, top=top):
            holds = "not in the blob store" if file.blob is None else ",".join(file.holds) or "-"
            facts = (
                str(file.id),
                _owner(store, file.owner),
                file.debug_id or "-",
                file.code_id or "-",
                file.debug_file or "-",
                file.kind,
                holds,
                str(file.size),
                f"{file.created:%Y-%m-%dT%H:%M:%SZ}" if file.created is not None else "-",
                file.content,
            )
            click.echo("\t".join(escape(fact) for fact in facts))


@click.command()
@click.argument("file_ids", metavar="ID...", nargs=-1, required=True, type=click.IntRange(min=1, max=(1 << 63) - 1))
@service_options
def remove(file_ids: tuple[int, ...], data: str | None, db: str | None, config_file: str | None) -> None:
    """Remove symbol files from a service, by the ids that `list` shows.

    Reports that were made with them are processed again; their number is printed for each file.
    """
    with opened(config_file, data, db) as store:
        for file_id in file_ids:
            click.echo(f"{file_id}\t{store.symbol_files.remove(file_id)}")


@click.command(short_help="Convert uploaded files again that an earlier version converted.")
@click.option("--app", "app", metavar="APP", help="Only of one app, by its application id, its secret or OWNER/NAME.")
@click.option("--shared", is_flag=True, help="Only files that are used for all apps.")
@service_options
def again(app: str | None, shared: bool, data: str | None, db: str | None, config_file: str | None) -> None:
    """Convert uploaded files again that an earlier version converted.

    A new version may read more of a binary or a debug file. Those that are stored as they were uploaded become uploads
    again, which a running service installs; reports that change are processed again. What the earlier version made
    stays until it is removed. A line is printed for each file: id of the upload, owner, debug id, name.
    """
    with opened(config_file, data, db) as store:
        from symbolicate.service.symbols.again import outdated_originals, upload_again
        from symbolicate.store import SHARED  # loads SQLAlchemy

        owners = [] if app is None else [find_app(store, app).id]
        owners += [SHARED] if shared else []
        # All of them first: what is installed meanwhile is not looked at.
        for file in list(outdated_originals(store, owners or None)):
            facts = (upload_again(store, file), _owner(store, file.owner), file.debug_id or "-", file.debug_file or "-")
            click.echo("\t".join(escape(fact) for fact in facts))


def _owner(store: Store, owner: int) -> str:
    from symbolicate.store import SHARED, NotFound  # loads SQLAlchemy

    if owner == SHARED:
        return "all apps"
    try:
        return app_name(store.apps.get(owner))
    except NotFound:
        return "-"
