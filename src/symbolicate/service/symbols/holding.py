"""Holds the lease of an upload while it is being installed.

The lease is short and a thread extends it, so that another process soon gets an upload whose process was killed. It is
not extended for longer than a file may take, so that a process that hangs does not hold it for ever.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from symbolicate.service.log import logger
from symbolicate.store import StoreUnavailable

if TYPE_CHECKING:
    from types import TracebackType

    from symbolicate.store import Store

__all__ = ["LEASE_SECONDS", "Holding"]

LEASE_SECONDS = 90.0
"""The duration of a lease that is not extended."""

_BEATS_PER_LEASE = 3


class Holding:
    """Holds a lease from `__enter__` to `__exit__`.

    Args:
        store: the store of the upload.
        upload_id: the upload.
        worker: the name of the process that leased it.
        seconds: how long the lease is extended without `go_on`.
        lease_seconds: how long each lease is.
    """

    def __init__(
        self, store: Store, upload_id: str, worker: str, seconds: float, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        self._symbols = store.symbols
        self._upload_id, self._worker = upload_id, worker
        self._seconds, self._lease_seconds = seconds, lease_seconds
        self._until = time.monotonic() + seconds
        self._lost = False
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="symbols-lease", daemon=True)

    def go_on(self) -> bool:
        """Begin another piece of work, with its own time; whether the lease is still held."""
        self._until = time.monotonic() + self._seconds
        return not self._lost and self._symbols.prolong(self._upload_id, self._worker, self._lease_seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()

    def _beat(self) -> None:
        while not self._end.wait(self._lease_seconds / _BEATS_PER_LEASE) and time.monotonic() < self._until:
            try:
                if not self._symbols.prolong(self._upload_id, self._worker, self._lease_seconds):
                    self._lost = True
                    return
            except StoreUnavailable as error:
                logger.warning("the lease of an upload is not prolonged: %s", error)
