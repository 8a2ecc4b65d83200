"""Copies files without reading them into this process, where the system can do that."""

from __future__ import annotations

import os
import shutil
from typing import IO

__all__ = ["copy_file"]

_CHUNK = 1 << 20
# Bytes of one call, which an interrupt waits for.
_MOST = 64 << 20


def copy_file(path: str, out: IO[bytes]) -> None:
    """Write the bytes of a file to a stream, behind what is in it.

    Linux copies from file to file, which on some file systems (Btrfs, XFS) shares the blocks, or from a file to a pipe.

    Raises:
        OSError: the file cannot be read, or the stream cannot be written.
    """
    out.flush()
    with open(path, "rb", buffering=0) as part:
        for copy in (_in_the_system, _to_a_pipe):
            try:
                while copy(part.fileno(), out.fileno()):
                    pass
                break
            except (AttributeError, TypeError, OSError):
                # Not between these two; nothing is lost, both are where the last call left them.
                continue
        # The rest, or nothing: a full disk is an error here.
        shutil.copyfileobj(part, out, _CHUNK)


def _in_the_system(part: int, out: int) -> int:
    return os.copy_file_range(part, out, _MOST)


def _to_a_pipe(part: int, out: int) -> int:
    # By position: `sendfile` does not move that of a stream that is open for appending.
    return os.sendfile(out, part, None, _MOST)
