"""`POST /apps/{app}/failures/{hash}/…`: decisions of people about a failure, by forms of its page."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, post

from symbolicate.service.access.failures import checked_hash
from symbolicate.service.access.guard import needs_session
from symbolicate.service.context import context_of
from symbolicate.service.errors import RefusedError
from symbolicate.service.pages.apps import app_of
from symbolicate.service.pages.forms import read_fields
from symbolicate.service.pages.rendering import app_path, to

if TYPE_CHECKING:
    from symbolicate.store import App
    from symbolicate.store.decisions.buckets import Buckets

__all__ = ["decide"]

_NOTE_LENGTH = 10_000


@post("/apps/{app:int}/failures/{hash_:str}/{what:str}", guards=[needs_session("admin")])
async def decide(request: Request[Any, Any, Any], app: int, hash_: str, what: str) -> Response[bytes]:
    """Set the state and the note of a failure, merge it into another, separate a merged one, or keep two apart."""
    context = context_of(request)
    fields = await read_fields(request)

    def work() -> Response[bytes]:
        found = app_of(request, app)
        _carry_out(context.store.buckets, found, checked_hash(hash_), what, fields)
        return to(f"{app_path(found)}/failures/{hash_}")

    return await asyncio.to_thread(work)


def _carry_out(buckets: Buckets, app: App, hash_: str, what: str, fields: dict[str, str]) -> None:
    other = fields.get("other", "").strip()
    if what == "state":
        note = fields.get("note", "")
        if fields.get("state") not in {"open", "closed", "ignored"} or len(note) > _NOTE_LENGTH:
            raise RefusedError(400, "BadRequest", f"a failure is open, closed or ignored; notes have {_NOTE_LENGTH}")
        buckets.set(app, hash_, state=fields["state"], note=note.replace("\r\n", "\n"))
    elif what == "merge":
        buckets.merge(app, hash_, into=checked_hash(other))
    elif what == "separate":
        buckets.unmerge(app, checked_hash(other))
    elif what == "split":
        buckets.split(app, hash_, from_=checked_hash(other))
    else:
        raise RefusedError(404, "NotFound", "there is no such decision")
