"""Child processes that answer requests of the symbolication protocol, because their symbols are anybody's files."""

from __future__ import annotations

import asyncio
import os
import queue
from typing import TYPE_CHECKING

from symbolicate.isolation.messages import Failed, LookedUp, LookUpStacks
from symbolicate.isolation.process import IsolatedProcess, ProcessEndedError
from symbolicate.service.errors import RefusedError, busy
from symbolicate.service.log import logger
from symbolicate.service.processing.child_symbols import ChildSymbols

if TYPE_CHECKING:
    from symbolicate.service.config import Config
    from symbolicate.store import Store

__all__ = ["Answerers"]


class Answerers:
    """A few child processes, each for one request at a time; they start when they are first needed.

    Args:
        store: the store of uploaded symbols.
        config: how many processes, and their limits.
    """

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._limits = settings = config.stacks
        self._symbols = ChildSymbols(store, config)
        count = settings.processes if settings.processes >= 0 else max(1, (os.cpu_count() or 1) // 2)
        self._children = [IsolatedProcess(settings.memory_bytes) for _ in range(count)]
        # The one that was used last has its symbols mapped.
        self._free: queue.LifoQueue[IsolatedProcess] = queue.LifoQueue()
        for child in self._children:
            self._free.put(child)
        self._turns = asyncio.Semaphore(count)
        self._waiting = 0

    async def answer(self, owner: int, version: int, body: bytes) -> tuple[bytes, ...]:
        """The answer to a request in parts, with the symbols of an owner (the row of an app, or `ALL`).

        Raises:
            RefusedError: it is not a request, asks for too much, or there are too many requests.
            StoreUnavailable: uploaded symbols cannot be read now.
        """
        if not self._children:
            raise RefusedError(404, "NotFound", "this service does not answer stacks: stacks.processes is 0")
        if self._waiting >= len(self._children) + self._limits.waiting:
            raise busy("too many requests are waiting")
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(self._ask, owner, version, body)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the processes."""
        for child in self._children:
            child.abandon()

    def _ask(self, owner: int, version: int, body: bytes) -> tuple[bytes, ...]:
        limits = self._limits
        symbols = self._symbols.of(owner, self._store.symbol_files.version(owner))
        request = LookUpStacks(symbols, version, limits.seconds, limits.answer_bytes)
        child = self._free.get()
        try:
            answer = child.ask(request, [body], self._symbols.answers(owner, limits.seconds))
        except ProcessEndedError as error:
            raise busy(f"{error}: send fewer frames") from None
        finally:
            self._free.put(child)
        if isinstance(answer, LookedUp):
            return answer.parts
        if isinstance(answer, Failed) and answer.kind == "request":
            raise RefusedError(400, "BadRequest", answer.message)
        logger.error("stacks cannot be answered: %s", answer.message if isinstance(answer, Failed) else "no answer")
        raise RefusedError(500, "InternalServerError", "a fault of the service; it is in its log")
