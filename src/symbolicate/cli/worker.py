"""`symbolicate worker`."""

from __future__ import annotations

import click

from symbolicate.cli.service_options import opened, service_options, settings

__all__ = ["worker"]


@click.command()
@service_options
@click.option("--threads", metavar="N", type=click.IntRange(min=1), help="Crashes processed at a time.")
@click.option(
    "--bind",
    metavar="HOST:PORT",
    help="Where to answer /healthz, /readyz and /metrics, such as 127.0.0.1:9091; by default nowhere.",
)
@click.option("--log-json", is_flag=True, default=None, help="Write the log as JSON, an object for each line.")
def worker(
    data: str | None,
    db: str | None,
    config_file: str | None,
    threads: int | None,
    bind: str | None,
    log_json: bool | None,
) -> None:
    """Process reports from the queue of a service, beside it.

    Give it the database of the service. It must see the service's blobs, too, and keeps symbols at hand in --data.
    """
    config = settings(config_file, {"data": data, "db": db, "log": {"json": log_json}})
    with opened(config_file, data, db) as store:
        from symbolicate.service.log import open_log
        from symbolicate.service.worker_process import run_worker

        open_log(config.log)
        run_worker(config, store, threads=threads, bind=bind)
