"""Capacity for incoming data: the quota of each app, and free disk space."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from symbolicate.service.errors import RefusedError, busy
from symbolicate.store import INLINE

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from symbolicate.service.config import Config
    from symbolicate.store import App, Store

__all__ = ["Capacity"]

_DISKS = ("data", "blobs", "database")
_LOOK_SECONDS = 1.0
_APPS = 10_000
_MIB = 1024 * 1024
# An app stays at its quota until the quota is raised or its oldest reports expire.
_QUOTA_RETRY_SECONDS = 600
_DISK_RETRY_SECONDS = 60


class Capacity:
    """Checks whether data can be stored. May be used by many threads.

    The usage of an app is read from the database once in a second, and what this process received since is added: an
    app
    may exceed its quota by what other processes receive during a second.

    Args:
        store: the store of reports and symbols.
        config: quota, margin and folders.
    """

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._settings = config.storage
        self._folders = {"data": config.data_dir}
        if store.blobs.folder is not None:
            self._folders["blobs"] = store.blobs.folder
        if store.database.sqlite:
            self._folders["database"] = os.path.dirname(os.path.abspath(str(store.database.url.database)))
        self._lock = threading.Lock()
        self._used: dict[int, tuple[int, float]] = {}
        self._free: tuple[dict[str, int], float] = ({}, float("-inf"))

    def quota_of(self, app: App) -> int | None:
        """How many bytes an app may take; None for no limit."""
        own = app.settings.quota_bytes
        return (self._settings.app_bytes if own is None else own) or None

    def free(self) -> dict[str, int]:
        """The free bytes of each disk in use, by its purpose."""
        with self._lock:
            found, looked = self._free
            if time.monotonic() - looked > _LOOK_SECONDS:
                found = {name: size for name, folder in self._folders.items() if (size := _free(folder)) is not None}
                self._free = (found, time.monotonic())
            return found

    def lack(self, size: int = 0, *, of: Container[str] = _DISKS) -> str | None:
        """A sentence about a disk that is nearly full, or would be after a write; None if no disk is.

        Args:
            size: bytes that are to be written.
            of: the purposes of the disks to check.
        """
        margin = self._settings.margin_bytes
        for name, free in self.free().items():
            if name in of and free - size <= margin:
                return f"the disk of the {name} folder is nearly full: {free // _MIB} MiB are free"
        return None

    def check_reports(self, app: App, sizes: Sequence[int]) -> None:
        """Refuse reports and attachments for which there is no space, so that their senders send them again later.

        Args:
            app: whose they are.
            sizes: the bytes of each.

        Raises:
            RefusedError: send it again later.
        """
        size = sum(sizes)
        # Small ones are never stored as blobs, so only the disk of the database matters.
        disks = _DISKS if max(sizes, default=0) > INLINE else ("database",)
        if (lack := self.lack(size, of=disks)) is not None:
            raise busy(lack, _DISK_RETRY_SECONDS)
        if self._exceeds(app, size):
            raise busy("the app has used up its quota of bytes", _QUOTA_RETRY_SECONDS)

    def check_symbols(self, app: App | None, size: int = 0) -> None:
        """Refuse symbols for which there is no space. None is the pool that all apps share, which has no quota.

        Raises:
            RefusedError: there is no space.
        """
        if (lack := self.lack(size)) is not None:
            raise busy(lack, _DISK_RETRY_SECONDS)
        if app is not None and self._exceeds(app, size):
            quota = self.quota_of(app)
            raise RefusedError(
                403,
                "QuotaExceeded",
                f"the app's quota of {quota} bytes for reports and symbols is used up: remove symbol files, or raise "
                "it with `symbolicate app set APP --quota-bytes`",
            )

    def taken(self, app_id: int, size: int) -> None:
        """Count bytes that were just stored for an app."""
        with self._lock:
            if app_id in self._used:
                used, looked = self._used[app_id]
                self._used[app_id] = (used + size, looked)

    def _exceeds(self, app: App, size: int) -> bool:
        quota = self.quota_of(app)
        return quota is not None and self._used_by(app.id) + size > quota

    def _used_by(self, app_id: int) -> int:
        with self._lock:
            used, looked = self._used.get(app_id, (0, float("-inf")))
        if time.monotonic() - looked > _LOOK_SECONDS:
            used = self._store.usage.of(app_id)
            with self._lock:
                if len(self._used) >= _APPS:
                    self._used.clear()
                self._used[app_id] = (used, time.monotonic())
        return used


def _free(folder: str) -> int | None:
    """Free bytes for unprivileged programs; None if they cannot be read."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize
