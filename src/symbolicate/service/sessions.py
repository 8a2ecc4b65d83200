"""The engine's session of the workers, made anew when symbols were added."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from symbolicate.engine import Session
from symbolicate.service.symbol_uploads.installer import kept_dir, stamp_path
from symbolicate.symbols.store import SymbolStore

if TYPE_CHECKING:
    from symbolicate.service.config import Config

__all__ = ["Sessions"]


class Sessions:
    """Hands out the session. May be used by many threads.

    A session remembers which symbols there are and which there are not. A file that every installer touches tells, also
    across processes, that this is out of date.

    Args:
        config: where symbols are.
    """

    def __init__(self, config: Config) -> None:
        self._folder = config.symbols_dir
        self._places = config.symbols.sources
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._stamp: int | None = None

    def current(self) -> Session:
        """The session that knows all symbols there are by now."""
        stamp = self._read_stamp()
        with self._lock:
            if self._session is None or stamp != self._stamp:
                kept = kept_dir(self._folder)
                places = [*self._places, *([kept] if os.path.isdir(kept) else [])]
                # One crash at a time for each caller: every worker thread is one.
                self._session = Session(SymbolStore(self._folder, sources=places), jobs=1)
                self._stamp = stamp
            return self._session

    def _read_stamp(self) -> int | None:
        try:
            return os.stat(stamp_path(self._folder)).st_mtime_ns
        except OSError:
            return None
