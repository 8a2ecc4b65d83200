"""Runs the service: opens the store, binds the socket, starts all threads, and stops them in order."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import uvicorn

from symbolicate.service.access.callers import Callers
from symbolicate.service.app import build, security_headers, whole_answers
from symbolicate.service.context import Context
from symbolicate.service.errors import ConfigError
from symbolicate.service.garbage import collect_rarely
from symbolicate.service.http.exchange import whole_exchanges
from symbolicate.service.http.policy import with_policy
from symbolicate.service.http.protocol import limited_protocol
from symbolicate.service.http.tls import self_signed
from symbolicate.service.ingest.active_senders import ActiveSenders
from symbolicate.service.ingest.admission import Admission
from symbolicate.service.ingest.senders import Senders
from symbolicate.service.log import logger
from symbolicate.service.metrics import Metrics
from symbolicate.service.processing.worker import Workers, worker_name
from symbolicate.service.serving.answerers import Answerers
from symbolicate.service.serving.files import ServedFiles
from symbolicate.service.symbols.installer import Installer
from symbolicate.service.upkeep.housekeeping import Housekeeping
from symbolicate.store import Store

if TYPE_CHECKING:
    from typing import Self

    from litestar.types import ASGIApp

    from symbolicate.service.config import Config
    from symbolicate.service.http.whole import WholeAnswers

__all__ = ["Listening", "open_store", "serve"]

# Requests that wait for the database at a time. They share commits, so more of them increase throughput.
_THREADS = 64
_BACKLOG = 2048
_DRAIN_SECONDS = 15


def open_store(config: Config) -> Store:
    """Open the configured store, and create its folder.

    Raises:
        ConfigError: the folder cannot be created.
        StoreUnavailable: the database is not available.
        StoreUrlError: the URL of the database or of the blobs is invalid.
    """
    try:
        os.makedirs(config.data_dir, mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"data: {config.data_dir}: {error.strerror}") from None
    return Store.open(config.db or None, data=config.data_dir, blobs=config.blobs or None)


def serve(config: Config) -> None:
    """Run until a signal stops it.

    Raises:
        ConfigError: a setting cannot be used, such as an address in use, or one that others reach without a token.
        StoreUnavailable: the database is not available.
    """
    with open_store(config) as store:
        key = store.tokens.signing_key()
        metrics = Metrics()
        installer = Installer(store, config, metrics, worker_name())
        workers = Workers(store, config, metrics)
        context = Context(config, store, key, metrics)
        context.add(Callers(store, config, key), Senders(context))
        context.add(Admission(store, config, context.capacity), ActiveSenders(store))
        answerers = Answerers(store, config)
        context.add(installer, workers, answerers, ServedFiles(store, config))
        housekeeping = Housekeeping(store, config.uploads_dir, config.storage.orphan_hours)
        with Listening(context, build(context), whole_answers(context)) as listening:
            workers.start()
            installer.start()
            housekeeping.start()
            logger.info("database %s, data in %s, symbols in %s", store.location, config.data_dir, config.symbols_dir)
            listening.run()
            logger.info("stopping")
            answerers.close()
            workers.stop()
            installer.stop(config.workers.stop_seconds)
            housekeeping.stop(1.0)
    logger.info("stopped")


class Listening:
    """An application behind a bound socket, for a `with` statement.

    Args:
        context: the service of the application, with the setting `bind`.
        app: the application.
        whole: answers small requests of some routes before they reach the application.

    Raises:
        ConfigError: the address cannot be used, or others reach it without a token.
    """

    def __init__(self, context: Context, app: ASGIApp, whole: WholeAnswers | None = None) -> None:
        _check_openness(context.config, context.store)
        self._context = context
        self._bound = _bind(context.config)
        try:
            self._server = _Server(_uvicorn_config(context.config, app, whole), context)
        except BaseException:
            self._bound.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bound.close()

    def run(self) -> None:
        """Answer requests until a signal stops it."""
        # Uvicorn raises the signal once more when it is done, which would end the process before our threads stop.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._server.end)
        collect_rarely()
        _log_address(self._bound, self._context)
        self._server.run(sockets=[self._bound])


def _check_openness(config: Config, store: Store) -> None:
    """Refuse to listen on a public address while there is no token."""
    access = config.access
    others_know = access.foreign.jwks_url or access.oidc.issuer
    if config.is_loopback or access.insecure_open or others_know or store.tokens.any():
        return
    raise ConfigError(
        f"bind: {config.bind} is a public address, and there is no token yet, so everybody could read everything. "
        "Make one with `symbolicate token create NAME --scope admin`, or listen on 127.0.0.1"
    )


def _bind(config: Config) -> socket.socket:
    host, port = config.address
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        raise ConfigError(f"bind: {config.bind}: {error.strerror or error}") from None
    bound.set_inheritable(False)
    return bound


def _uvicorn_config(config: Config, app: ASGIApp, whole: WholeAnswers | None) -> uvicorn.Config:
    cert, key = config.tls.cert, config.tls.key
    if config.tls.self_signed and not cert:
        cert, key = self_signed(config.data_dir, config.tls.names)
    if bool(cert) != bool(key):
        raise ConfigError("tls: a certificate and a key belong together")
    for path in (cert, key):
        if path and not os.access(path, os.R_OK):
            raise ConfigError(f"tls: {path}: cannot be read")
    return uvicorn.Config(
        whole_exchanges(with_policy(app), config.limits),
        http=limited_protocol(config.limits, whole),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        headers=security_headers(tls=bool(cert)),
        limit_concurrency=config.limits.connections,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        proxy_headers=bool(config.proxies),
        forwarded_allow_ips=list(config.proxies) or None,
        ssl_certfile=cert or None,
        ssl_keyfile=key or None,
    )


def _log_address(bound: socket.socket, context: Context) -> None:
    config = context.config
    host, port = bound.getsockname()[:2]
    scheme = "https" if config.tls.cert or config.tls.self_signed else "http"
    if context.part(Callers).is_open:
        logger.warning(
            "there is no token yet: everybody who can reach this address can read and change everything. "
            "Make one with `symbolicate token create NAME --scope query`"
        )
    logger.info("listening on %s://%s:%d", scheme, f"[{host}]" if ":" in host else host, port)


class _Server(uvicorn.Server):
    """Uvicorn, with our number of threads; it marks the service as stopping when it shuts down."""

    def __init__(self, config: uvicorn.Config, context: Context) -> None:
        super().__init__(config)
        self._context = context

    def end(self, *_: object) -> None:
        """Handle a signal that is received before uvicorn installs its own handlers."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="request"))
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._context.stopping = True
        await super().shutdown(sockets)
