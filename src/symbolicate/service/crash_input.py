"""What the engine is given of a report: the dump, or the log with its attachments as App Center would hold them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from symbolicate.store import Job, Store, StoredAttachment

__all__ = ["crash_input"]

_PROPERTIES = "properties"  # what the store keeps as an attachment and has merged into the annotations


def crash_input(store: Store, job: Job) -> list[bytes]:
    """The bytes of a leased report's input, in parts: joined, they would be held twice.

    Raises:
        NotFound: its bytes are gone.
    """
    data = store.data(job.report_id)
    if job.kind == "minidump":
        return [data]
    attachments = [one for one in job.attachments if one.attachment_id != _PROPERTIES and one.fault is None]
    parts = [b'{"logs":[', data]
    for one in attachments:
        parts += (b",", _attachment_log(store, one))
    return [*parts, b"]}"]


def _attachment_log(store: Store, one: StoredAttachment) -> bytes:
    return msgspec.json.encode(
        {
            "type": "errorAttachment",
            "id": one.attachment_id,
            "errorId": one.error_id,
            "contentType": one.content_type,
            "fileName": one.file_name,
            "data": base64.b64encode(store.attachment_data(one.id)).decode(),
        }
    )
