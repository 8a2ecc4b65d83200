"""`symbolicate serve`."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from symbolicate.cli.service_options import service_options, settings
from symbolicate.render.plain import escape
from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from symbolicate.service.config import Config

__all__ = ["serve"]


@click.command()
@click.option("--bind", metavar="HOST:PORT", help="Address to listen on; by default 127.0.0.1:8080.")
@service_options
@click.option(
    "--workers", metavar="N", type=click.IntRange(min=0), help="Crashes that this process handles in parallel."
)
@click.option("--public-url", metavar="URL", help="URL that clients use, if it differs from the address they call.")
@click.option("--tls-cert", metavar="FILE", type=click.Path(), help="Certificate chain, in PEM.")
@click.option("--tls-key", metavar="FILE", type=click.Path(), help="Its private key, in PEM.")
@click.option("--tls-self-signed", is_flag=True, default=None, help="Create a certificate in the data folder.")
@click.option("--log-json", is_flag=True, default=None, help="Write the log as JSON, one object per line.")
@click.option(
    "--demo", is_flag=True, help="Show the pages with crashes of the project's fixtures, in a throw-away store."
)
def serve(
    bind: str | None,
    data: str | None,
    db: str | None,
    config_file: str | None,
    workers: int | None,
    public_url: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    tls_self_signed: bool | None,
    log_json: bool | None,
    demo: bool,
) -> None:
    """Receive crash reports and symbols over HTTP, and answer queries about failures.

    No setting is required: by default the service listens on this machine only. Every setting can also be made in a
    TOML file or in the environment, as SYMBOLICATE_BIND, SYMBOLICATE_INGEST_REPORTS_PER_MINUTE and so on; see
    docs/service.md.
    """
    options: dict[str, Any] = {
        "bind": bind,
        "data": data,
        "db": db,
        "public_url": public_url,
        "workers": {"threads": workers},
        "tls": {"cert": tls_cert, "key": tls_key, "self_signed": tls_self_signed},
        "log": {"json": log_json},
    }
    with ExitStack() as ends:
        if demo:
            if data or db:
                raise click.UsageError("--demo has a store of its own: leave out --data and --db")
            options |= _demo_options(ends.enter_context(TemporaryDirectory(prefix="symbolicate-demo-")))
        config = settings(config_file, options)
        if demo and not config.is_loopback:
            raise click.UsageError("--demo is for this machine: it listens on loopback addresses alone")
        _run(config, demo=demo)


def _demo_options(data: str) -> dict[str, Any]:
    """The settings of a demonstration, whose folder is filled."""
    try:
        from symbolicate.service.demo import fill, fixtures
    except ImportError as error:
        raise click.UsageError(_without(error)) from None
    folder = fixtures()
    if folder is None:
        raise click.UsageError(
            "--demo shows the crashes of the folder symbols-fixtures, which installed packages do not have: "
            "run it in a checkout of the project"
        )
    number = fill(data, folder)
    sys.stderr.write(
        f"a store has {counted(number, 'crash', 'crashes')} of {escape(folder)}; it is removed at the end (Ctrl-C)\n"
    )
    sources = (f"{folder}/symbols",)
    return {"data": data, "db": f"sqlite:///{data}/symbolicate.db", "blobs": "", "symbols": {"sources": sources}}


def _without(error: ImportError) -> str:
    return f"the service's libraries are not installed ({error.name} is missing): pip install 'symbolicate[service]'"


def _run(config: Config, *, demo: bool) -> None:
    try:
        from symbolicate.service.log import open_log
        from symbolicate.service.server import serve as run
        from symbolicate.store import StoreUnavailable, StoreUrlError
    except ImportError as error:
        raise click.UsageError(_without(error)) from None
    from symbolicate.service.errors import ConfigError

    open_log(config.log)
    if demo:
        scheme = "https" if config.tls.cert or config.tls.self_signed else "http"
        sys.stderr.write(f"Open {scheme}://{config.bind} in a browser\n")
    try:
        run(config)
    except (ConfigError, StoreUrlError) as error:
        raise click.UsageError(escape(str(error))) from None
    except StoreUnavailable as error:
        sys.stderr.write(f"symbolicate: {escape(str(error))}\n")
        raise click.exceptions.Exit(1) from None
