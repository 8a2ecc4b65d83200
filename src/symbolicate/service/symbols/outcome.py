"""Waits until an upload is installed, for clients that get the result in the response."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from symbolicate.service.errors import RefusedError

if TYPE_CHECKING:
    from symbolicate.service.context import Context
    from symbolicate.store import SymbolUpload

__all__ = ["outcome_of"]

# How long a client waits for the result of the installation, and how often the state is checked.
_WAIT_SECONDS = 20.0
_LOOK_SECONDS = 0.05
_DONE = frozenset({"indexed", "failed"})


async def outcome_of(context: Context, upload: SymbolUpload) -> SymbolUpload:
    """The upload when it is installed, or its state when the client has waited long enough.

    Raises:
        RefusedError: there are no symbols in it that can be used.
    """
    ends = time.monotonic() + _WAIT_SECONDS
    while upload.status not in _DONE and time.monotonic() < ends:
        await asyncio.sleep(_LOOK_SECONDS)
        upload = await asyncio.to_thread(context.store.symbols.get, upload.id)
    if upload.status == "failed" or (upload.status == "indexed" and not upload.contents):
        raise RefusedError(400, "BadRequest", upload.message or "no symbols in it")
    return upload
