"""Whether access to files is denied."""

from __future__ import annotations

import os

__all__ = ["is_denied"]


def is_denied(path: str) -> bool:
    """Whether the file may not be read, or the folder it would be in not be searched."""
    try:
        os.stat(path)
    except PermissionError:
        return True
    except (OSError, ValueError):
        # Where a folder cannot be listed, names in other case are not found.
        return False
    return not os.access(path, os.R_OK)
