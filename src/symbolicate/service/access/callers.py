"""Callers: who sends a request, and what they may do.

While there is no token, everybody who can reach the service may do everything; it then listens on loopback alone. Once
a token exists, nothing can be read or changed without one. Sending reports needs an App-Secret and no token.
"""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from symbolicate.service.access.foreign import ForeignIssuer
from symbolicate.service.access.oidc import SignIn
from symbolicate.service.access.sessions import Sessions
from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from symbolicate.service.access.oidc import Person
    from symbolicate.service.config import Config
    from symbolicate.store import Client, Store

__all__ = ["EVERYTHING", "Caller", "Callers"]

EVERYTHING = frozenset({"ingest", "query", "symbols", "symbols-read", "admin"})

_ISSUER = "symbolicate"
_ALGORITHM = "HS256"
_TOKEN_LENGTH = 8192
# How long it may take until a service that shares the database notices its first token, or a revoked one.
_NOTICE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request.

    Attributes:
        name: the token's or client's name.
        scopes: what they may do.
        apps: the rows of the apps that they may act for; None for all apps.
    """

    name: str
    scopes: frozenset[str]
    apps: frozenset[int] | None = None

    def may(self, scope: str) -> bool:
        """Whether they may do something; `admin` may do everything, and who adds symbols may also read them."""
        return not self.scopes.isdisjoint({scope, "admin", *(("symbols",) if scope == "symbols-read" else ())})

    def may_act_for(self, app_id: int | None) -> bool:
        """Whether they may act for an app, by its row; None is what all apps share.

        Every route that names an app, a report, an upload or symbols checks this, whatever the scope is. What the apps
        share, such as the pool of symbols and the metrics of the service, is for callers without a restriction to apps;
        changes of it also depend on their scopes.
        """
        return self.apps is None or app_id in self.apps

    @property
    def may_change_shared_symbols(self) -> bool:
        """Whether they may add and remove symbols that are used for all apps."""
        return self.may("admin") and self.may_act_for(None)


class Callers:
    """The callers of one service. Reads the database, so it must be used on threads, not on the event loop.

    Args:
        store: the store of tokens and clients.
        config: the lifetime of access tokens, the issuer of foreign tokens, and the provider of identities.
        key: signs access tokens.

    Attributes:
        sign_in: signs people in with an identity provider; None without one.

    Raises:
        ConfigError: the settings of the identity provider cannot be used.
    """

    def __init__(self, store: Store, config: Config, key: bytes) -> None:
        self._store = store
        self._seconds = config.access.token_minutes * 60
        self._key = OctKey.import_key(key)
        self._sessions = Sessions(key)
        foreign = config.access.foreign
        self._foreign = ForeignIssuer(foreign) if foreign.jwks_url else None
        oidc = config.access.oidc
        self.sign_in = SignIn(oidc, key) if oidc.issuer else None
        self._apps: dict[str, int | None] = {}
        self._apps_looked = float("-inf")
        self._any = False
        self._looked = float("-inf")
        self._clients: dict[str, Client] = {}
        self._clients_looked = float("-inf")

    @property
    def is_open(self) -> bool:
        """Whether nobody needs a token, because there is none, and no provider of tokens or identities."""
        if self._foreign is not None or self.sign_in is not None or self._any:
            return False
        if time.monotonic() - self._looked > _NOTICE_SECONDS:
            self._any = self._store.tokens.any()
            self._looked = time.monotonic()
        return not self._any

    def caller(self, token: str | None, host: str, origin: str = "") -> Caller | None:
        """The bearer of a token; None if it is not valid.

        Args:
            token: what the client sent, or None.
            host: the client's `Host`.
            origin: a browser's `Origin`; empty for other clients.

        Raises:
            RefusedError: there is no token yet, and the `Host` is not a name of this machine, or the request is from a
                page of another machine.
        """
        if self.is_open:
            return _anybody(host, origin)
        if not token or len(token) > _TOKEN_LENGTH:
            return None
        if token.count(".") == 2:  # noqa: PLR2004 - a JWT has three parts
            return self._bearer_of_jwt(token)
        known = self._store.tokens.verify(token)
        return Caller(known.name, frozenset(known.scopes), known.apps) if known is not None else None

    def caller_in_session(self, cookie: str | None, host: str, origin: str = "") -> Caller | None:
        """Who is signed in with a browser; None for nobody. Host and origin are as in `caller`.

        The session ends with its token, or with the settings of the sign-in: each request checks that it is valid.

        Raises:
            RefusedError: there is no token yet, as in `caller`.
        """
        if self.is_open:
            return _anybody(host, origin)
        person = self._sessions.person_of(cookie or "")
        if person is not None:
            return self._caller_of(person)
        token_id = self._sessions.token_of(cookie or "")
        known = self._store.tokens.valid(token_id) if token_id is not None else None
        return Caller(known.name, frozenset(known.scopes), known.apps) if known is not None else None

    def session(self, secret: str, seconds: float) -> str | None:
        """The value of a cookie for the bearer of a token; None if the token is not valid.

        Args:
            secret: the token: one that `token create` made, since others cannot be looked up to see if they are valid.
            seconds: how long the session lasts at most.
        """
        known = self._store.tokens.verify(secret) if len(secret) <= _TOKEN_LENGTH else None
        return self._sessions.begin(known.id, seconds) if known is not None else None

    def session_of(self, person: Person, seconds: float) -> str:
        """The value of a cookie for a person whom the identity provider confirmed. Units are as in `session`."""
        return self._sessions.begin_of(person, seconds)

    def form_code(self, cookie: str) -> str:
        """What forms of pages of a session contain, see `Sessions`."""
        return self._sessions.form_code(cookie)

    def is_form_code(self, cookie: str, code: str) -> bool:
        """Whether a form was sent from a page of a session."""
        return self._sessions.is_form_code(cookie, code)

    def access_token(self, client_id: str, secret: str) -> tuple[str, int, int] | None:
        """An access token for a client: the text, when it begins, and its lifetime; None if the client is unknown."""
        client = self._store.tokens.verify_client(client_id, secret)
        if client is None:
            return None
        now = int(time.time())
        claims = {"iss": _ISSUER, "sub": client.client_id, "iat": now, "nbf": now, "exp": now + self._seconds}
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key), now, self._seconds

    def _bearer_of_jwt(self, text: str) -> Caller | None:
        try:
            token = jwt.decode(text, self._key, algorithms=[_ALGORITHM])
            jwt.JWTClaimsRegistry(
                iss={"essential": True, "value": _ISSUER}, sub={"essential": True}, exp={"essential": True}
            ).validate(token.claims)
        except (JoseError, ValueError, TypeError):
            known = self._foreign.scopes(text) if self._foreign is not None else None
            return Caller(*known) if known is not None else None
        # Revoking a client revokes its access tokens.
        client = self._client(str(token.claims["sub"]))
        return Caller(client.name, frozenset(client.scopes), client.apps) if client is not None else None

    def _caller_of(self, person: Person) -> Caller | None:
        grant = self.sign_in.grant(person) if self.sign_in is not None else None
        if grant is None:
            return None
        apps = None
        if grant.apps:
            found = (self._app(name) for name in grant.apps)
            apps = frozenset(number for number in found if number is not None)
        return Caller(person.name, frozenset(grant.scopes), apps)

    def _app(self, name: str) -> int | None:
        """The row of an app that a grant names; it may be created after the service was started."""
        if time.monotonic() - self._apps_looked > _NOTICE_SECONDS:
            self._apps, self._apps_looked = {}, time.monotonic()
        if name not in self._apps:
            app = self._store.apps.named(name)
            self._apps[name] = None if app is None else app.id
        return self._apps[name]

    def _client(self, client_id: str) -> Client | None:
        if time.monotonic() - self._clients_looked > _NOTICE_SECONDS:
            self._clients = {
                client.client_id: client for client in self._store.tokens.list_clients() if client.revoked is None
            }
            self._clients_looked = time.monotonic()
        return self._clients.get(client_id)


def _anybody(host: str, origin: str) -> Caller:
    """The caller while there is no token.

    Raises:
        RefusedError: the `Host` is not a name of this machine, or the request is from a page of another machine.
    """
    if not _is_loopback_name(host) or (origin and not _is_loopback_name(origin.partition("://")[2])):
        raise RefusedError(403, "Forbidden", "without a token the service answers to localhost alone")
    return Caller("anybody", EVERYTHING)


def _is_loopback_name(host: str) -> bool:
    """Whether a `Host` is a name of this machine.

    Against DNS rebinding: a web page can make its own name point to 127.0.0.1, but cannot choose `Host`.
    """
    name = host.strip()
    name = name[1 : name.index("]")] if name.startswith("[") and "]" in name else name.partition(":")[0]
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
