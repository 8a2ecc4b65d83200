"""`symbolicate serve`."""

from __future__ import annotations

import sys

import click

from symbolicate.cli.service_options import service_options, settings
from symbolicate.render.plain import escape

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
) -> None:
    """Receive crash reports and symbols over HTTP, and answer queries about failures.

    No setting is required: by default the service listens on this machine only. Every setting can also be made in a
    TOML file or in the environment, as SYMBOLICATE_BIND, SYMBOLICATE_INGEST_REPORTS_PER_MINUTE and so on; see
    docs/service.md.
    """
    config = settings(
        config_file,
        {
            "bind": bind,
            "data": data,
            "db": db,
            "public_url": public_url,
            "workers": {"threads": workers},
            "tls": {"cert": tls_cert, "key": tls_key, "self_signed": tls_self_signed},
            "log": {"json": log_json},
        },
    )
    try:
        from symbolicate.service.log import open_log
        from symbolicate.service.server import serve as run
        from symbolicate.store import StoreUnavailable, StoreUrlError
    except ImportError as error:
        raise click.UsageError(
            f"the service's libraries are not installed ({error.name} is missing): pip install 'symbolicate[service]'"
        ) from None
    from symbolicate.service.errors import ConfigError

    open_log(config.log)
    try:
        run(config)
    except (ConfigError, StoreUrlError) as error:
        raise click.UsageError(escape(str(error))) from None
    except StoreUnavailable as error:
        sys.stderr.write(f"symbolicate: {escape(str(error))}\n")
        raise click.exceptions.Exit(1) from None
