"""A local cache of the database's symbol files, for the child processes that map them.

    <folder>/<content hash>.sym, .syx     a symbol file and its index
    <folder>/<content hash>.unwind        unwind tables
    <folder>/<content hash>.file          a file as it was uploaded

A file is fetched from the blob store when it is first needed, and appears complete or not at all. Several processes may
share the folder. When it grows beyond its limit, the least recently used files are removed; a process that has mapped a
removed file can still use it.
"""

from __future__ import annotations

import os
import re
import threading
import time
from typing import TYPE_CHECKING

from symbolicate.isolation.messages import Found
from symbolicate.service.log import logger
from symbolicate.store import NotFound, StoreUnavailable
from symbolicate.symbols.layouts import local_store
from symbolicate.symbols.least_used import remove_least_used

if TYPE_CHECKING:
    from symbolicate.isolation.messages import FindSymbols
    from symbolicate.store import Store, SymbolFile

__all__ = ["SymbolCache"]

_OURS = re.compile(r"[0-9a-f]{64}\.(?:sym|syx|unwind|file)(?:\..*)?")
_SUFFIXES = {"symbols": ".sym", "unwind": local_store.UNWIND}


class SymbolCache:
    """The cache of one process. May be used by many threads.

    Args:
        store: the store of the symbol files.
        folder: the local folder.
        limit: bytes of the folder, not counting files that were used in the last minutes.
    """

    def __init__(self, store: Store, folder: str, limit: int) -> None:
        self._store = store
        self._folder = folder
        self._limit = limit
        self._fetching: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def find(self, owner: int, wanted: FindSymbols) -> Found:
        """The file of a rank for a module, among those that an owner (the row of an app, `SHARED` or `ALL`) may use.

        Raises:
            StoreUnavailable: the database, the blob store or the folder cannot be used now.
        """
        files = self._store.symbol_files.candidates(owner, wanted.debug_id, wanted.code_id, wanted.part)
        if wanted.rank >= len(files):
            return Found()
        return Found(self.at_hand(files[wanted.rank]), files[wanted.rank].blob or "")

    def at_hand(self, file: SymbolFile) -> str:
        """The local path of a file; one that cannot be opened if its bytes have expired: the next is tried then.

        Raises:
            StoreUnavailable: the blob store or the folder cannot be used now.
        """
        path = self._path(file)
        with self._lock:
            gate = self._fetching.setdefault(file.content, threading.Lock())
        try:
            with gate:  # one thread fetches it, the others wait
                if not _touch(path):
                    self._fetch(file, path)
        finally:
            with self._lock:
                self._fetching.pop(file.content, None)
        return path

    def has(self, file: SymbolFile) -> bool:
        """Whether a file is in the folder; its use is recorded."""
        return _touch(self._path(file))

    def _path(self, file: SymbolFile) -> str:
        return os.path.join(self._folder, file.content + _SUFFIXES.get(file.part, ".file"))

    def _fetch(self, file: SymbolFile, path: str) -> None:
        try:
            os.makedirs(self._folder, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"{self._folder}: {error.strerror}") from error
        try:
            self._store.symbol_files.fetch(file.content, path)
        except NotFound as error:
            logger.error("a symbol file cannot be used: %s", error, extra={"file": file.id})
        self._trim()

    def _trim(self) -> None:
        names = (name for name in os.listdir(self._folder) if _OURS.fullmatch(name))
        remove_least_used((os.path.join(self._folder, name) for name in names), self._limit)


def _touch(path: str) -> bool:
    """Record the use of a file and its index in their access times; whether the file exists.

    The modification times stay, because an index identifies its text by them.
    """
    there = False
    for one in (path, local_store.index_of(path)):
        try:
            os.utime(one, ns=(time.time_ns(), os.stat(one).st_mtime_ns))
        except OSError:
            continue
        there |= one == path
    return there
