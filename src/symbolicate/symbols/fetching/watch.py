"""Ends operations on the network at their time, whatever they wait for.

A timeout of a socket is for one call: a server that sends a byte now and then never exceeds it, in a header, a body or
a handshake. So a thread shuts the connection down when the time of its operation is over.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Operation", "current", "operation"]

_LOOK_SECONDS = 0.1


class Operation:
    """An operation with an end.

    Args:
        ends: when it ends, as `time.monotonic` counts.

    Attributes:
        is_over: whether its time is over, and its connection was shut down.
    """

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.is_over = False
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None

    @property
    def is_due(self) -> bool:
        """Whether its time is over, also if its connection has yet to be shut down."""
        return self.is_over or time.monotonic() >= self.ends

    def uses(self, connection: socket.socket | None) -> None:
        """Record which connection is to be shut down; None for no more."""
        with self._lock:
            self._connection = connection
            if self.is_over:
                self._shut()

    def end(self) -> None:
        """Shut the connection down: whoever waits for it gets an error."""
        with self._lock:
            self.is_over = True
            self._shut()

    def _shut(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)


_local = threading.local()
_lock = threading.Lock()
_active: set[Operation] = set()
_watcher: threading.Thread | None = None


def current() -> Operation | None:
    """The operation of this thread."""
    return getattr(_local, "operation", None)


@contextlib.contextmanager
def operation(ends: float) -> Iterator[Operation]:
    """An operation of this thread, which ends at a time of `time.monotonic`."""
    global _watcher  # noqa: PLW0603 - one thread for all
    one = Operation(ends)
    with _lock:
        _active.add(one)
        if _watcher is None:
            _watcher = threading.Thread(target=_watch, name="network deadlines", daemon=True)
            _watcher.start()
    _local.operation = one
    try:
        yield one
    finally:
        _local.operation = None
        one.uses(None)
        with _lock:
            _active.discard(one)


def _watch() -> None:
    """End the operations whose time is over, until no operation is left."""
    global _watcher  # noqa: PLW0603
    while True:
        time.sleep(_LOOK_SECONDS)
        now = time.monotonic()
        with _lock:
            if not _active:
                _watcher = None
                return
            late = [one for one in _active if now >= one.ends and not one.is_over]
        for one in late:
            one.end()
