"""`symbolicate mcp`."""

from __future__ import annotations

import os

import click

from symbolicate.cli.service_options import opened, service_options, settings

__all__ = ["mcp"]

_EXAMPLES = """\b
Examples:
  symbolicate mcp --root ~/crashes --symbols build/symbols
  symbolicate mcp --data /var/lib/symbolicate --write
  symbolicate mcp --data /var/lib/symbolicate --http 127.0.0.1:8090
"""


@click.command(epilog=_EXAMPLES)
@service_options
@click.option(
    "--root",
    "roots",
    metavar="DIR",
    multiple=True,
    type=click.Path(file_okay=False, exists=True),
    help="Folder whose files may be read; can be repeated.  [default: the current folder]",
)
@click.option(
    "--symbols",
    "places",
    metavar="PATH|URL|NAME",
    multiple=True,
    help="Where symbols are searched, as for `symbolicate report`; can be repeated.",
)
@click.option("--write", is_flag=True, help="Allow to add symbols, and to change states and notes of failures.")
@click.option(
    "--http",
    metavar="HOST:PORT",
    help="Serve the failures of the store over streamable HTTP, behind the tokens of the service, instead of standard "
    "input and output.",
)
def mcp(
    data: str | None,
    db: str | None,
    config_file: str | None,
    roots: tuple[str, ...],
    places: tuple[str, ...],
    write: bool,
    http: str | None,
) -> None:
    """Serve tools about crashes to agents, by the Model Context Protocol.

    An agent explains crashes of files, sees which symbols are missing, and looks up addresses. With --data or --db it
    also lists and explains the failures in the store of a service.
    """
    try:
        from symbolicate.mcp.serving import serve_agent, serve_http
    except ImportError as error:
        raise click.UsageError(
            f"this needs more libraries ({error.name} is missing): pip install 'symbolicate[mcp]'"
        ) from None
    config = settings(config_file, {"data": data, "db": db, **({"symbols": {"sources": places}} if places else {})})
    has_store = bool(data or db or config_file)
    if http is not None:
        if not has_store:
            raise click.UsageError("--http serves the failures of a store: name it with --data, --db or --config")
        with opened(config_file, data, db) as store:
            serve_http(store, config, http)
    elif has_store:
        with opened(config_file, data, db) as store:
            serve_agent(config, roots or (os.getcwd(),), store, may_write=write)
    else:
        serve_agent(config, roots or (os.getcwd(),), None, may_write=write)
