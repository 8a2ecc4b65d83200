"""What the engine is given of a report: the dump, or the log with its attachments as App Center would hold them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from symbolicate.store import Job, Store, StoredAttachment

__all__ = ["crash_input"]

# So many the engine takes of one crash.
_ATTACHMENTS = 64
# Of their data. In base64 it is a third longer, and with the log it has to stay within the 256 MiB of JSON that the
# engine takes: a crash is processed whatever came with it.
_DATA = 128 * 1024 * 1024
_JSON = 240 * 1024 * 1024
_DUMP_NAMES = (".dmp", ".mdmp", ".dmp.gz")
_PROPERTIES = "properties"  # what the store keeps as an attachment and has merged into the annotations


def crash_input(store: Store, job: Job) -> list[bytes]:
    """The bytes of a leased report's input, in parts: joined, they would be held twice.

    Raises:
        NotFound: its bytes are gone.
    """
    data = store.data(job.report_id)
    if job.kind == "minidump":
        return [data]
    there = [one for one in job.attachments if one.attachment_id != _PROPERTIES and one.fault is None]
    # What may be the dump goes before the rest, which is only listed in the report; then, the first.
    there = sorted(sorted(there, key=_rank)[:_ATTACHMENTS], key=lambda one: one.id)
    given = _with_data(there, min(_DATA, (_JSON - len(data)) * 3 // 4))
    parts = [b'{"logs":[', data]
    for one in there:
        parts += (b",", _attachment_log(one, store.attachment_data(one.id) if one.id in given else None))
    return [*parts, b"]}"]


def _rank(one: StoredAttachment) -> tuple[int, int]:
    """Where an attachment stands among those that may be the dump: by its content, by its name, or packed."""
    if one.minidump:
        return 0, one.id
    return 1 if (one.file_name or "").lower().endswith(_DUMP_NAMES) else 2, one.id


def _with_data(attachments: list[StoredAttachment], room: int) -> set[int]:
    """Those that are given with their data; of the others the report says that they have none."""
    given = set()
    for one in sorted(attachments, key=_rank):
        if one.size <= room:
            room -= one.size
            given.add(one.id)
    return given


def _attachment_log(one: StoredAttachment, data: bytes | None) -> bytes:
    log: dict[str, str | None] = {
        "type": "errorAttachment",
        "id": one.attachment_id,
        "errorId": one.error_id,
        "contentType": one.content_type,
        "fileName": one.file_name,
    }
    if data is not None:
        log["data"] = base64.b64encode(data).decode()
    return msgspec.json.encode(log)
