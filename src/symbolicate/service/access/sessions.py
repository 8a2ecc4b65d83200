"""Sessions of browsers: cookies that name what their owner signed in with, signed and with an end.

A cookie names a token, holds no secret of it, and is of no use after the token was revoked or has expired; or it names
a person whom an identity provider confirmed, and is of no use after the settings of the sign-in have changed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time

import msgspec

from symbolicate.service.access.oidc import Person

__all__ = ["Sessions"]

_PARTS = 4
_DIGITS = 18
_LONGEST = 2000
_PERSON = "p-"


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
        return self._signed(str(token_id), seconds)

    def begin_of(self, person: Person, seconds: float) -> str:
        """The value of the cookie of a new session of a person. Units are as in `begin`."""
        return self._signed(
            _PERSON + base64.urlsafe_b64encode(msgspec.json.encode(person)).decode().rstrip("="), seconds
        )

    def token_of(self, cookie: str) -> int | None:
        """The row of the token of a session; None if it is not valid, has ended, or is a person's."""
        owner = self._owner(cookie)
        return int(owner) if owner.isdigit() and len(owner) <= _DIGITS else None

    def person_of(self, cookie: str) -> Person | None:
        """The person of a session; None if it is not valid, has ended, or is a token's."""
        owner = self._owner(cookie)
        if not owner.startswith(_PERSON):
            return None
        text = owner.removeprefix(_PERSON)
        try:
            return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Person)
        except (ValueError, msgspec.DecodeError):
            return None

    def _signed(self, owner: str, seconds: float) -> str:
        message = f"{owner}.{int(time.time() + seconds)}.{secrets.token_hex(8)}"
        return f"{message}.{_code(self._key, message)}"

    def _owner(self, cookie: str) -> str:
        """What a session names; empty if it is not valid, or has ended."""
        parts = cookie.split(".") if len(cookie) <= _LONGEST and cookie.isascii() else []
        if len(parts) != _PARTS or not parts[1].isdigit() or len(parts[1]) > _DIGITS:
            return ""
        message, _, code = cookie.rpartition(".")
        if not hmac.compare_digest(code, _code(self._key, message)):
            return ""
        return parts[0] if time.time() < int(parts[1]) else ""

    def form_code(self, cookie: str) -> str:
        """What a form of a page of this session contains; without a session, of a page that needs none."""
        return _code(self._form_key, cookie)

    def is_form_code(self, cookie: str, code: str) -> bool:
        """Whether a form was sent from a page of this session."""
        return hmac.compare_digest(code.encode("utf-8", "surrogatepass"), self.form_code(cookie).encode())


def _code(key: bytes, message: str) -> str:
    return hmac.new(key, message.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
