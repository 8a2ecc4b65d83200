"""The credentials that a server is asked with: of its address, the settings, or the user's netrc file.

They are sent to the server that they belong to, and not to another one that it redirects to.
"""

from __future__ import annotations

import base64
import netrc
import os
from typing import TYPE_CHECKING
from urllib.parse import unquote

from symbolicate.symbols.fetching.urls import HTTP_PORTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from symbolicate.symbols.fetching.urls import Url

__all__ = ["Credentials"]


class Credentials:
    """Who is asked with which credentials.

    Args:
        tokens: tokens by host, or by host and port, in lower case.
    """

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = {host.lower(): token for host, token in tokens.items()}
        self._netrc: netrc.netrc | None = None
        self._is_read = False

    def header(self, url: Url) -> str:
        """The value of `Authorization` for a server that a person named; empty without any."""
        if url.user:
            return _basic(url.user)
        token = self._tokens.get(url.server)
        # Without a port, a token is for the usual one, where another user of the machine cannot listen.
        if token is None and url.port == HTTP_PORTS[url.scheme]:
            token = self._tokens.get(url.host)
        if token is not None:
            return f"Bearer {token}"
        known = self._of_netrc(url.host)
        return _basic(f"{known[0]}:{known[1]}") if known is not None else ""

    def _of_netrc(self, host: str) -> tuple[str, str] | None:
        if not self._is_read:
            self._is_read = True
            path = os.environ.get("NETRC") or os.path.join(os.path.expanduser("~"), ".netrc")
            try:
                self._netrc = netrc.netrc(path)
            except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
                self._netrc = None  # without one there are no credentials; a damaged one may have secrets in its error
        # An entry `default` is for every host, and nobody meant symbol servers by it.
        found = self._netrc.hosts.get(host) if self._netrc is not None else None
        return (found[0], found[2]) if found is not None and found[2] else None


def _basic(user: str) -> str:
    return "Basic " + base64.b64encode(unquote(user).encode()).decode()
