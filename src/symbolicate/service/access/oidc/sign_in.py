"""The sign-in of people with an identity provider, from the link on the page to who they are."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

import msgspec

from symbolicate.service.access.oidc.asking import ProviderError, is_safe
from symbolicate.service.access.oidc.flow import Flow, Flows
from symbolicate.service.access.oidc.grants import matching, name_of
from symbolicate.service.access.oidc.provider import Provider
from symbolicate.service.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from symbolicate.service.config import Grant, Oidc

__all__ = ["Person", "SignIn"]

# Sign-ins that wait for the provider at a time: a slow one must not take the threads of all other requests.
_AT_A_TIME = 8
_CODE_LENGTH = 8192


class Person(NamedTuple):
    """Who signed in.

    Attributes:
        name: how pages call them.
        grant: the number of the grant in the settings that says what they may do.
        settings: a digest of the settings by which that was decided; with others the session ends.
    """

    name: str
    grant: int
    settings: str


class SignIn:
    """Signs people in. May be used by many threads; all methods but `grant` may wait for the provider.

    Args:
        settings: the provider, and what people may do.
        key: the service's key.

    Raises:
        ConfigError: the settings are incomplete, or the provider is not reached by https.
    """

    def __init__(self, settings: Oidc, key: bytes) -> None:
        if not is_safe(settings.issuer) or "?" in settings.issuer or "#" in settings.issuer:
            raise ConfigError("access.oidc.issuer: an https address; http is for this machine alone")
        if not settings.client_id:
            raise ConfigError("access.oidc.client_id: the provider's name of this service is missing")
        if not settings.grants:
            raise ConfigError("access.oidc.grants: without a grant nobody could read anything")
        self._settings = settings
        self._provider = Provider(settings)
        self._flows = Flows(key)
        self._slots = threading.BoundedSemaphore(_AT_A_TIME)
        decided = (settings.issuer, settings.client_id, settings.grants)
        self._digest = hashlib.sha256(msgspec.json.encode(decided)).hexdigest()[:16]

    @property
    def name(self) -> str:
        """How people call the provider."""
        return self._settings.name or self._settings.issuer.partition("://")[2].partition("/")[0]

    def begin(self, target: str, redirect: str) -> tuple[Flow, str]:
        """Begin a sign-in; the second value is the address of the provider to lead the browser to.

        Args:
            target: the path of this service to go to afterwards.
            redirect: the address of this service that the provider sends the browser back to.

        Raises:
            ProviderError: the provider cannot be used now.
        """
        flow = self._flows.begin(target)
        with self._slot():
            place = self._provider.metadata().authorization_endpoint
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect,
            "scope": self._settings.scope,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        return flow, _with(place, asked)

    def finish(self, answer: Mapping[str, str], cookie: str, redirect: str) -> tuple[Person | None, str]:
        """Who came back from the provider, and the path to go to; None for somebody to whom no grant applies.

        Args:
            answer: the query of the address that the provider sent the browser to.
            cookie: what this service gave the browser when the sign-in began.
            redirect: as in `begin`.

        Raises:
            ProviderError: the browser did not begin this sign-in, or the provider does not confirm it.
        """
        flow = self._flows.find(cookie, answer.get("state", ""))
        if flow is None:
            raise ProviderError("a sign-in was not begun by its browser, or took too long", refused=True)
        if answer.get("error"):
            raise ProviderError("the provider refused a sign-in", refused=True)
        with self._slot():
            known = self._provider.metadata()
            # RFC 9207: the answer of another provider must not be taken for one of this.
            stated = answer.get("iss", "" if known.authorization_response_iss_parameter_supported else known.issuer)
            code = answer.get("code", "")
            if stated != known.issuer or not code or len(code) > _CODE_LENGTH:
                raise ProviderError("a sign-in came back without a code of the provider", refused=True)
            tokens = self._provider.tokens(code, redirect, flow.verifier)
            claims = self._provider.identity(tokens.identity, flow.nonce)
            if self._settings.userinfo:
                claims = {**self._provider.userinfo(tokens.access, claims["sub"]), **claims}
        grant = matching(claims, self._settings.grants)
        return None if grant is None else Person(name_of(claims), grant, self._digest), flow.target

    def grant(self, person: Person) -> Grant | None:
        """What a person may do; None if the settings have changed since they signed in."""
        grants = self._settings.grants
        return grants[person.grant] if person.settings == self._digest and 0 <= person.grant < len(grants) else None

    def end(self, redirect: str) -> str | None:
        """The address where a browser ends its session at the provider (OpenID Connect RP-Initiated Logout 1.0).

        Raises:
            ProviderError: the provider cannot be used now.
        """
        with self._slot():
            place = self._provider.metadata().end_session_endpoint
        asked = {"client_id": self._settings.client_id, "post_logout_redirect_uri": redirect}
        return _with(place, asked) if place else None

    @contextlib.contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise ProviderError("too many sign-ins wait for the provider")
        try:
            yield
        finally:
            self._slots.release()


def _with(place: str, query: Mapping[str, str]) -> str:
    return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}"
