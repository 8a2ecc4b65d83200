"""The state that all request handlers of one service share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from symbolicate.service.limits.capacity import Capacity
from symbolicate.service.limits.inflight import Inflight
from symbolicate.service.limits.rate_limit import PerMinute
from symbolicate.service.metrics import Metrics

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection

    from symbolicate.service.config import Config
    from symbolicate.store import Store

__all__ = ["Context", "context_of"]

_Part = TypeVar("_Part")


@dataclass(slots=True)
class Context:
    """One service: what all its packages use, and a part of each package that has one.

    A package looks up its own part by its class, so that this file need not import the packages:
    `context.part(Admission)`.

    Attributes:
        config: the settings.
        store: what the service stores.
        signing_key: signs links and access tokens.
        metrics: the counters of `/metrics`.
        only_works: this process does not receive reports.
        inflight: bytes of the requests that are being read.
        capacity: quotas and free disk space.
        by_address: requests from each address, but for ingest and the symbol server.
        symbol_requests: requests from each address to the symbol server.
        stopping: set when the service is about to end; it is then not ready.
    """

    config: Config
    store: Store
    signing_key: bytes
    metrics: Metrics = field(default_factory=Metrics)
    only_works: bool = False
    inflight: Inflight = field(init=False)
    capacity: Capacity = field(init=False)
    by_address: PerMinute = field(init=False)
    symbol_requests: PerMinute = field(init=False)
    stopping: bool = False
    _parts: dict[type, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.capacity = Capacity(self.store, self.config)
        self.inflight = Inflight(self.config.limits.inflight_bytes)
        self.by_address = PerMinute(self.config.limits.requests_per_minute)
        self.symbol_requests = PerMinute(self.config.limits.symbol_requests_per_minute)

    def add(self, *parts: object) -> None:
        """Add parts, each to be found by its class."""
        self._parts |= {type(part): part for part in parts}

    def part(self, kind: type[_Part]) -> _Part:
        """The part of a class.

        Raises:
            KeyError: the service has no such part.
        """
        return cast("_Part", self._parts[kind])


def context_of(connection: ASGIConnection) -> Context:  # type: ignore[type-arg]
    """The service that received a request."""
    return cast("Context", connection.app.state.context)
