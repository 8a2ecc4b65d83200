"""An identity provider: what it publishes of itself, its keys, and the tokens that it gives for a code."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from symbolicate.service.access.oidc.asking import ProviderError, ask, basic, is_safe
from symbolicate.service.log import logger

if TYPE_CHECKING:
    from symbolicate.service.config import Oidc

__all__ = ["Metadata", "Provider", "Tokens"]

# Only public-key signatures, and never `none`: with a shared secret, whoever verifies could also sign.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
_WELL_KNOWN = "/.well-known/openid-configuration"
_LEEWAY_SECONDS = 60
# After a failure the provider is left alone for a while; an unknown key id makes us fetch the keys again, but not for
# each token with an invented id.
_AGAIN_SECONDS = 10.0
_KEYS_AGAIN_SECONDS = 30.0
_TOKEN_LENGTH = 128 * 1024
_USUAL_METHODS = ("client_secret_basic",)


class Metadata(msgspec.Struct, frozen=True):
    """What a provider publishes (OpenID Connect Discovery 1.0, section 3), as far as it is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = _USUAL_METHODS
    authorization_response_iss_parameter_supported: bool = False


class Tokens(NamedTuple):
    """What a code was exchanged for."""

    identity: str
    access: str


class Provider:
    """One provider. May be used by many threads.

    Args:
        settings: its issuer, and this service as its client.
    """

    def __init__(self, settings: Oidc) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._metadata: Metadata | None = None
        self._metadata_until = float("-inf")
        self._failure = ""
        self._keys: KeySet | None = None
        self._keys_fetched = float("-inf")

    def metadata(self) -> Metadata:
        """What the provider publishes, which is kept for a while; older data are used while it does not answer.

        Raises:
            ProviderError: it cannot be read, or is of another issuer.
        """
        with self._lock:
            if time.monotonic() >= self._metadata_until:
                try:
                    self._metadata = self._discover()
                    self._metadata_until = time.monotonic() + self._settings.minutes * 60
                except ProviderError as error:
                    self._failure = str(error)
                    self._metadata_until = time.monotonic() + _AGAIN_SECONDS
                    logger.warning("the identity provider: %s", error)
            if self._metadata is None:
                raise ProviderError(self._failure)
            return self._metadata

    def tokens(self, code: str, redirect: str, verifier: str) -> Tokens:
        """Exchange the code of an authorization (RFC 6749, section 4.1.3; RFC 7636, section 4.5).

        Raises:
            ProviderError: the provider refuses it, or does not answer with an identity.
        """
        known, settings = self.metadata(), self._settings
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        headers = {}
        methods = known.token_endpoint_auth_methods_supported
        if not settings.client_secret:
            fields["client_id"] = settings.client_id
        elif "client_secret_post" in methods and "client_secret_basic" not in methods:
            fields |= {"client_id": settings.client_id, "client_secret": settings.client_secret}
        else:
            headers["Authorization"] = basic(settings.client_id, settings.client_secret)
        found = ask(known.token_endpoint, fields, headers)
        identity, access = found.get("id_token"), found.get("access_token")
        if not isinstance(identity, str) or not identity or len(identity) > _TOKEN_LENGTH:
            raise ProviderError("the provider gave no identity for a code")
        return Tokens(identity, access if isinstance(access, str) else "")

    def identity(self, text: str, nonce: str) -> dict[str, Any]:
        """The claims of an id token (OpenID Connect Core 1.0, section 3.1.3.7).

        Args:
            text: the token.
            nonce: what the authorization was asked for with.

        Raises:
            ProviderError: the token is not valid, is for another client, or belongs to another authorization.
        """
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._decoded(text).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise ProviderError(f"an identity is not valid: {type(error).__name__}", refused=True) from None
        audience = claims["aud"]
        party = claims.get(
            "azp", None if isinstance(audience, list) and len(audience) > 1 else self._settings.client_id
        )
        if party != self._settings.client_id:
            raise ProviderError("an identity is for another client", refused=True)
        return dict(claims)

    def userinfo(self, access: str, subject: str) -> dict[str, Any]:
        """Further claims of a person (OpenID Connect Core 1.0, section 5.3).

        Raises:
            ProviderError: the provider has none, or they are of another person.
        """
        url = self.metadata().userinfo_endpoint
        if not url or not access:
            raise ProviderError("the provider has no further claims: switch `userinfo` off")
        if not access.isascii() or not access.isprintable():
            raise ProviderError("the access token is not a token")
        found = ask(url, headers={"Authorization": f"Bearer {access}"})
        if found.get("sub") != subject:
            raise ProviderError("further claims are of another person", refused=True)
        return found

    def _decoded(self, text: str) -> jwt.Token:
        try:
            return jwt.decode(text, self._current_keys(fresh=False), algorithms=_ALGORITHMS)
        except InvalidKeyIdError:
            return jwt.decode(text, self._current_keys(fresh=True), algorithms=_ALGORITHMS)

    def _current_keys(self, *, fresh: bool) -> KeySet:
        url = self.metadata().jwks_uri
        with self._lock:
            age = time.monotonic() - self._keys_fetched
            if self._keys is None or age > (_KEYS_AGAIN_SECONDS if fresh else self._settings.minutes * 60):
                try:
                    self._keys = KeySet.import_key_set(cast("Any", ask(url)))
                    self._keys_fetched = time.monotonic()
                except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
                    raise ProviderError(f"the keys of the provider cannot be used: {type(error).__name__}") from None
            return self._keys

    def _discover(self) -> Metadata:
        found = ask(self._settings.issuer.rstrip("/") + _WELL_KNOWN)
        try:
            metadata = msgspec.convert(found, Metadata)
        except msgspec.ValidationError as error:
            raise ProviderError(f"the metadata of the provider: {error}") from None
        if metadata.issuer != self._settings.issuer:
            raise ProviderError(f"the metadata are of the issuer {metadata.issuer[:200]!r}")
        if any(not is_safe(url) for url in _addresses(metadata)):
            raise ProviderError("the metadata have an address that is not of https")
        return metadata


def _addresses(known: Metadata) -> list[str]:
    further = (known.userinfo_endpoint, known.end_session_endpoint)
    return [known.authorization_endpoint, known.token_endpoint, known.jwks_uri, *(one for one in further if one)]
