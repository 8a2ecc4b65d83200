"""Reads the logs of one request, each by itself: a log that is broken does not affect the others.

The body is `{"logs": [...]}`. The native reader splits it into its logs, finds what each is, and repairs those whose
JSON is broken. Only the heads of logs, which are short, are decoded here; the logs are stored as they were sent.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from symbolicate.service.ingest import base64_text
from symbolicate.service.ingest.clock import parse_time
from symbolicate.service.ingest.sightings import see
from symbolicate.store import Attachment, Upload
from symbolicate.summary.text import is_guid

if TYPE_CHECKING:
    from symbolicate.service.config import Ingest
    from symbolicate.store import Sighting
    from symbolicate.summary.dimensions import Dimensions

__all__ = ["Received", "UnreadableError", "read_container"]

# What the native reader calls the logs that are stored as reports.
_REPORTS = frozenset({"managedError", "appleError", "handledError"})
_ID_LENGTH = 200
# Bytes of JSON for a byte of an attachment: base64 has four characters for three bytes, white space may add a third,
# and clients escape slashes and line ends.
_JSON_BYTES = 4
_KIND_LENGTH = 40
_FAULTS = 64


class UnreadableError(ValueError):
    """The body is not JSON and cannot be repaired, or has no list of logs."""


class _Exception(msgspec.Struct):
    type: Any = None


class _Log(msgspec.Struct, rename="camel"):
    """The head of a log. Every scalar may be of a wrong type."""

    type: Any = None
    id: Any = None
    error_id: Any = None
    timestamp: Any = None
    data: str | None = None
    data_length: int = 0
    content_type: Any = None
    file_name: Any = None
    properties: dict[str, str] | None = None
    exception: _Exception | None = None


_decode_log = msgspec.json.Decoder(_Log).decode


@dataclass(slots=True)
class Received:
    """The content of one request.

    Attributes:
        reports: crashes and errors.
        attachments: files of crashes, of this request or of others.
        properties: properties of crashes that events carry, by the ids of the crashes.
        events: ids of these events, by the ids of the crashes.
        ignored: how many logs have nothing to do with crashes.
        seen: the device, as such logs describe it: each day and description once.
        faults: problems, to be logged.
    """

    reports: list[Upload] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    properties: dict[str, dict[str, str]] = field(default_factory=dict)
    events: dict[str, list[str]] = field(default_factory=dict)
    ignored: int = 0
    seen: dict[tuple[int, Dimensions], Sighting] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether no log of the request was of use, or all were too large."""
        usable = any(attachment.size is None for attachment in self.attachments)
        return not (self.reports or usable or self.properties or self.ignored)


def read_container(body: bytes, settings: Ingest, *, install_id: str | None, user_agent: str | None) -> Received:
    """Read the logs of one request.

    Args:
        body: the body, unpacked.
        settings: limits of logs and attachments.
        install_id: the client's `Install-ID`.
        user_agent: the client's `User-Agent`.

    Raises:
        UnreadableError: it is not JSON, or has no list of logs.
    """
    from symbolicate._native import LogReader

    try:
        reader = LogReader(
            body,
            logs=settings.logs_per_request,
            repaired_bytes=settings.repaired_bytes,
            data_bytes=settings.attachment_bytes * _JSON_BYTES,
        )
    except ValueError as error:
        raise UnreadableError(str(error)) from None
    received = Received(faults=reader.notes)
    for index in range(len(reader)):
        number, kind, raw, head, notes = reader.log(index)
        fault: str | None
        try:
            log = _head(head)
        except (msgspec.DecodeError, ValueError) as error:
            fault = str(error)
        else:
            fault = _sort(kind, log, raw, received, settings, install_id, user_agent)
        if len(received.faults) < _FAULTS:
            received.faults.extend(f"logs[{number}]: {one}" for one in (*notes, fault) if one)
    if reader.beyond:
        received.faults.append(f"{reader.beyond} more logs than are read of one request")
    return received


