"""The failure that a request names."""

from __future__ import annotations

import re

from symbolicate.service.errors import RefusedError

__all__ = ["checked_hash"]

_HASH = re.compile(r"[0-9a-fA-F-]{32,36}")


def checked_hash(text: str) -> str:
    """The hash of a failure, as the store writes it.

    Raises:
        RefusedError: it cannot be one.
    """
    if not _HASH.fullmatch(text):
        raise RefusedError(400, "BadRequest", "a failure's hash is a GUID")
    return text.lower()
