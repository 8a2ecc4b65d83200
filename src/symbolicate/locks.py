"""Locks, without `threading`, whose import takes as long as reading a small crash and its symbols."""

from __future__ import annotations

from _thread import allocate_lock as Lock  # noqa: N812 - as `threading` calls it

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType

__all__ = ["Lock", "Permits"]


class Permits:
    """A number of permits, as a semaphore has them: a context manager that waits until one is free.

    Args:
        count: how many there are.
    """

    def __init__(self, count: int) -> None:
        self._lock = Lock()
        self._free = count
        self._waiting: list[LockType] = []

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()
        except BaseException:  # an interrupt, perhaps after the permit was passed on
            with self._lock:
                is_waiting = turn in self._waiting
                if is_waiting:
                    self._waiting.remove(turn)
            if not is_waiting:
                self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.pop(0).release()
            else:
                self._free += 1
