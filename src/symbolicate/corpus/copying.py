"""Copies files without reading them into this process, where the system can do that."""

from __future__ import annotations

import os
from typing import IO

__all__ = ["copy_file"]

_CHUNK = 1 << 20
# Bytes of one call, which an interrupt waits for.
_MOST = 64 << 20


def copy_file(path: str, out: IO[bytes], part: tuple[int, int] | None = None) -> None:
    """Write the bytes of a file, or of a part of it, to a stream where that is.

    Linux copies from file to file, which on some file systems (Btrfs, XFS) shares the blocks, or from a file to a pipe.

    Args:
        path: the file.
        out: the stream.
        part: where the part begins, and its length; None for the whole file.

    Raises:
        OSError: the file cannot be read, or the stream cannot be written.
    """
    out.flush()
    with open(path, "rb", buffering=0) as file:
        start, left = part if part is not None else (0, os.fstat(file.fileno()).st_size)
        file.seek(start)
        for copy in (_in_the_system, _to_a_pipe):
            try:
                while left and (copied := copy(file.fileno(), out.fileno(), min(left, _MOST))):
                    left -= copied
                break
            except (AttributeError, TypeError, OSError):
                # Not between these two; nothing is lost, both are where the last call left them.
                continue
        # The rest, or nothing: a full disk is an error here.
        while left and (chunk := file.read(min(left, _CHUNK))):
            out.write(chunk)
            left -= len(chunk)


def _in_the_system(file: int, out: int, count: int) -> int:
    return os.copy_file_range(file, out, count)


def _to_a_pipe(file: int, out: int, count: int) -> int:
    # By position: `sendfile` does not move that of a stream that is open for appending.
    return os.sendfile(out, file, None, count)
