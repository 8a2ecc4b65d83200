"""The address of the service for links in its responses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from symbolicate.service.context import context_of

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection

__all__ = ["base_url"]

_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


def base_url(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Scheme, host and port: as configured, else from the client's `Host`."""
    config = context_of(connection).config
    if config.public_url:
        return config.public_url.rstrip("/")
    host = connection.headers.get("host", "")
    if not _HOST.fullmatch(host):
        host = config.bind
    return f"{connection.scope['scheme']}://{host}"
