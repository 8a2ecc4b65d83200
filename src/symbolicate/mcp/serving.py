"""Runs the server over standard input and output, or over HTTP."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from mcp.server.transport_security import TransportSecuritySettings

from symbolicate.mcp.crashes import Crashes
from symbolicate.mcp.server import agent_server, http_server
from symbolicate.service.access.callers import Callers
from symbolicate.service.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from symbolicate.service.config import Config
    from symbolicate.store import Store

__all__ = ["serve_agent", "serve_http"]

_LAST_PORT = 0xFFFF


def serve_agent(config: Config, roots: Sequence[str], store: Store | None, *, may_write: bool) -> None:
    """Serve one agent until it closes standard input.

    Args:
        config: the sources of symbols.
        roots: the folders whose files may be read.
        store: the failures; None: there are no tools about failures.
        may_write: whether symbols may be added, and states and notes changed.
    """
    crashes = Crashes(config, roots)
    try:
        agent_server(crashes, store, may_write=may_write).run("stdio")
    finally:
        crashes.close()


def serve_http(store: Store, config: Config, bind: str) -> None:
    """Serve agents over streamable HTTP, behind the tokens of the store, until the process is interrupted.

    Args:
        store: the failures, and the tokens.
        config: the lifetime of access tokens, and the issuer of foreign tokens.
        bind: address and port to listen on.

    Raises:
        ConfigError: the address is not valid, or the store has no token yet.
    """
    host, separator, port = bind.rpartition(":")
    host = host.strip("[]")
    if not separator or not port.isdigit() or int(port) > _LAST_PORT:
        raise ConfigError(f"--http is an address and a port, not {bind!r}")
    callers = Callers(store, config, store.tokens.signing_key())
    if callers.is_open:
        raise ConfigError("there is no token yet: create one with `symbolicate token create`")
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    # A page of another site that resolves to this machine has its own name in `Host`.
    names = [f"{name}:*" for name in ("127.0.0.1", "localhost", "[::1]")] if is_loopback else []
    security = TransportSecuritySettings(enable_dns_rebinding_protection=bool(names), allowed_hosts=names)
    server = http_server(store, callers, f"http://{bind}")
    server.run("streamable-http", host=host, port=int(port), stateless_http=True, transport_security=security)