def _head(head: bytes) -> _Log:
    try:
        return _decode_log(head)
    except msgspec.DecodeError:
        # An escaped half of a surrogate pair: valid by the grammar of JSON, but not encodable as UTF-8.
        return _decode_log(json.dumps(json.loads(head), ensure_ascii=False).encode("utf-8", "replace"))


def _sort(
    kind: str | None,
    log: _Log,
    raw: bytes,
    received: Received,
    settings: Ingest,
    install_id: str | None,
    user_agent: str | None,
) -> str | None:
    """Sort a log into the result; returns its problem, or None."""
    if kind in _REPORTS:
        received.reports.append(_report(log, raw, kind, install_id, user_agent))
        return None
    if kind == "errorAttachment":
        return _attach(log, raw, received, settings)
    error_id = _identifier(log.error_id)
    if error_id is not None and log.properties is not None:
        # Crashpad's App Center bridge sends its annotations as an event beside the crash.
        received.properties.setdefault(error_id, {}).update(log.properties)
        received.events.setdefault(error_id, []).append(_identifier(log.id) or error_id)
        return None
    if kind is not None:
        received.ignored += 1
        if install_id is not None:
            see(received.seen, raw, install_id, parse_time(log.timestamp))
        return None
    said = log.type.strip().lower() if isinstance(log.type, str) else ""
    return f"unknown type {said[:_KIND_LENGTH]!r}"


def _report(log: _Log, raw: bytes, kind: str, install_id: str | None, user_agent: str | None) -> Upload:
    said = log.exception.type if log.exception is not None else None
    return Upload(
        log_id=_identifier(log.id) or _made_up(raw),
        kind=kind,
        data=raw,
        client_time=parse_time(log.timestamp),
        install_id=install_id,
        wants_minidump=isinstance(said, str) and said.strip().lower() == "minidump",
        user_agent=user_agent,
    )


def _attach(log: _Log, raw: bytes, received: Received, settings: Ingest) -> str | None:
    error_id = _identifier(log.error_id)
    if error_id is None:
        return "an attachment without errorId"
    text = log.data or ""
    fault: str | None = None
    size: int | None = None
    # Four characters are three bytes. White space is counted, too; it is never a third of the text.
    if log.data is None and log.data_length > settings.attachment_bytes * _JSON_BYTES:
        data, size = b"", max(0, log.data_length - len('""')) * 3 // 4
    elif len(text) * 3 // 4 > settings.attachment_bytes * 4 // 3:
        data, size = b"", base64_text.decoded_size(text)
    else:
        decoded = base64_text.decode(text) if log.data is not None else None
        data = text.encode("utf-8", "replace") if decoded is None else decoded
        fault = "its data is not base64" if decoded is None else None
        if len(data) > settings.attachment_bytes:
            data, size = b"", len(data)
    if size is not None:
        fault = f"an attachment of {size} bytes; more than {settings.attachment_bytes} are not stored"
    received.attachments.append(
        Attachment(
            error_id=error_id,
            attachment_id=_identifier(log.id) or _made_up(raw),
            data=data,
            content_type=_text(log.content_type),
            file_name=_text(log.file_name),
            fault=fault,
            size=size,
        )
    )
    return fault


def _identifier(value: Any) -> str | None:
    """A normalised id: GUIDs in lower case with dashes, others unchanged; None if there is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not (value := value.strip()):
        return None
    if is_guid(value):
        return value
    try:
        return str(uuid.UUID(value.strip("{}")))
    except ValueError:
        return value.replace("\0", "")[:_ID_LENGTH] or None


def _made_up(raw: bytes) -> str:
    """An id for a log without one, equal for identical logs."""
    return str(uuid.UUID(bytes=hashlib.sha256(raw).digest()[:16]))


def _text(value: Any) -> str | None:
    return value.replace("\0", "")[:_ID_LENGTH] if isinstance(value, str) and value else None
