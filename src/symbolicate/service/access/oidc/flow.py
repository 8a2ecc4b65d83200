"""One sign-in under way: what its browser keeps, and the secrets that only this service can compute again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from typing import NamedTuple

__all__ = ["Flow", "Flows"]

_SECONDS = 600
_PARTS = 4
_LONGEST = 8192
_DIGITS = 18


class Flow(NamedTuple):
    """A sign-in under way.

    Attributes:
        cookie: what its browser keeps until the provider sends it back.
        state: what the provider sends back with it.
        nonce: what the identity must contain.
        verifier: what the exchange of the code must contain, and no browser knows.
        target: the path of this service where the sign-in leads.
    """

    cookie: str
    state: str
    nonce: str
    verifier: str
    target: str

    @property
    def challenge(self) -> str:
        """The challenge of the verifier, by the method S256 (RFC 7636, section 4.2)."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())


class Flows:
    """Begins sign-ins, and finds them again by their cookies.

    Args:
        key: the service's key; the keys of this class are derived from it.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.new(key, b"symbolicate: sign-ins under way", hashlib.sha256).digest()

    def begin(self, target: str) -> Flow:
        """A new sign-in, which leads to the path `target`."""
        state = _text(secrets.token_bytes(32))
        message = f"{state}.{int(time.time() + _SECONDS)}.{_text(target.encode())}"
        return self._flow(f"{message}.{self._derived('cookie', message)}", state, target)

    def find(self, cookie: str, state: str) -> Flow | None:
        """The sign-in of a browser that came back with `state`; None if it is another, or took too long."""
        parts = cookie.split(".") if len(cookie) <= _LONGEST and cookie.isascii() else []
        if len(parts) != _PARTS or not parts[1].isdigit() or len(parts[1]) > _DIGITS:
            return None
        message, _, code = cookie.rpartition(".")
        if not hmac.compare_digest(code, self._derived("cookie", message)):
            return None
        known, ends, target = parts[0], int(parts[1]), parts[2]
        if not hmac.compare_digest(state.encode("utf-8", "surrogatepass"), known.encode()) or time.time() >= ends:
            return None
        return self._flow(cookie, known, base64.urlsafe_b64decode(target + "=" * (-len(target) % 4)).decode())

    def _flow(self, cookie: str, state: str, target: str) -> Flow:
        return Flow(cookie, state, self._derived("nonce", state), self._derived("verifier", state), target)

    def _derived(self, use: str, text: str) -> str:
        return _text(hmac.new(self._key, f"{use}: {text}".encode(), hashlib.sha256).digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
