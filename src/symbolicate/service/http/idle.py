"""A limit of the time between the parts of a body, with one timer however many parts there are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any, Self

__all__ = ["IdleLimit"]

_Part = TypeVar("_Part")


class IdleLimit:
    """Limits each of several waits to the same time, for a `with` statement.

    A timer for each wait would be made and cancelled again for every part of a body, nearly always for nothing. The one
    timer here is set when the first wait begins. When it fires, it is set again for the rest of the present wait, if
    there is one.

    Args:
        seconds: the longest wait.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._began: float | None = None  # of the present wait
        self._task: asyncio.Task[Any] | None = None
        self._cancelled = 0  # requests to cancel the task that are not from here
        self._expired = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    async def wait_for(self, part: Awaitable[_Part]) -> _Part:
        """The result of one wait.

        Raises:
            TimeoutError: it took longer than the limit, and was cancelled.
        """
        self._began = self._loop.time()
        if self._timer is None:
            self._task = asyncio.current_task()
            self._cancelled = self._task.cancelling() if self._task is not None else 0
            self._timer = self._loop.call_later(self._seconds, self._check)
        try:
            return await part
        except asyncio.CancelledError:
            if self._expired and self._task is not None and self._task.uncancel() <= self._cancelled:
                raise TimeoutError from None
            raise
        finally:
            self._began = None

    def _check(self) -> None:
        self._timer = None
        if self._began is None:
            return
        left = self._began + self._seconds - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._check)
        elif self._task is not None:
            self._expired = True
            self._task.cancel()
