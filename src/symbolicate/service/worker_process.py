"""A worker process beside a service: it processes reports and installs symbols, and may serve health and metrics."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from msgspec import structs

from symbolicate.service.garbage import collect_rarely
from symbolicate.service.log import logger
from symbolicate.service.metrics import Metrics
from symbolicate.service.processing.worker import Workers, worker_name
from symbolicate.service.symbols.installer import Installer

if TYPE_CHECKING:
    from symbolicate.service.config import Config
    from symbolicate.store import Store

__all__ = ["run_worker"]


def run_worker(config: Config, store: Store, *, threads: int | None = None, bind: str | None = None) -> None:
    """Run until a signal stops it.

    Args:
        config: the settings of the service.
        store: the store of the service.
        threads: crashes processed at a time, if not as configured.
        bind: address and port for `/healthz`, `/readyz` and `/metrics`; None for none.

    Raises:
        ConfigError: the address cannot be used, or others reach it without a token.
    """
    metrics = Metrics()
    workers = Workers(store, config, metrics, threads)
    installer = Installer(store, config, metrics, worker_name())
    if bind is None:
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        _begin(config, store, workers, installer)
        collect_rarely()
        ended.wait()
    else:
        # The web server is loaded only if it is used.
        from symbolicate.service.access.callers import Callers
        from symbolicate.service.app import build_for_worker
        from symbolicate.service.context import Context
        from symbolicate.service.server import Listening

        config = structs.replace(config, bind=bind)
        key = store.tokens.signing_key()
        context = Context(config, store, key, metrics, only_works=True)
        context.add(Callers(store, config, key), installer, workers)
        with Listening(context, build_for_worker(context)) as listening:
            _begin(config, store, workers, installer)
            listening.run()
    logger.info("stopping")
    workers.stop()
    installer.stop(config.workers.stop_seconds)
    logger.info("stopped")


def _begin(config: Config, store: Store, workers: Workers, installer: Installer) -> None:
    logger.info("processing %s, symbols at hand in %s", store.location, config.symbol_cache_dir)
    workers.start()
    installer.start()
