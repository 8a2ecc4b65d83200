"""Addresses on the network: as they are requested, and as they are shown.

What is shown has no user, no password and no query: these may be secrets, such as the signature of a bucket's address.
Nor has it the token that the path of this program's own service may have (`/-/TOKEN/symbols/…`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from symbolicate.errors import SymbolSourceError

if TYPE_CHECKING:
    from symbolicate.symbols.layouts.layout import Parts

__all__ = ["HTTP_PORTS", "Url", "address_below", "shown"]

HTTP_PORTS = {"http": 80, "https": 443}
"""The schemes of servers, each with its usual port."""

_LONGEST = 8192
_PATH_TOKEN = re.compile(r"(?<=/-/)[^/]+(?=/symbols(?:/|\Z))")


@dataclass(frozen=True, slots=True)
class Url:
    """An address of a server by HTTP.

    Attributes:
        scheme: `http` or `https`.
        host: the host, in lower case, without brackets.
        port: the port.
        path: the path, percent-encoded.
        query: the query, percent-encoded.
        user: `user:password` if the address has them.
    """

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""
    user: str = ""

    @classmethod
    def parse(cls, text: str) -> Url:
        """Read an address.

        Raises:
            SymbolSourceError: it is not one of HTTP.
        """
        try:
            found = urlsplit(text.strip())
            host, port = (found.hostname or "").lower(), found.port
        except ValueError:
            raise SymbolSourceError(f"not a valid address: {shown(text)}") from None
        is_plain = all(character > " " and character != "\x7f" for character in text.strip())
        if found.scheme not in HTTP_PORTS or not host or len(text) > _LONGEST or not is_plain:
            raise SymbolSourceError(f"not a valid address: {shown(text)}")
        user = f"{found.username or ''}:{found.password or ''}" if found.username or found.password else ""
        path = quote(found.path, safe="/%:@!$&'()*+,;=~-._")
        return cls(found.scheme, host, port or HTTP_PORTS[found.scheme], path or "/", found.query, user)

    @property
    def origin(self) -> str:
        """Scheme, host and port: what credentials and decisions belong to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == HTTP_PORTS[self.scheme] else f":{self.port}")

    @property
    def server(self) -> str:
        """Host and port: what a person means by a server."""
        return f"{self.host}:{self.port}"

    @property
    def target(self) -> str:
        """What is requested of the server."""
        return self.path + (f"?{self.query}" if self.query else "")

    @property
    def full(self) -> str:
        """The address without the user, for requests."""
        return self.origin + self.target

    @property
    def shown(self) -> str:
        """The address as reports show it."""
        return self.origin + _without_token(self.path)

    def joined(self, parts: Parts) -> Url:
        """The address of a file below this one; a query stays."""
        return Url(self.scheme, self.host, self.port, address_below(self.path, parts), self.query, self.user)


def address_below(address: str, parts: Parts) -> str:
    """The address of a file below another one."""
    return "/".join((address.rstrip("/"), *(quote(part, safe="", errors="surrogatepass") for part in parts)))


def shown(text: str) -> str:
    """An address without what may be secret in it, also of a text that is no valid address."""
    try:
        found = urlsplit(text)
        _ = found.port  # of `user:pass/word@host`, it is a part of the password
    except ValueError:
        scheme, slashes, rest = text.partition("//")
        # A password may have any character, so whatever is before the last `@` may be one.
        return _without_token(re.split(r"[?#]", f"{scheme}{slashes}{rest.rpartition('@')[2]}", maxsplit=1)[0])
    return urlunsplit((found.scheme, found.netloc.rpartition("@")[2], _without_token(found.path), "", ""))


def _without_token(path: str) -> str:
    return _PATH_TOKEN.sub("***", path)
