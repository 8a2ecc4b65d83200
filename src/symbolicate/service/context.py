"""What every request handler and worker of one service shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from symbolicate.service.body import Inflight
from symbolicate.service.ingest.intake import Intake
from symbolicate.service.limits import PerMinute
from symbolicate.service.metrics import Metrics
from symbolicate.service.room import Room

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection

    from symbolicate.service.access.callers import Callers
    from symbolicate.service.config import Config
    from symbolicate.service.symbol_uploads.installer import Installer
    from symbolicate.service.worker import Workers
    from symbolicate.store import App, Store

__all__ = ["Context", "context_of"]

# Apps that clients may bring into being in a minute, while secrets are not set.
_NEW_APPS_PER_MINUTE = 600


@dataclass(slots=True)
class Context:
    """One service.

    Attributes:
        config: its settings.
        store: what it keeps.
        callers: who may do what.
        installer: makes uploaded symbols usable.
        signing_key: signs links and access tokens.
        metrics: what `/metrics` tells.
        workers: the threads that process reports in this process.
        only_works: this process takes no reports in.
        inflight: bytes of the requests that are being read.
        room: says whether there is room for what comes in.
        intake: where reports enter the store.
        apps: apps by their secrets, and since when we know.
        by_address: requests from each address, but for ingest.
        new_apps: apps that clients brought into being.
        stopping: set when the service is about to end: it is not ready any more.
    """

    config: Config
    store: Store
    callers: Callers
    installer: Installer
    signing_key: bytes
    metrics: Metrics = field(default_factory=Metrics)
    workers: Workers | None = None
    only_works: bool = False
    inflight: Inflight = field(init=False)
    room: Room = field(init=False)
    intake: Intake = field(init=False)
    by_address: PerMinute = field(init=False)
    new_apps: PerMinute = field(init=False)
    apps: dict[str, tuple[App, float]] = field(default_factory=dict)
    stopping: bool = False

    def __post_init__(self) -> None:
        self.room = Room(self.store, self.config)
        self.intake = Intake(self.store, self.config, self.room)
        self.inflight = Inflight(self.config.limits.inflight_bytes)
        self.by_address = PerMinute(self.config.limits.requests_per_minute)
        self.new_apps = PerMinute(_NEW_APPS_PER_MINUTE)


def context_of(connection: ASGIConnection) -> Context:  # type: ignore[type-arg]
    """The service that a request came to."""
    return cast("Context", connection.app.state.context)
