"""Reading the logs of one request, each by itself: a log that is broken does not take the others with it.

The body is `{"logs": [...]}`. The native reader splits it into its logs and repairs those whose JSON is broken; what is
decoded here are the heads of logs, which are short. Rules of the format: the swagger of App Center's ingestion, and
what its SDKs send beside it.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from symbolicate.service.ingest import base64_text
from symbolicate.service.ingest.clock import parse_time
from symbolicate.store import Attachment, Upload

if TYPE_CHECKING:
    from symbolicate.service.config import Ingest

__all__ = ["Delivered", "UnreadableError", "read_container"]

_REPORTS = {kind.lower(): kind for kind in ("managedError", "appleError", "handledError")}
_ATTACHMENT = "errorattachment"
# Analytics and push logs that SDKs send to the same address.
_PASSED_OVER = frozenset(
    {
        "startservice",
        "startsession",
        "distributionstartsession",
        "page",
        "event",
        "pushinstallation",
        "customproperties",
    }
)
_ID_LENGTH = 200
# Of JSON for a byte of an attachment: base64 has four characters for three bytes, a third more of white space is
# taken, and clients escape slashes and ends of lines.
_JSON_BYTES = 4
_KIND_LENGTH = 40
_FAULTS = 64


class UnreadableError(ValueError):
    """The body is no JSON, and cannot be made any."""


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
    threads: list[None] | None = None


_decode_log = msgspec.json.Decoder(_Log).decode


@dataclass(slots=True)
class Delivered:
    """What one request brought.

    Attributes:
        reports: crashes and errors.
        attachments: files of crashes, of this request or of others.
        properties: further facts of crashes, by their ids.
        events: ids of the logs that these came in, by the ids of the crashes.
        passed_over: logs that are known and not ours to keep, and how many.
        faults: what was wrong, for the journal.
    """

    reports: list[Upload] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    properties: dict[str, dict[str, str]] = field(default_factory=dict)
    events: dict[str, list[str]] = field(default_factory=dict)
    passed_over: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing that a client had a reason to send, or all of it was too large."""
        kept = any(attachment.size is None for attachment in self.attachments)
        return not (self.reports or kept or self.properties or self.passed_over)


def read_container(body: bytes, settings: Ingest, *, install_id: str | None, user_agent: str | None) -> Delivered:
    """Read the logs of one request.

    Args:
        body: the body, unpacked.
        settings: limits of logs and attachments.
        install_id: the client's `Install-ID`.
        user_agent: the client's `User-Agent`.

    Raises:
        UnreadableError: it is no JSON, or holds no list of logs.
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
    delivered = Delivered(faults=reader.notes)
    for index in range(len(reader)):
        number, raw, head, notes = reader.log(index)
        fault: str | None
        try:
            log = _head(head)
        except (msgspec.DecodeError, ValueError) as error:
            fault = str(error)
        else:
            fault = _sort(log, raw, delivered, settings, install_id, user_agent)
        if len(delivered.faults) < _FAULTS:
            delivered.faults.extend(f"logs[{number}]: {one}" for one in (*notes, fault) if one)
    if reader.beyond:
        delivered.faults.append(f"{reader.beyond} more logs than are read of one request")
    return delivered


def _head(head: bytes) -> _Log:
    try:
        return _decode_log(head)
    except msgspec.DecodeError:
        # An escaped half of a surrogate pair: JSON by its grammar, but no text that can be encoded.
        return _decode_log(json.dumps(json.loads(head), ensure_ascii=False).encode("utf-8", "replace"))


def _sort(
    log: _Log, raw: bytes, delivered: Delivered, settings: Ingest, install_id: str | None, user_agent: str | None
) -> str | None:
    """Put a log where it belongs; what is wrong with it, if anything is."""
    kind = _kind(log)
    if kind in _REPORTS:
        delivered.reports.append(_report(log, raw, _REPORTS[kind], install_id, user_agent))
        return None
    if kind == _ATTACHMENT:
        return _attach(log, raw, delivered, settings)
    error_id = _identifier(log.error_id)
    if error_id is not None and log.properties is not None:
        # Crashpad's App Center bridge sends its annotations as an event beside the crash.
        delivered.properties.setdefault(error_id, {}).update(log.properties)
        delivered.events.setdefault(error_id, []).append(_identifier(log.id) or error_id)
        return None
    if kind in _PASSED_OVER:
        delivered.passed_over[kind] += 1
        return None
    return f"unknown type {kind[:_KIND_LENGTH]!r}"


def _kind(log: _Log) -> str:
    """The type of a log, lower case; by its looks, where it says none."""
    if isinstance(log.type, str) and log.type.strip():
        return log.type.strip().lower()
    if log.error_id is not None and log.data_length:
        return _ATTACHMENT
    if log.exception is not None:
        return "managederror"
    return "" if log.threads is None else "appleerror"


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


def _attach(log: _Log, raw: bytes, delivered: Delivered, settings: Ingest) -> str | None:
    error_id = _identifier(log.error_id)
    if error_id is None:
        return "an attachment without errorId"
    text = log.data or ""
    fault: str | None = None
    size: int | None = None
    # Four characters are three bytes. White space is counted, too: nobody sends a third more of it.
    if log.data is None and log.data_length > settings.attachment_bytes * _JSON_BYTES:
        data, size = b"", max(0, log.data_length - len('""')) * 3 // 4
    elif len(text) * 3 // 4 > settings.attachment_bytes * 4 // 3:
        data, size = b"", base64_text.decoded_size(text)
    else:
        decoded = base64_text.decode(text) if log.data is not None else None
        data = text.encode("utf-8", "replace") if decoded is None else decoded
        fault = "its data is no base64" if decoded is None else None
        if len(data) > settings.attachment_bytes:
            data, size = b"", len(data)
    if size is not None:
        fault = f"an attachment of {size} bytes; more than {settings.attachment_bytes} are not kept"
    delivered.attachments.append(
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
    """An id as it is kept: GUIDs lower case with dashes, others as they are; None for none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not (value := value.strip()):
        return None
    try:
        return str(uuid.UUID(value.strip("{}")))
    except ValueError:
        return value.replace("\0", "")[:_ID_LENGTH] or None


def _made_up(raw: bytes) -> str:
    """An id for a log without one: the same when the same log is sent again."""
    return str(uuid.UUID(bytes=hashlib.sha256(raw).digest()[:16]))


def _text(value: Any) -> str | None:
    return value.replace("\0", "")[:_ID_LENGTH] if isinstance(value, str) and value else None
