"""`symbolicate symbols`: find symbol files by id or name; the other commands have files of their own."""

from __future__ import annotations

import click

from symbolicate.cli.options import complain, open_store, store_option, symbols_option
from symbolicate.cli.symbols_add import add
from symbolicate.cli.symbols_check import check
from symbolicate.cli.symbols_fetch import fetch
from symbolicate.cli.symbols_gc import gc
from symbolicate.cli.symbols_missing import missing
from symbolicate.cli.symbols_service import again, list_files, remove
from symbolicate.errors import SymbolicateError
from symbolicate.render.plain import escape

__all__ = ["symbols"]


@click.group
def symbols() -> None:
    """Add, fetch, check, find symbols; list what reports lack; trim the store; list, remove, renew a service's."""


symbols.add_command(add)
symbols.add_command(again)
symbols.add_command(check)
symbols.add_command(fetch)
symbols.add_command(gc)
symbols.add_command(list_files)
symbols.add_command(missing)
symbols.add_command(remove)


@symbols.command(short_help="List the symbol files of a debug id or a debug file.")
@click.argument("names", metavar="ID|NAME...", nargs=-1, required=True)
@symbols_option
@store_option
@click.pass_context
def find(ctx: click.Context, names: tuple[str, ...], places: tuple[str, ...], store_dir: str | None) -> None:
    """List the symbol files that have this debug id or belong to a debug file of this name.

    A server is asked for an id, or for NAME/ID where its layout needs the name, and what it has is fetched.
    """
    store = open_store(store_dir, places, with_environment=True)
    failed = False
    for name in names:
        paths = list(dict.fromkeys(store.find(name)))
        for path in paths:
            click.echo(escape(path))
        if not paths:
            sources = f"{len(store.sources)} source{'' if len(store.sources) == 1 else 's'} and {store.dir}"
            complain(SymbolicateError(f"{name}: no symbols found in {sources}"))
            failed = True
    ctx.exit(1 if failed else 0)
