"""Requests to an identity provider: bounded in time and size, without redirects, to safe addresses alone."""

from __future__ import annotations

import base64
import ipaddress
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec
from urllib3 import Timeout
from urllib3.exceptions import HTTPError

from symbolicate.errors import SymbolicateError, SymbolSourceError
from symbolicate.symbols.fetching.connections import Pools
from symbolicate.symbols.fetching.urls import Url
from symbolicate.symbols.fetching.watch import operation

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ProviderError", "ask", "basic", "is_safe"]

_SECONDS = 10.0
_BYTES = 1024 * 1024
_OK = 200
_REFUSED = range(400, 500)
# An error as OAuth 2.0 names them, such as `invalid_grant`.
_CODE = re.compile(r"[a-z_]{1,40}")


class ProviderError(SymbolicateError):
    """The provider cannot be reached, or its answer cannot be used. The message is for the log, and has no secret.

    Attributes:
        refused: the provider answered that what was sent is not valid, such as a code that was used before.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


def ask(url: str, fields: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON object that a provider answers with. Its address may be private: settings name it.

    Args:
        url: the address.
        fields: a form to send; None: the address is read.
        headers: further headers.

    Raises:
        ProviderError: there is no such answer within ten seconds and 1 MiB.
    """
    sent = {"Accept": "application/json", "User-Agent": "symbolicate", **(headers or {})}
    body = None
    if fields is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(fields).encode()
    status, content = _content(url, body, sent)
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError, RecursionError):
        found = None
    if status != _OK:
        code = str(found.get("error", "")) if isinstance(found, dict) else ""
        stated = f" {code}" if _CODE.fullmatch(code) else ""
        refused = fields is not None and status in _REFUSED
        raise ProviderError(f"{_place(url)} answered {status}{stated}", refused=refused)
    if not isinstance(found, dict):
        raise ProviderError(f"{_place(url)} did not answer with a JSON object")
    return found


def _content(url: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
    try:
        address = Url.parse(url)
        # Connections are not kept: a provider may close one just when it is used again.
        connections = Pools().of(address, _SECONDS, public_only=False)
        # A timeout of a socket is for one call; the operation ends a provider that sends a byte now and then.
        with operation(time.monotonic() + _SECONDS):
            try:
                response = connections.request(
                    "GET" if body is None else "POST",
                    address.full,
                    body=body,
                    headers=headers,
                    timeout=Timeout(connect=_SECONDS, read=_SECONDS),
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                content = response.read(_BYTES + 1, decode_content=False)
                response.close()
            finally:
                connections.clear()
    except SymbolSourceError:
        raise ProviderError(f"{_place(url)} is not an address") from None
    except (HTTPError, OSError) as error:
        raise ProviderError(f"{_place(url)} cannot be read: {type(error).__name__}") from None
    if len(content) > _BYTES:
        raise ProviderError(f"{_place(url)} sent more than {_BYTES:,} bytes")
    return response.status, content


def is_safe(url: str) -> bool:
    """Whether a provider may have this address: https, or http on this machine, and nothing that no header can hold."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or not url.isascii() or not url.isprintable() or " " in url or "@" in parts.netloc or "\\" in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def basic(name: str, password: str) -> str:
    """The header of a client with a secret, whose parts are encoded first (RFC 6749, section 2.3.1)."""
    return "Basic " + base64.b64encode(f"{quote_plus(name)}:{quote_plus(password)}".encode()).decode()


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _place(url: str) -> str:
    return url.partition("?")[0][:200]
