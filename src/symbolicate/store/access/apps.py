"""Apps: their names, the secret that their uploads carry, and their settings."""

from __future__ import annotations

import re
import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from symbolicate.store.database.clock import milliseconds, moment, now
from symbolicate.store.database.tables import ADMITTED, APP
from symbolicate.store.database.transactions import insert
from symbolicate.store.errors import Conflict, NotFound
from symbolicate.store.records import App, Settings
from symbolicate.summary.text import clean, clean_or_none, is_guid

if TYPE_CHECKING:
    import builtins
    from datetime import datetime

    from sqlalchemy.engine import Connection, Row

    from symbolicate.store.database.transactions import Database

__all__ = ["Apps", "normal_id"]

_GUID = re.compile(r"\{?([0-9A-Fa-f]{8})-?([0-9A-Fa-f]{4})-?([0-9A-Fa-f]{4})-?([0-9A-Fa-f]{4})-?([0-9A-Fa-f]{12})\}?")
_REMEMBERED = 5.0  # seconds: other processes may change an app
_CHANGEABLE = {"application_id", "owner", "name", "product_name", "settings"}
_MINUTE = 60_000


def normal_id(text: str) -> str:
    """A normalised id: GUIDs in lower case with dashes and without braces, others unchanged."""
    if is_guid(text):
        return text
    text = clean(text.strip())
    found = _GUID.fullmatch(text)
    return "-".join(found.groups()).lower() if found else text


