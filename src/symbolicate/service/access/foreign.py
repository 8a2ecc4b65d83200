"""Tokens of another issuer: JWTs that are checked by the keys which the issuer publishes (RFC 7517, RFC 7519)."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any, cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from symbolicate.service.log import logger

if TYPE_CHECKING:
    from symbolicate.service.config import ForeignTokens

__all__ = ["ForeignIssuer"]

# Only public-key signatures: with a shared secret, every verifier could also sign.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
_FETCH_SECONDS = 10.0
_KEYS_BYTES = 1024 * 1024
# An unknown key id makes us fetch the keys again, but not for each token with an invented id.
_AGAIN_SECONDS = 30.0
_LEEWAY_SECONDS = 60
_SCOPES = frozenset({"ingest", "query", "symbols", "symbols-read", "admin"})


class ForeignIssuer:
    """Checks the tokens of one issuer. May be used by many threads.

    Args:
        settings: the URL of its keys, and the claims that its tokens must have.
    """

    def __init__(self, settings: ForeignTokens) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._fetched = float("-inf")

    def scopes(self, text: str) -> tuple[str, frozenset[str]] | None:
        """The bearer of a token and their scopes; None if it is not valid for any reason."""
        for fresh in (False, True):
            keys = self._current(fresh)
            if keys is None:
                return None
            try:
                token = jwt.decode(text, keys, algorithms=_ALGORITHMS)
                self._registry().validate(token.claims)
            except (JoseError, ValueError, TypeError) as error:
                # The issuer may have new keys; an expired token would be invalid with them, too.
                if fresh:
                    logger.info("a foreign token is not valid: %s", type(error).__name__)
                continue
            return self._bearer(token.claims)
        return None

    def _registry(self) -> jwt.JWTClaimsRegistry:
        claims: dict[str, Any] = {"exp": {"essential": True}}
        if self._settings.issuer:
            claims["iss"] = {"essential": True, "value": self._settings.issuer}
        if self._settings.audience:
            claims["aud"] = {"essential": True, "value": self._settings.audience}
        return jwt.JWTClaimsRegistry(leeway=_LEEWAY_SECONDS, **claims)

    def _bearer(self, claims: dict[str, Any]) -> tuple[str, frozenset[str]]:
        name = str(claims.get("appid") or claims.get("azp") or claims.get("sub") or "?")[:100]
        if not self._settings.scope_claim:
            return name, frozenset(self._settings.scopes)
        said = claims.get(self._settings.scope_claim)
        listed = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
        return name, frozenset(str(scope) for scope in listed) & _SCOPES

    def _current(self, fresh: bool) -> KeySet | None:
        with self._lock:
            age = time.monotonic() - self._fetched
            if age > (_AGAIN_SECONDS if fresh or self._keys is None else self._settings.minutes * 60):
                self._fetched = time.monotonic()
                try:
                    self._keys = _fetch(self._settings.jwks_url)
                except (OSError, ValueError, JoseError) as error:
                    # The present keys may still be valid.
                    logger.warning("cannot fetch the keys of the token issuer: %s", error)
            return self._keys


def _fetch(url: str) -> KeySet:
    if not url.startswith(("https://", "http://")):
        raise ValueError("not an http address")
    with urllib.request.urlopen(url, timeout=_FETCH_SECONDS) as answer:  # noqa: S310 - checked above
        content = answer.read(_KEYS_BYTES + 1)
    if len(content) > _KEYS_BYTES:
        raise ValueError("too large")
    found = json.loads(content)
    if isinstance(found, dict) and isinstance(found.get("keys"), list):
        return KeySet.import_key_set(cast("Any", found))
    raise ValueError("no key set")
