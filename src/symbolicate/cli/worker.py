"""`symbolicate worker`."""

from __future__ import annotations

import click

from symbolicate.cli.service_options import opened, service_options, settings

__all__ = ["worker"]


@click.command()
@service_options
@click.option("--threads", metavar="N", type=click.IntRange(min=1), help="Crashes processed in parallel.")
@click.option(
    "--bind",
    metavar="HOST:PORT",
    help="Address for /healthz, /readyz and /metrics, such as 127.0.0.1:9091; by default none.",
)
@click.option("--log-json", is_flag=True, default=None, help="Write the log as JSON, one object per line.")
def worker(
    data: str | None,
    db: str | None,
    config_file: str | None,
    threads: int | None,
    bind: str | None,
    log_json: bool | None,
) -> None:
    """Process the reports of a service in a separate process.

    The worker needs access to the database and the blobs of the service. It caches symbols in --data.
    """
    config = settings(config_file, {"data": data, "db": db, "log": {"json": log_json}})
    with opened(config_file, data, db) as store:
        from symbolicate.service.log import open_log
        from symbolicate.service.worker_process import run_worker

        open_log(config.log)
        run_worker(config, store, threads=threads, bind=bind)
