"""Requests by HTTP: where they may lead, how long they may take, and what a status means."""

from __future__ import annotations

import contextlib
import email.utils
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from symbolicate.errors import SymbolSourceError
from symbolicate.symbols.fetching.addresses import ForbiddenAddressError
from symbolicate.symbols.fetching.connections import Pools
from symbolicate.symbols.fetching.credentials import Credentials
from symbolicate.symbols.fetching.failure import DOWN_SECONDS, FetchError, TransientError, time_is_over
from symbolicate.symbols.fetching.urls import HTTP_PORTS, Url
from symbolicate.symbols.fetching.watch import Operation, operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from symbolicate.symbols.fetching.network import Network

__all__ = ["Answer", "Http"]

_REDIRECTS = 5
_CHUNK = 1 << 18
# Bytes of a page that says that a file is missing.
_SMALL = 1 << 14
# How long a server may be silent until the end of a report, and still be asked for others.
_PATIENCE = 5.0
# For how long the answer of a server that asks for patience is remembered, at least and at most.
_SHORTEST_AFTER, _LONGEST_AFTER = 60.0, 3600.0
_HEADERS = {"User-Agent": "symbolicate", "Accept-Encoding": "gzip"}

_OK, _PARTIAL = 200, 206
_MOVED = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_UNAUTHORIZED = frozenset({401, 407})
# How long the lack of credentials is remembered: they come with the next command.
_UNAUTHORIZED_SECONDS = 10.0
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request: its head, and its body while it is read.

    Attributes:
        status: 200 or 206, or another one that was asked for.
        headers: its headers; names in any case.
        url: the address that answered.
        asked: the address that was asked first, before redirects.
    """

    status: int
    headers: Mapping[str, str]
    url: Url
    asked: Url
    _response: urllib3.BaseHTTPResponse
    _operation: Operation

    def body(self) -> Iterator[bytes]:
        """The bytes as sent, not decompressed.

        Raises:
            FetchError: the time is over, or the connection ends too early.
        """
        with _about(self.url, self.asked, self._operation), _translated(self._operation):
            yield from self._response.stream(_CHUNK, decode_content=False)


class Http:
    """Makes requests. May be used by many threads.

    Args:
        network: what may be done.
        contact: called with the origin of each server that is asked.
    """

    def __init__(self, network: Network, contact: Callable[[str], None]) -> None:
        self._network = network
        self._contact = contact
        self._pools = Pools()
        self._credentials = Credentials(network.tokens)
        self._lock = threading.Lock()
        self._down: dict[str, tuple[float, FetchError]] = {}

    @contextlib.contextmanager
    def get(
        self, url: Url, ends: float, headers: Mapping[str, str] | None = None, accept: frozenset[int] = frozenset()
    ) -> Iterator[Answer]:
        """Ask a server for a file, wherever it redirects to.

        Args:
            url: the address; its server was named by a person.
            ends: when the whole operation ends, body included.
            headers: further headers.
            accept: statuses beside 200 and 206 that are an answer.

        Raises:
            FetchError: there is no file, or it cannot be asked for.
        """
        at, named = url, True
        with operation(ends) as watched:
            for _ in range(_REDIRECTS + 1):
                with _about(at, url, watched):
                    response = self._request(at, headers or {}, watched, named=named)
                try:
                    if response.status in _MOVED and (location := response.headers.get("location")):
                        at = _redirected(at, location)
                        named = at.host == url.host and (
                            at.port == url.port or (_has_usual_port(at) and _has_usual_port(url))
                        )
                        at = replace(at, user=url.user if named else "")
                        continue
                    if response.status not in {_OK, _PARTIAL} and response.status not in accept:
                        raise _refusal(response)
                    yield Answer(response.status, response.headers, at, url, response, watched)
                    return
                finally:
                    _release(response)
            raise FetchError("refused", f"more than {_REDIRECTS} redirects")

    def _request(
        self, url: Url, headers: Mapping[str, str], watched: Operation, *, named: bool
    ) -> urllib3.BaseHTTPResponse:
        self._check_server(url)
        public_only = not named and not self._network.private
        sent = {**_HEADERS, **headers}
        if named and (credentials := self._credentials.header(url)):
            sent["Authorization"] = credentials
        left = watched.ends - time.monotonic()
        if left <= 0:
            raise time_is_over()
        network, began = self._network, time.monotonic()
        connect_seconds = min(network.connect_seconds, left)
        timeout = urllib3.Timeout(connect=connect_seconds, read=min(network.stall_seconds, max(left, 0.1)))
        try:
            with _translated(watched):
                return self._pools.of(url, connect_seconds, public_only=public_only).request(
                    "GET",
                    url.full,
                    headers=sent,
                    timeout=timeout,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
        except FetchError as error:
            # Else one that never answers would take the whole time of each report.
            if error.of_server and (isinstance(error, TransientError) or time.monotonic() - began >= _PATIENCE):
                with self._lock:
                    self._down[url.origin] = time.monotonic() + DOWN_SECONDS, error
            raise

    def _check_server(self, url: Url) -> None:
        """Do not ask a server again that did not answer; say that another one is asked."""
        with self._lock:
            until, error = self._down.get(url.origin, (0.0, None))
        if error is not None and time.monotonic() < until:
            raise FetchError(error.outcome, error.detail, 0.0, of_server=True)
        self._contact(url.origin)

    def recover(self, url: Url) -> None:
        """Ask a server again that did not answer."""
        with self._lock:
            self._down.pop(url.origin, None)


def _redirected(at: Url, location: str) -> Url:
    try:
        to = Url.parse(urljoin(at.full, location))
    except (SymbolSourceError, ValueError):
        raise FetchError("refused", "a redirect to an address that is not of HTTP") from None
    if at.scheme == "https" and to.scheme != "https":
        raise FetchError("denied", "a redirect from https to http")
    return to


def _has_usual_port(url: Url) -> bool:
    return url.port == HTTP_PORTS[url.scheme]


def _refusal(response: urllib3.BaseHTTPResponse) -> FetchError:
    """What a status that is no success means."""
    status = response.status
    if status in _GONE:
        return FetchError("missing")
    if status in _LATER:
        after = _after(response.headers.get("retry-after", ""))
        return TransientError("refused", f"HTTP {status}", after=after, lifetime=max(after or 0.0, _SHORTEST_AFTER))
    if status in _UNAUTHORIZED:
        return FetchError("refused", f"HTTP {status}", _UNAUTHORIZED_SECONDS)
    return FetchError("refused", f"HTTP {status}")


def _after(text: str) -> float | None:
    """The seconds of `Retry-After`: a number, or a date."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _LONGEST_AFTER)
    try:
        return min(max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time()), _LONGEST_AFTER)
    except (TypeError, ValueError, OverflowError):
        return None


