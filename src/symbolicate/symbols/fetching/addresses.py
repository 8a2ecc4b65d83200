"""Which addresses a name may lead to that nobody named: of a redirect, a pointer, an index.

A person who names a server means it, also at `localhost`. What a server or a file says may be an attempt to reach
services that only this machine can reach, such as the metadata service of a cloud at 169.254.169.254. Such names are
resolved here, each address is checked, and the connection is made to the address that was checked: a second answer of
the name server cannot differ.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    _Address: TypeAlias = tuple[socket.AddressFamily, tuple[str, int]]

__all__ = ["ForbiddenAddressError", "connect", "is_public", "may_be_public_name", "resolve"]

_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_IPV4_BITS = 0xFFFF_FFFF
# Reserved for, or in use in, private networks: RFC 6761, 6762 and 8375, RFC 6762 appendix G, and ICANN's `.internal`.
_PRIVATE_DOMAINS = frozenset(
    {"corp", "home", "home.arpa", "internal", "intranet", "lan", "local", "localdomain", "localhost", "private"}
)


class ForbiddenAddressError(Exception):
    """A foreign name leads to an address that is not public. Not an `OSError`: it is not tried again."""


def is_public(address: str) -> bool:
    """Whether an address is on the public internet: not loopback, private, link-local, multicast or reserved.

    An IPv6 address that stands for an IPv4 address (mapped, NAT64, 6to4, Teredo) is what that one is. The local prefix
    of NAT64 is never public.
    """
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(known, ipaddress.IPv6Address):
        if known in _NAT64[1]:
            return False
        inner = _inner(known)
        if inner is not None:
            return is_public(str(inner))
        if known.is_site_local:
            return False
    return known.is_global and not known.is_multicast


def may_be_public_name(host: str) -> bool:
    """Whether a name that cannot be resolved here may be one of the public internet: it is in no private domain."""
    labels = host.rstrip(".").lower().split(".")
    return len(labels) > 1 and not {labels[-1], ".".join(labels[-2:])} & _PRIVATE_DOMAINS


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64[0]:
        return ipaddress.IPv4Address(int(address) & _IPV4_BITS)
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if int(address) >> 32 == 0 and int(address) > 1:  # the former "IPv4-compatible" addresses
        return ipaddress.IPv4Address(int(address))
    return None


def connect(
    host: str,
    port: int,
    seconds: float,
    *,
    public_only: bool,
    options: Sequence[tuple[int, int, int | bytes]] = (),
) -> socket.socket:
    """Connect to a host; to each of its addresses in turn until one answers.

    Args:
        host: a name or an address.
        port: the port.
        seconds: for the name server and all addresses together.
        public_only: refuse addresses that are not public.
        options: options of the socket, as for `setsockopt`.

    Raises:
        ForbiddenAddressError: all its addresses are refused.
        TimeoutError: it took too long.
        OSError: no address accepts a connection.
    """
    ends = time.monotonic() + seconds
    found = resolve(host, port, seconds)
    allowed = [one for one in found if not public_only or is_public(one[1][0])]
    if not allowed:
        raise ForbiddenAddressError(f"{host} is not a public address")
    failure: OSError = OSError("no address")
    for family, address in allowed:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        one = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in options:
                one.setsockopt(*option)
            one.settimeout(left)
            one.connect(address)
        except OSError as error:
            one.close()
            failure = error
            continue
        return one
    raise failure


def resolve(host: str, port: int, seconds: float) -> list[_Address]:
    """The addresses of a host. The system's resolver has no time limit of ours, so another thread waits for it.

    Args:
        host: a name or an address.
        port: the port.
        seconds: for the name server.

    Raises:
        TimeoutError: the name server takes too long.
        OSError: nobody knows the name.
    """
    answers: queue.SimpleQueue[list[_Address] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_look_up(host, port))
        except OSError as error:
            answers.put(error)

    try:
        return _look_up(host, port, socket.AI_NUMERICHOST)
    except OSError:  # a name
        threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TimeoutError("the name server does not answer") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _look_up(host: str, port: int, flags: int = 0) -> list[_Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError:  # a label of the name is too long
        raise OSError("not a host name") from None
    return [(family, address) for family, _, _, _, address in found]  # type: ignore[misc]
