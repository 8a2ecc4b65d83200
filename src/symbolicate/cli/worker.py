"""`symbolicate worker`."""

from __future__ import annotations

import signal
import threading

import click

from symbolicate.cli.service_options import opened, service_options, settings

__all__ = ["worker"]


@click.command()
@service_options
@click.option("--threads", metavar="N", type=click.IntRange(min=1), help="Crashes processed at a time.")
@click.option("--log-json", is_flag=True, default=None, help="Write the log as JSON, an object for each line.")
def worker(
    data: str | None, db: str | None, config_file: str | None, threads: int | None, log_json: bool | None
) -> None:
    """Process reports from the queue of a service, beside it.

    Give it the database of the service. It must see the service's blobs, too, and keeps symbols at hand in --data.
    """
    config = settings(config_file, {"data": data, "db": db, "log": {"json": log_json}})
    with opened(config_file, data, db) as store:
        from symbolicate.service.journal import logger, open_journal  # noqa: PLC0415 - loaded when it is used
        from symbolicate.service.metrics import Metrics  # noqa: PLC0415
        from symbolicate.service.symbol_uploads.installer import Installer  # noqa: PLC0415
        from symbolicate.service.worker import Workers, worker_name  # noqa: PLC0415

        open_journal(config.log)
        metrics = Metrics()
        workers = Workers(store, config, metrics, threads)
        installer = Installer(store, config, metrics, worker_name())
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        logger.info("processing %s, symbols at hand in %s", store.location, config.symbol_cache_dir)
        workers.start()
        installer.start()
        ended.wait()
        logger.info("stopping")
        workers.stop()
        installer.stop(config.workers.stop_seconds)
    logger.info("stopped")
