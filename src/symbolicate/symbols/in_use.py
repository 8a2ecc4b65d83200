"""Whether a process still uses a temporary folder: it holds a lock on a file in it, which ends with the process.

Ids of processes are used again, and mean nothing to a process in another container that shares the folder.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["in_use", "is_abandoned"]

_LOCK = ".in-use"


@contextlib.contextmanager
def in_use(folder: str) -> Iterator[None]:
    """Mark a folder as used by this process. Without locks in the file system the folder is not marked."""
    import fcntl  # not on Windows

    with open(os.path.join(folder, _LOCK), "wb") as lock:
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def is_abandoned(folder: str) -> bool:
    """Whether the process that marked a folder has ended; False for a folder that was never marked."""
    import fcntl

    try:
        with open(os.path.join(folder, _LOCK), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except OSError:
        return False
