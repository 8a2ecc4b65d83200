"""Connections of urllib3 that are made to checked addresses and can be ended by their operation.

Each pool is for servers that a person named, or for others: a connection to an address that only the former may use is
never given to the latter.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import urllib.request
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from symbolicate.symbols.fetching import watch
from symbolicate.symbols.fetching.addresses import (
    ForbiddenAddressError,
    connect,
    is_public,
    may_be_public_name,
    resolve,
)

if TYPE_CHECKING:
    import socket
    from typing import Any

    from symbolicate.symbols.fetching.urls import Url

__all__ = ["Pools"]

# Connections that are kept open to one server.
_KEPT = 64


class _Reading(io.RawIOBase):
    """What a connection receives, until the time of its operation is over.

    A connection that was shut down still receives: the shutdown wakes whoever waits, but a server that never pauses
    would be read for ever.
    """

    def __init__(self, received: io.RawIOBase) -> None:
        self._received = received

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        operation = watch.current()
        if operation is not None and operation.is_over:
            raise TimeoutError("the time is over")
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fp = io.BufferedReader(_Reading(self.fp.detach()))


class _Watched(HTTPConnection):
    """A connection that its operation can shut down. urllib3 calls `_new_conn` for each, also before TLS."""

    public_only: ClassVar[bool] = False
    response_class = _Response
    # The same connection under another descriptor, because TLS takes the first one.
    _twin: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        seconds = self.timeout if isinstance(self.timeout, (int, float)) else 10.0
        try:
            made = connect(
                self._dns_host,
                self.port,
                seconds,
                public_only=self.public_only,
                options=list(self.socket_options or ()),
            )
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        except OSError as error:
            raise NewConnectionError(self, error.strerror or str(error)) from error
        made.settimeout(seconds)
        self._drop_twin()
        self._twin = made.dup()
        self._is_used()
        return made

    def request(self, *arguments: Any, **options: Any) -> None:
        self._is_used()
        super().request(*arguments, **options)

    def close(self) -> None:
        super().close()
        self._drop_twin()

    def _is_used(self) -> None:
        operation = watch.current()
        if operation is not None:
            operation.uses(self._twin)

    def _drop_twin(self) -> None:
        if self._twin is not None:
            with contextlib.suppress(OSError):
                self._twin.close()
            self._twin = None


class _Http(_Watched):
    pass


class _Https(_Watched, HTTPSConnection):
    pass


class _PublicHttp(_Watched):
    public_only = True


class _PublicHttps(_Watched, HTTPSConnection):
    public_only = True


def _pool_classes(plain: type[HTTPConnection], tls: type[HTTPSConnection]) -> dict[str, Any]:
    return {
        "http": type("Pool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("TlsPool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }


class Pools:
    """The connections of one process. May be used by many threads.

    Proxies are those of the environment (`HTTPS_PROXY`, `NO_PROXY`). What a name leads to is then decided by the proxy;
    names that lead to forbidden addresses here are refused all the same.
    """

    def __init__(self) -> None:
        self._named = self._manager(_pool_classes(_Http, _Https))
        self._foreign = self._manager(_pool_classes(_PublicHttp, _PublicHttps))
        self._proxies = urllib.request.getproxies_environment()
        self._proxied: dict[str, urllib3.ProxyManager] = {}

    def of(self, url: Url, seconds: float, *, public_only: bool) -> urllib3.PoolManager:
        """What requests of a server are made with.

        Args:
            url: the address.
            seconds: for the name server, where the address is checked here and the connection is made by a proxy.
            public_only: refuse addresses that are not public.

        Raises:
            ForbiddenAddressError: only public addresses are allowed, and it is another.
        """
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        if not proxy or urllib.request.proxy_bypass_environment(url.server, self._proxies):  # type: ignore[attr-defined]
            return self._foreign if public_only else self._named
        if public_only and not _may_be_public(url, seconds):
            raise ForbiddenAddressError(f"{url.host} is not a public address")
        if proxy not in self._proxied:
            place = proxy if "://" in proxy else f"http://{proxy}"
            user = urlsplit(place).netloc.rpartition("@")[0]
            headers = urllib3.make_headers(proxy_basic_auth=unquote(user)) if user else None
            made = urllib3.ProxyManager(place, maxsize=_KEPT, proxy_headers=headers)
            made.pool_classes_by_scheme = _pool_classes(_Http, _Https)
            self._proxied[proxy] = made
        return self._proxied[proxy]

    @staticmethod
    def _manager(classes: dict[str, Any]) -> urllib3.PoolManager:
        made = urllib3.PoolManager(num_pools=_KEPT, maxsize=_KEPT)
        made.pool_classes_by_scheme = classes
        return made


def _may_be_public(url: Url, seconds: float) -> bool:
    """Whether a host has public addresses alone, as far as they are known here.

    Where only the proxy resolves names, those of public servers are not known here either, and so what its name says of
    a host decides.
    """
    try:
        found = resolve(url.host, url.port, seconds)
    except OSError:
        return may_be_public_name(url.host)
    return all(is_public(address[0]) for _, address in found)