def _release(response: urllib3.BaseHTTPResponse) -> None:
    """Give the connection back if little of the body is left; else close it, because the rest may have no end."""
    try:
        response.read(_SMALL, decode_content=False)
    except (HTTPError, OSError):
        response.close()
    if response.closed:
        response.release_conn()
    else:
        response.close()


@contextlib.contextmanager
def _translated(watched: Operation) -> Iterator[None]:
    """Errors of the network as outcomes."""
    try:
        yield
    except ForbiddenAddressError as error:
        raise FetchError("denied", str(error)) from None
    except (HTTPError, OSError) as error:
        if watched.is_due:
            raise time_is_over() from None
        raise _failure(error) from None
    if watched.is_over:  # what was read when the connection was shut down looks like a short answer
        raise time_is_over()


@contextlib.contextmanager
def _about(at: Url, asked: Url, watched: Operation) -> Iterator[None]:
    """Failures of a server that another one redirected to are about this file: the other one answers."""
    try:
        yield
    except FetchError as error:
        if not error.of_server or at.origin == asked.origin or watched.is_due:
            raise
        detail = f"a redirect to {at.origin}: {error.detail}"
        if isinstance(error, TransientError):
            raise TransientError(error.outcome, detail, after=error.after, lifetime=error.lifetime) from None
        raise FetchError(error.outcome, detail, error.lifetime) from None


def _failure(error: HTTPError | OSError) -> TransientError:
    """What an error of a connection means. It may go away."""
    if isinstance(error, (NewConnectionError, ProxyError)):
        what = "no connection by the proxy" if isinstance(error, ProxyError) else "no connection"
        return TransientError("refused", f"{what}: {_reason(error).rpartition(': ')[2].lower()}", of_server=True)
    if isinstance(error, SSLError):
        return TransientError("refused", f"no secure connection: {_reason(error)}", of_server=True)
    if isinstance(error, ConnectTimeoutError):
        return TransientError("timed out", "the server does not answer", of_server=True)
    if isinstance(error, ReadTimeoutError):
        return TransientError("timed out", "the server stopped sending", of_server=True)
    return TransientError("malformed", f"the connection broke: {_reason(error)}")


def _reason(error: Exception) -> str:
    """The reason of an error in a few words; those of urllib3 repeat objects and addresses."""
    inner = error.args[-1] if error.args else error
    while isinstance(inner, Exception) and inner.args and isinstance(inner.args[-1], Exception):
        inner = inner.args[-1]
    text = getattr(inner, "strerror", None) or str(inner)
    return " ".join(text.split())[:200]
