"""The engine's input for a stored report: the dump, or the log and the files that belong to its crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from symbolicate.isolation.messages import AttachedFile

if TYPE_CHECKING:
    from symbolicate.store import Job, Store, StoredAttachment

__all__ = ["CrashInput", "crash_input"]

# The engine takes so many files of one crash.
_FILES = 64
# Bytes of all files, and of the log and the files together: a crash is processed whatever is attached to it.
_FILE_BYTES = 128 * 1024 * 1024
_BYTES = 240 * 1024 * 1024
_DUMP_NAMES = (".dmp", ".mdmp", ".dmp.gz")
_PROPERTIES = "properties"  # the store keeps them as an attachment and has merged them into the annotations


class CrashInput(NamedTuple):
    """An input.

    Attributes:
        data: its bytes, in parts: joined, they would be in memory twice.
        files: the files whose bytes follow the log; None for a dump.
    """

    data: list[bytes]
    files: tuple[AttachedFile, ...] | None


def crash_input(store: Store, job: Job) -> CrashInput:
    """The input of a leased report.

    Raises:
        NotFound: its bytes have expired.
    """
    data = store.data(job.report_id) if job.data is None else job.data
    if job.kind == "minidump":
        return CrashInput([data], None)
    found = [one for one in job.attachments if one.attachment_id != _PROPERTIES and one.fault is None]
    # Beyond the limit, possible dumps are taken first, because the rest is only listed in the report.
    found = sorted(sorted(found, key=_rank)[:_FILES], key=lambda one: one.id)
    with_bytes = _with_bytes(found, min(_FILE_BYTES, _BYTES - len(data)))
    parts, files = [data], []
    for one in found:
        size = None
        if one.id in with_bytes:
            parts.append(store.attachment_data(one.id))
            size = len(parts[-1])
        files.append(AttachedFile(one.attachment_id, one.file_name, one.content_type, size))
    return CrashInput(parts, tuple(files))


def _rank(one: StoredAttachment) -> tuple[int, int]:
    """The order in which attachments may be the dump: by content, by name, the others, which may be compressed."""
    if one.minidump:
        return 0, one.id
    return 1 if (one.file_name or "").lower().endswith(_DUMP_NAMES) else 2, one.id


def _with_bytes(attachments: list[StoredAttachment], left: int) -> set[int]:
    """The attachments whose bytes are given; the report states of the others that they have none."""
    given = set()
    for one in sorted(attachments, key=_rank):
        if one.size <= left:
            left -= one.size
            given.add(one.id)
    return given
