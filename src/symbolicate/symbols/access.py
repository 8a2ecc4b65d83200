"""Why a file cannot be read, in words and as the outcome of a candidate."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symbolicate.symbols.candidates import CandidateOutcome

__all__ = ["PERMISSION_DENIED", "absence", "is_denied", "unusable"]

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
    if stat.S_ISDIR(mode):
        return "is a directory, not a file"
    if stat.S_ISFIFO(mode):
        return "is a pipe, not a file"
    if not stat.S_ISREG(mode):
        return f"is a {'socket' if stat.S_ISSOCK(mode) else 'device'}, not a file"
    return None if os.access(path, os.R_OK) else PERMISSION_DENIED


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
