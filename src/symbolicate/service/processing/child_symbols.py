"""The symbols of child processes, which reach neither the database nor the network: this process gets them."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from symbolicate.isolation.messages import FetchFiles, Symbols
from symbolicate.service.processing.symbol_cache import SymbolCache
from symbolicate.service.processing.symbol_servers import SymbolServers

if TYPE_CHECKING:
    from collections.abc import Callable

    from symbolicate.isolation.messages import Question, Response
    from symbolicate.service.config import Config
    from symbolicate.store import Store

__all__ = ["ChildSymbols"]


class ChildSymbols:
    """Uploaded symbols and the configured sources. May be used by many threads.

    Args:
        store: the store of uploaded symbols.
        config: the sources, and the folder of the cache.
    """

    def __init__(self, store: Store, config: Config) -> None:
        self._folder = config.symbols_dir
        self._cache = SymbolCache(store, config.symbol_cache_dir, config.symbols.cache_bytes)
        self._servers = SymbolServers(config)

    def of(self, owner: int, version: tuple[int, int]) -> Symbols:
        """The sources for a request with the symbols of an owner (the row of an app, `SHARED` or `ALL`)."""
        return Symbols(self._folder, self._servers.local, owner, version, self._servers.servers)

    def answers(self, owner: int, seconds: float = float("inf")) -> Callable[[Question], Response]:
        """The answers to what a child asks for during one request.

        Args:
            owner: whose uploaded symbols it may use.
            seconds: servers are asked no longer than this from now, and no longer than `symbols.seconds`.
        """
        return partial(self._answer, owner, time.monotonic() + min(self._servers.seconds, seconds))

    def _answer(self, owner: int, ends: float, question: Question) -> Response:
        if isinstance(question, FetchFiles):
            return self._servers.answer(question, ends)
        return self._cache.find(owner, question)
