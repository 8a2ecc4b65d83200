"""Signed links: a path, an expiry time, and a signature over both."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from urllib.parse import quote

__all__ = ["sign", "signature_is_valid"]


def sign(key: bytes, method: str, path: str, seconds: float) -> str:
    """The query that makes a path usable without a token.

    Args:
        key: the service's key.
        method: the HTTP method that the link is for.
        path: the path, as the server will see it after decoding.
        seconds: how long it is valid.
    """
    ends = int(time.time() + seconds)
    return f"se={ends}&sig={quote(_signature(key, method, path, ends), safe='')}"


def signature_is_valid(key: bytes, method: str, path: str, ends: str, signature: str) -> bool:
    """Whether the query of a link was signed here and has not expired."""
    if not ends.isascii() or not ends.isdigit() or len(ends) > len("99999999999"):
        return False
    expected = _signature(key, method, path, int(ends))
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")) and time.time() < int(
        ends
    )


def _signature(key: bytes, method: str, path: str, ends: int) -> str:
    message = f"{method}\n{path}\n{ends}".encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode().rstrip("=")
