"""Sessions of browsers: cookies that name the token that their owner signed in with, signed and with an end.

A cookie holds no secret of the token, and is of no use after the token was revoked or has expired.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

__all__ = ["Sessions"]

_PARTS = 4
_DIGITS = 18
_LONGEST = 200


class Sessions:
    """Makes and reads the values of cookies, and the proofs that forms come from pages of the same session.

    Args:
        key: the service's key. The keys of this class are derived from it, so that nothing else that is signed with it
            can be a session.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.new(key, b"symbolicate: sessions of browsers", hashlib.sha256).digest()
        self._form_key = hmac.new(key, b"symbolicate: forms of pages", hashlib.sha256).digest()

    def begin(self, token_id: int, seconds: float) -> str:
        """The value of the cookie of a new session.

        Args:
            token_id: the row of the token.
            seconds: how long it lasts.
        """
        message = f"{token_id}.{int(time.time() + seconds)}.{secrets.token_hex(8)}"
        return f"{message}.{_code(self._key, message)}"

    def token_of(self, cookie: str) -> int | None:
        """The row of the token of a session; None if it is not valid, or has ended."""
        parts = cookie.split(".") if len(cookie) <= _LONGEST and cookie.isascii() else []
        if len(parts) != _PARTS or not all(part.isdigit() and len(part) <= _DIGITS for part in parts[:2]):
            return None
        message, _, code = cookie.rpartition(".")
        if not hmac.compare_digest(code, _code(self._key, message)):
            return None
        return int(parts[0]) if time.time() < int(parts[1]) else None

    def form_code(self, cookie: str) -> str:
        """What a form of a page of this session contains; without a session, of a page that needs none."""
        return _code(self._form_key, cookie)

    def is_form_code(self, cookie: str, code: str) -> bool:
        """Whether a form was sent from a page of this session."""
        return hmac.compare_digest(code.encode("utf-8", "surrogatepass"), self.form_code(cookie).encode())


def _code(key: bytes, message: str) -> str:
    return hmac.new(key, message.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
