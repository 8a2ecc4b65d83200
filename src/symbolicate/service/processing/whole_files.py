"""Files of servers that were read in part: the whole ones follow in the background, because others will need them.

A file that is read in part serves one child process. When the whole file is in the cache, all of them use that, and its
index.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from symbolicate.service.log import logger

if TYPE_CHECKING:
    from symbolicate.symbols.fetching.roots import CachedRoot
    from symbolicate.symbols.layouts.layout import Parts

__all__ = ["WholeFiles"]

_MOST_WAITING = 64
_IDLE_SECONDS = 60.0


class WholeFiles:
    """Fetches files into the cache, one at a time. May be used by many threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[tuple[CachedRoot, Parts]] = deque()
        self._is_running = False
        self._fetching: tuple[CachedRoot, Parts] | None = None

    def add(self, root: CachedRoot, path: Parts) -> None:
        """Fetch a file later. It is left out if it waits already, or if too many do."""
        wanted = (root, path)
        with self._changed:
            if wanted == self._fetching or wanted in self._waiting or len(self._waiting) >= _MOST_WAITING:
                return
            self._waiting.append(wanted)
            self._changed.notify_all()
            if not self._is_running:
                # What it fetched is kept when the process ends, and is resumed another time.
                threading.Thread(target=self._work, name="whole-symbol-files", daemon=True).start()
                self._is_running = True

    def wait(self, seconds: float) -> bool:
        """Wait until no file is left to fetch; whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and self._fetching is None, seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._fetching = None
                self._changed.notify_all()
                if not self._changed.wait_for(lambda: bool(self._waiting), _IDLE_SECONDS):
                    self._is_running = False
                    return
                self._fetching = root, path = self._waiting.popleft()
            try:
                root.follow(path)
            except Exception:  # noqa: BLE001 - the next file is fetched all the same
                logger.exception("fetching %s", root.shown(path))
