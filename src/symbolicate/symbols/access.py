"""Opening files and nothing else; why a file cannot be read, in words and as the outcome of a candidate."""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from symbolicate.symbols.candidates import CandidateOutcome

__all__ = ["PERMISSION_DENIED", "absence", "is_denied", "open_file", "unusable"]

PERMISSION_DENIED = "permission denied"
"""What is said of a file that the file system does not let be read."""

_NO_SUCH_FILE = "no such file"


def unusable(path: str) -> str | None:
    """Why the path is not a readable file; None if it is. The content is not read."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return _NO_SUCH_FILE
    except (OSError, ValueError) as error:
        return (getattr(error, "strerror", None) or str(error)).lower()
    return _other_than_a_file(mode) or (None if os.access(path, os.R_OK) else PERMISSION_DENIED)


def _other_than_a_file(mode: int) -> str | None:
    if stat.S_ISREG(mode):
        return None
    known = {stat.S_IFDIR: "directory", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    return f"is a {known.get(stat.S_IFMT(mode), 'device')}, not a file"


def open_file(path: str) -> BinaryIO:
    """Open a file for reading. Opening a pipe would wait for a writer, and a device may have no end.

    Raises:
        OSError: it cannot be opened, or is a folder, pipe, socket or device.
    """
    _check(os.stat(path).st_mode, path)
    # If the path names a pipe by now, opening it must not wait. For files the flag means nothing.
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0)))  # noqa: SIM115 - the caller closes it
    try:
        _check(os.fstat(file.fileno()).st_mode, path)
    except OSError:
        file.close()
        raise
    return file


def _check(mode: int, path: str) -> None:
    if reason := _other_than_a_file(mode):
        raise OSError(errno.EINVAL, reason, path)


def absence(path: str) -> tuple[CandidateOutcome, str] | None:
    """The outcome and the detail of a candidate that is not a readable file; None for a readable file."""
    reason = unusable(path)
    if reason is None:
        return None
    if reason == PERMISSION_DENIED:
        return "refused", reason
    return "missing", "" if reason == _NO_SUCH_FILE or not os.path.lexists(path) else reason


def is_denied(path: str) -> bool:
    """Whether a file or folder may not be read, or the folder it would be in not be searched."""
    try:
        os.stat(path)
    except PermissionError:
        return True
    except (OSError, ValueError):
        # Where a folder cannot be listed, names in other case are not found.
        return False
    return not os.access(path, os.R_OK)
