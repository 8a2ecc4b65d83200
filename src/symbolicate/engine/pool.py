"""A few threads that run calls in the order in which they are given."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = ["Call", "Pool"]


class Call:
    """A call in a thread, and when it began.

    Attributes:
        future: its result.
    """

    def __init__(self, pool: Pool, call: Callable[[], Any]) -> None:
        self._began = threading.Event()
        self._time = 0.0
        self.future: Future[Any] = pool.submit(lambda: self._run(call))

    def is_done_within(self, seconds: float) -> bool:
        """Wait until it is done, or has taken so many seconds since it began."""
        # Older calls begin first, and whoever waits for this one has the results of those, or a thread in their place.
        self._began.wait()
        wait([self.future], max(0.0, self._time + seconds - time.monotonic()))
        return self.future.done()

    def _run(self, call: Callable[[], Any]) -> Any:
        self._time = time.monotonic()
        self._began.set()
        return call()


class Pool:
    """Threads that end when the pool is closed. They are started as calls come, so that few calls start few.

    They do not keep the process alive: one that waits for a server would, when the caller is interrupted.

    Args:
        count: the largest number of threads.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Run a call when a thread is free.

        Raises:
            RuntimeError: not even one thread can be started.
        """
        future: Future[T] = Future()
        self._calls.put((future, call))
        if len(self._threads) < self._count:
            self._start()
        return future

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name="symbolicate", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no memory for one more
            if not self._threads:
                raise
            self._count = len(self._threads)
        else:
            self._threads.append(thread)

    def call(self, call: Callable[[], Any]) -> Call:
        """As `submit`, of a call whose time is measured."""
        return Call(self, call)

    def grow(self) -> None:
        """Let there be one more thread, for one that does not come back from its call."""
        self._count += 1
        if not self._calls.empty():
            self._start()

    def close(self, *, wait: bool = True, seconds: float | None = None) -> None:
        """Cancel the calls that have not begun, and end the threads.

        Args:
            wait: until the calls that have begun are done.
            seconds: how long each of them is waited for; None for any time.
        """
        while True:
            try:
                left = self._calls.get_nowait()
            except queue.Empty:
                break
            if left is not None:
                left[0].cancel()
        self.finish()
        if wait:
            for thread in self._threads:
                thread.join(seconds)

    def finish(self) -> None:
        """Let the threads end when they have made all calls that were given."""
        for _ in self._threads:
            self._calls.put(None)

    def _work(self) -> None:
        while (given := self._calls.get()) is not None:
            future, call = given
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as error:  # noqa: BLE001 - raised again where the result is taken
                    future.set_exception(error)
            # Neither the result nor the input is held until the next call comes.
            del given, future, call
