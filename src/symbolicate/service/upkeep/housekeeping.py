"""Periodic tasks: removal of expired data, and of files that interrupted uploads left.

The last month's counts are also loaded into memory, so that the first query after a start is as fast as later ones.
"""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
from typing import TYPE_CHECKING

from symbolicate.service.log import logger
from symbolicate.service.symbols.installer import SCRATCH
from symbolicate.service.symbols.parts import SPOOL
from symbolicate.store import StoreUnavailable

if TYPE_CHECKING:
    from symbolicate.store import Store

__all__ = ["Housekeeping"]

_HOUR = 3600.0
_DAY = 24 * _HOUR


class Housekeeping:
    """Warms up at once, then sweeps hourly, on a thread of its own.

    Args:
        store: the store to sweep.
        uploads_dir: the folder of spooled requests and extracted symbols, where an interrupted process leaves files.
        orphan_hours: how long attachments without a crash are stored.
    """

    def __init__(self, store: Store, uploads_dir: str, orphan_hours: float) -> None:
        self._store = store
        self._orphan_hours = orphan_hours
        self._uploads_dir = uploads_dir
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Stop, after a sweep that is running."""
        self._stop.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        self._warm()
        # Several processes that start together should not sweep together.
        pause = 60.0 + random.random() * 60.0  # noqa: S311 - no secret
        while not self._stop.wait(pause):
            pause = _HOUR
            try:
                swept = self._store.sweep(orphan_hours=self._orphan_hours)
                if swept:
                    logger.info("swept: %s", swept)
                self._remove_spools()
                self._warm()
            except StoreUnavailable as error:
                logger.warning("not swept: %s", error)
            except Exception:  # noqa: BLE001 - logged, and the thread goes on
                logger.exception("sweeping failed")

    def _warm(self) -> None:
        try:
            self._store.query.warm()
        except StoreUnavailable as error:
            logger.warning("not warm: %s", error)
        except Exception:  # noqa: BLE001 - logged, and the thread goes on
            logger.exception("warming up failed")

    def _remove_spools(self) -> None:
        try:
            found = list(os.scandir(self._uploads_dir))
        except OSError:
            return
        for entry in found:
            if time.time() - entry.stat().st_mtime <= _DAY:
                continue
            if entry.name.startswith(SPOOL):
                os.unlink(entry.path)
            elif entry.name.startswith(SCRATCH):
                shutil.rmtree(entry.path, ignore_errors=True)
