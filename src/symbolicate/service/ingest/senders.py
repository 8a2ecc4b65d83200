"""The apps that send reports, by the secret in the request."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from symbolicate.service.errors import RefusedError, busy
from symbolicate.service.limits.rate_limit import PerMinute

if TYPE_CHECKING:
    from symbolicate.service.context import Context
    from symbolicate.store import App

__all__ = ["Senders"]

_SECRET_LENGTH = 200
# A change of an app is seen after this time at the latest.
_REMEMBERED_SECONDS = 2.0
_REMEMBERED_APPS = 10_000
# Apps that clients may create in a minute, while secrets are not set.
_NEW_APPS_PER_MINUTE = 600


class Senders:
    """Finds apps by their secrets, with a short-lived cache. Used by one event loop."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._apps: dict[str, tuple[App, float]] = {}  # with the time of the look-up
        self._new_apps = PerMinute(_NEW_APPS_PER_MINUTE)

    async def app(self, secret: str) -> App:
        """The app of a secret. While nobody has set secrets, every secret is a new app.

        Raises:
            RefusedError: secrets are set, and no app has this one.
        """
        app, since = self._apps.get(secret, (None, 0.0))
        if app is None or time.monotonic() - since > _REMEMBERED_SECONDS:
            app = await asyncio.to_thread(self._look_up, secret)
            if len(self._apps) >= _REMEMBERED_APPS:
                self._apps.clear()
            self._apps[secret] = (app, time.monotonic())
        return app

    def _look_up(self, secret: str) -> App:
        apps = self._context.store.apps
        usable = len(secret) <= _SECRET_LENGTH and secret.isprintable()
        app = apps.by_secret(secret) if secret and usable else None
        if app is not None:
            return app
        if not usable or apps.any_configured():
            self._context.metrics.received.labels("request", "denied").inc()
            raise RefusedError(401, "AppSecretDenied", "no app has this secret")
        if not self._new_apps.take(""):
            raise busy("too many new apps")
        return apps.ensure(secret or self._context.config.submit.default_app)