class Apps:
    """The apps of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[int, App]] = {}
        self._lock = threading.Lock()

    def create(
        self,
        secret: str | None = None,
        *,
        application_id: str | None = None,
        owner: str | None = None,
        name: str | None = None,
        product_name: str | None = None,
        settings: Settings | None = None,
    ) -> App:
        """Create an app.

        Args:
            secret: the secret that its uploads will carry; by default a new GUID.
            application_id: its id in queries; by default the secret.
            owner: with `name`, as appcenter-cli names it.
            name: the app's short name.
            product_name: the name for people.
            settings: its limits.

        Raises:
            Conflict: the secret, the id or the name belongs to another app.
        """
        secret = normal_id(secret) if secret else str(uuid.uuid4())
        values = {
            "secret": secret,
            **_named(application_id or secret, owner, name, product_name),
            "settings": msgspec.json.encode(settings or Settings()).decode(),
            "configured": True,
            "created": now(),
            "version": 0,
        }
        return self._change(lambda connection: connection.execute(sa.insert(APP).values(values).returning(APP)))

    def ensure(self, secret: str) -> App:
        """The app with this secret; it is created if it does not exist."""
        found = self.by_secret(secret)
        if found is not None:
            return found
        secret = normal_id(secret)

        def work(connection: Connection) -> None:
            made = insert(connection.dialect.name, APP).values(
                secret=secret,
                application_id=secret,
                settings=msgspec.json.encode(Settings()).decode(),
                configured=False,
                created=now(),
                version=0,
            )
            connection.execute(made.on_conflict_do_nothing())

        self._database.write(work)
        found = self.by_secret(secret)
        if found is None:
            raise Conflict("the secret is the id of another app")
        return found

    def by_secret(self, secret: str) -> App | None:
        """The app with this secret; braces, case and dashes of a GUID do not matter."""
        secret = normal_id(secret)
        with self._lock:
            since, app = self._known.get(secret, (0, None))
        if app is not None and now() - since < _REMEMBERED * 1000:
            return app
        app = self._one(APP.c.secret == secret)
        with self._lock:
            if app is None:
                self._known.pop(secret, None)
            else:
                self._known[secret] = (now(), app)
        return app

    def by_application_id(self, application_id: str) -> App | None:
        """The app of this application id, which is its secret unless another one was set."""
        application_id = clean(application_id)
        found = self._one(APP.c.application_id == application_id)
        normal = normal_id(application_id)
        if found is None and normal != application_id:
            found = self._one(APP.c.application_id == normal)
        return found

    def by_name(self, owner: str, name: str) -> App | None:
        """The app of an owner; case does not matter."""
        return self._one(APP.c.slug == _slug(owner, name))

    def named(self, text: str) -> App | None:
        """The app with this application id, secret or owner/name."""
        found = self.by_application_id(text) or self.by_secret(text)
        owner, slash, name = text.partition("/")
        return self.by_name(owner, name) if found is None and slash else found

    def find(self, app_id: int) -> App | None:
        """The app of a row; None if no row has this number."""
        return self._one(APP.c.id == app_id)

    def get(self, app_id: int) -> App:
        """The app of a row.

        Raises:
            NotFound: no app has this row.
        """
        found = self.find(app_id)
        if found is None:
            raise NotFound("the app does not exist")
        return found

    def list(self) -> builtins.list[App]:
        """Every app, the oldest first."""
        statement = sa.select(APP).order_by(APP.c.id)
        return self._database.read(lambda connection: [_app(row) for row in connection.execute(statement)])

    def any_configured(self) -> bool:
        """Whether anybody has created an app explicitly: then uploads of unknown apps can be refused."""
        statement = sa.select(APP.c.id).where(APP.c.configured).limit(1)
        return self._database.read(lambda connection: connection.execute(statement).first() is not None)

    def update(self, app_id: int, **fields: Any) -> App:
        """Change `application_id`, `owner`, `name`, `product_name` or `settings` of an app.

        Raises:
            NotFound: the app does not exist.
            Conflict: the id or the name belongs to another app.
        """
        if unknown := fields.keys() - _CHANGEABLE:
            raise TypeError(f"an app has no changeable {', '.join(sorted(unknown))}")
        changed = replace(self.get(app_id), **fields)
        values = {
            **_named(changed.application_id, changed.owner, changed.name, changed.product_name),
            "settings": msgspec.json.encode(changed.settings).decode(),
            "configured": True,
        }
        statement = sa.update(APP).where(APP.c.id == app_id).values(values).returning(APP)
        return self._change(lambda connection: connection.execute(statement))

    def admit(self, app: App, count: int, at: datetime | None = None) -> int:
        """Count reports against the app's limit for this minute; returns how many of them may be accepted."""
        limit = app.settings.throttle_per_minute
        if limit is None or count <= 0:
            return count
        minute = milliseconds(at) // _MINUTE

        def work(connection: Connection) -> int:
            counted = insert(connection.dialect.name, ADMITTED).values(app_id=app.id, minute=minute, count=count)
            counted = counted.on_conflict_do_update(
                index_elements=[ADMITTED.c.app_id, ADMITTED.c.minute],
                set_={"count": ADMITTED.c.count + counted.excluded.count},
            )
            asked: int = connection.execute(counted.returning(ADMITTED.c.count)).scalar_one()
            return max(0, min(count, limit - (asked - count)))

        return self._database.write(work, durable=False)

    def give_back(self, app: App, count: int, at: datetime | None = None) -> None:
        """Undo what `admit` counted at that time for reports that were not new, or were not stored."""
        limit = app.settings.throttle_per_minute
        if limit is None:
            return
        # Refused reports were counted, too, beyond the limit.
        counted = sa.case((ADMITTED.c.count > limit, limit), else_=ADMITTED.c.count)
        this = (ADMITTED.c.app_id == app.id) & (ADMITTED.c.minute == milliseconds(at) // _MINUTE)
        change = sa.update(ADMITTED).where(this).values(count=counted - count)
        self._database.write(lambda connection: connection.execute(change), durable=False)

    def _one(self, condition: sa.ColumnElement[bool]) -> App | None:
        def work(connection: Connection) -> App | None:
            row = connection.execute(sa.select(APP).where(condition)).first()
            return None if row is None else _app(row)

        return self._database.read(work)

    def _change(self, work: Any) -> App:
        try:
            app: App = self._database.write(lambda connection: _app(work(connection).one()))
        except IntegrityError:
            raise Conflict("another app has this secret, id or name") from None
        with self._lock:
            self._known.clear()
        return app


def _named(application_id: str, owner: str | None, name: str | None, product_name: str | None) -> dict[str, Any]:
    return {
        "application_id": clean(application_id),
        "owner": clean_or_none(owner),
        "name": clean_or_none(name),
        "slug": _slug(owner, name),
        "product_name": clean_or_none(product_name),
    }


def _slug(owner: str | None, name: str | None) -> str | None:
    return f"{clean(owner)}/{clean(name)}".lower() if owner and name else None


def _app(row: Row[Any]) -> App:
    return App(
        id=row.id,
        secret=row.secret,
        application_id=row.application_id,
        owner=row.owner,
        name=row.name,
        product_name=row.product_name,
        settings=msgspec.json.decode(row.settings, type=Settings),
        created=moment(row.created),
    )
