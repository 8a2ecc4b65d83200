"""API tokens and OAuth clients. Only a hash of each secret is stored.

Secrets are generated here and have 256 random bits, so one round of SHA-256 protects them as well as a slow hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from symbolicate.store.database.clock import milliseconds, moment, now
from symbolicate.store.database.tables import CLIENT, SECRET, TOKEN
from symbolicate.store.database.transactions import insert
from symbolicate.store.errors import Conflict
from symbolicate.store.records import Client, Token
from symbolicate.summary.text import clean

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.engine import Connection, Row

    from symbolicate.store.database.transactions import Database
    from symbolicate.store.records import App

__all__ = ["SCOPES", "Tokens"]

SCOPES = frozenset(("query", "symbols", "symbols-read", "admin", "ingest"))
"""The scopes of tokens. `admin` implies the others."""

_PREFIX = 8


class Tokens:
    """The tokens and clients of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        name: str,
        scopes: Iterable[str],
        expires: datetime | None = None,
        apps: Iterable[App] | None = None,
    ) -> tuple[Token, str]:
        """Create a token; the second value is its secret, which is not stored.

        Args:
            name: the name for people.
            scopes: what it permits.
            expires: when it expires; None for a token that is valid until it is revoked.
            apps: the apps that it is valid for; None for all.

        Raises:
            ValueError: an unknown scope.
        """
        secret = "sym_" + secrets.token_urlsafe(32)
        statement = sa.insert(TOKEN).values(
            name=clean(name),
            hash=_hash(secret),
            prefix=secret[:_PREFIX],
            scopes=_scopes(scopes),
            created=now(),
            expires=None if expires is None else milliseconds(expires),
            apps=_apps(apps),
        )
        made = self._database.write(lambda connection: _token(connection.execute(statement.returning(TOKEN)).one()))
        return made, secret

    def verify(self, secret: str, at: datetime | None = None) -> Token | None:
        """The token with this secret; None if it is unknown, expired or revoked."""
        # It is found by the hash, so the time of the look-up reveals nothing about the secret.
        statement = sa.select(TOKEN).where(TOKEN.c.hash == _hash(secret), TOKEN.c.revoked.is_(None))
        row = self._database.read(lambda connection: connection.execute(statement).first())
        if row is None or (row.expires is not None and row.expires <= milliseconds(at)):
            return None
        return _token(row)

    def valid(self, token_id: int, at: datetime | None = None) -> Token | None:
        """The token of a row; None if the row does not exist, or the token is expired or revoked."""
        statement = sa.select(TOKEN).where(TOKEN.c.id == token_id, TOKEN.c.revoked.is_(None))
        row = self._database.read(lambda connection: connection.execute(statement).first())
        if row is None or (row.expires is not None and row.expires <= milliseconds(at)):
            return None
        return _token(row)

    def list(self) -> builtins.list[Token]:
        """Every token, the oldest first, revoked ones included."""
        statement = sa.select(TOKEN).order_by(TOKEN.c.id)
        return self._database.read(lambda connection: [_token(row) for row in connection.execute(statement)])

    def revoke(self, token_id: int) -> bool:
        """Revoke a token; whether there was a valid one."""
        statement = sa.update(TOKEN).where(TOKEN.c.id == token_id, TOKEN.c.revoked.is_(None)).values(revoked=now())
        return self._database.write(lambda connection: connection.execute(statement).rowcount > 0)

    def any(self) -> bool:
        """Whether there is a token or a client that is not revoked."""

        def work(connection: Connection) -> bool:
            return any(
                connection.execute(sa.select(sa.literal(1)).where(table.c.revoked.is_(None)).limit(1)).first()
                for table in (TOKEN, CLIENT)
            )

        return self._database.read(work)

    def create_client(
        self,
        name: str,
        scopes: Iterable[str],
        client_id: str | None = None,
        apps: Iterable[App] | None = None,
    ) -> tuple[Client, str]:
        """Create an OAuth client; the second value is its secret. `apps` are those that it is valid for; None for all.

        Raises:
            Conflict: the id is taken.
        """
        secret = secrets.token_urlsafe(32)
        statement = sa.insert(CLIENT).values(
            client_id=clean(client_id) if client_id else str(uuid.uuid4()),
            name=clean(name),
            hash=_hash(secret),
            scopes=_scopes(scopes),
            created=now(),
            apps=_apps(apps),
        )
        try:
            made = self._database.write(
                lambda connection: _client(connection.execute(statement.returning(CLIENT)).one())
            )
        except IntegrityError:
            raise Conflict(f"there is a client {client_id} already") from None
        return made, secret

    def verify_client(self, client_id: str, secret: str) -> Client | None:
        """The client with this id and secret; None if they are wrong or the client was revoked."""
        statement = sa.select(CLIENT).where(CLIENT.c.client_id == clean(client_id), CLIENT.c.revoked.is_(None))
        row = self._database.read(lambda connection: connection.execute(statement).first())
        # Also without a client there is a comparison, so that the time does not reveal whether one exists.
        same = hmac.compare_digest(_hash(secret), bytes(row.hash) if row is not None else bytes(32))
        return _client(row) if row is not None and same else None

    def list_clients(self) -> builtins.list[Client]:
        """Every client, revoked ones included."""
        statement = sa.select(CLIENT).order_by(CLIENT.c.created, CLIENT.c.client_id)
        return self._database.read(lambda connection: [_client(row) for row in connection.execute(statement)])

    def revoke_client(self, client_id: str) -> bool:
        """Revoke a client; whether there was a valid one."""
        ended = sa.update(CLIENT).where(CLIENT.c.client_id == clean(client_id), CLIENT.c.revoked.is_(None))
        return self._database.write(lambda connection: connection.execute(ended.values(revoked=now())).rowcount > 0)

    def signing_key(self) -> bytes:
        """32 random bytes of this database, the same for every process that uses it."""

        def work(connection: Connection) -> bytes:
            made = insert(connection.dialect.name, SECRET).values(name="signing", value=secrets.token_bytes(32))
            connection.execute(made.on_conflict_do_nothing())
            stored = connection.execute(sa.select(SECRET.c.value).where(SECRET.c.name == "signing"))
            return bytes(stored.scalar_one())

        return self._database.write(work)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _scopes(scopes: Iterable[str]) -> str:
    wanted = set(scopes)
    if not wanted or wanted - SCOPES:
        raise ValueError(f"scopes are one or more of {', '.join(sorted(SCOPES))}, not {', '.join(sorted(wanted))!r}")
    return " ".join(sorted(wanted))


def _apps(apps: Iterable[App] | None) -> str | None:
    """The value of the column `apps`. An empty set of apps is a mistake, not a token for all."""
    if apps is None:
        return None
    numbers = sorted({app.id for app in apps})
    if not numbers:
        raise ValueError("a token is for one app at least, or for all")
    return " ".join(map(str, numbers))


def _app_ids(value: str | None) -> frozenset[int] | None:
    return None if value is None else frozenset(map(int, value.split()))


def _moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        scopes=frozenset(row.scopes.split()),
        prefix=row.prefix,
        created=moment(row.created),
        expires=_moment(row.expires),
        revoked=_moment(row.revoked),
        apps=_app_ids(row.apps),
    )


def _client(row: Row[Any]) -> Client:
    return Client(
        client_id=row.client_id,
        name=row.name,
        scopes=frozenset(row.scopes.split()),
        created=moment(row.created),
        revoked=_moment(row.revoked),
        apps=_app_ids(row.apps),
    )
