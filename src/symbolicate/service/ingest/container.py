"""Reading the logs of one request: strictly at first, then leniently, and each log by itself.

The body is `{"logs": [...]}`. A body that is no JSON is mended as far as it can be, and a log that is bad does not take
the others with it. Rules of the format: the swagger of App Center's ingestion, and what its SDKs send beside it.
"""

from __future__ import annotations

import hashlib
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
_KIND_LENGTH = 40


class UnreadableError(ValueError):
    """The body is no JSON, and cannot be made any."""


class _Container(msgspec.Struct):
    logs: Any = None


class _RawContainer(msgspec.Struct):
    logs: list[msgspec.Raw]


class _Exception(msgspec.Struct):
    type: Any = None


class _Log(msgspec.Struct, rename="camel"):
    """What the service itself looks at in a log. Everything may be of a wrong type."""

    type: Any = None
    id: Any = None
    error_id: Any = None
    timestamp: Any = None
    data: Any = None
    content_type: Any = None
    file_name: Any = None
    properties: Any = None
    exception: msgspec.Raw = msgspec.Raw()
    threads: msgspec.Raw = msgspec.Raw()


_decode_raw = msgspec.json.Decoder(_RawContainer).decode
_decode_log = msgspec.json.Decoder(_Log).decode
_decode_exception = msgspec.json.Decoder(_Exception).decode


@dataclass(slots=True)
class Delivered:
    """What one request brought.

    Attributes:
        reports: crashes and errors.
        attachments: files of crashes, of this request or of others.
        properties: further facts of crashes, by their ids.
        passed_over: logs that are known and not ours to keep, and how many.
        faults: what was wrong, for the journal.
    """

    reports: list[Upload] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    properties: dict[str, dict[str, str]] = field(default_factory=dict)
    passed_over: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing that a client had a reason to send."""
        return not (self.reports or self.attachments or self.properties or self.passed_over)


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
    delivered = Delivered()
    for number, raw in enumerate(_logs(body, delivered, settings)):
        if number >= settings.logs_per_request:
            delivered.faults.append(f"logs[{number}]: more logs than are read of one request")
            break
        try:
            log = _decode_log(raw)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            delivered.faults.append(f"logs[{number}]: {error}")
            continue
        fault = _sort(log, bytes(raw), delivered, settings, install_id, user_agent)
        if fault:
            delivered.faults.append(f"logs[{number}]: {fault}")
    return delivered


def _logs(body: bytes, delivered: Delivered, settings: Ingest) -> list[msgspec.Raw]:
    try:
        return _decode_raw(body).logs
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        # Repair takes up to twenty bytes of memory for each byte of the body.
        if len(body) > settings.repaired_bytes:
            message = f"{error}; a body of more than {settings.repaired_bytes} bytes is not repaired"
            raise UnreadableError(message) from None
        delivered.faults.append(f"not as it should be: {error}")
    text = _mended(body, delivered)
    try:
        return _decode_raw(text).logs
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    # JSON, but not the object with a list: a lone log, a list of logs, or one log where the list should be.
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UnreadableError(str(error)) from None
    if isinstance(found, dict):
        found = found.get("logs", [found] if "type" in found else None)
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        raise UnreadableError("no list of logs")
    return [msgspec.Raw(msgspec.json.encode(log)) for log in found]


def _mended(body: bytes, delivered: Delivered) -> bytes:
    """The body as JSON, as far as it can be made."""
    from symbolicate import _native  # noqa: PLC0415 - most bodies need no mending

    try:
        text, notes = _native.mend_json(body)
    except ValueError as error:
        raise UnreadableError(str(error)) from None
    delivered.faults.extend(notes)
    return text


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
    if error_id is not None and isinstance(log.properties, dict):
        # Crashpad's App Center bridge sends its annotations as an event beside the crash.
        facts = delivered.properties.setdefault(error_id, {})
        facts.update(
            (str(key), value if isinstance(value, str) else str(value)) for key, value in log.properties.items()
        )
        return None
    if kind in _PASSED_OVER:
        delivered.passed_over[kind] += 1
        return None
    return f"unknown type {kind[:_KIND_LENGTH]!r}"


def _kind(log: _Log) -> str:
    """The type of a log, lower case; by its looks, where it says none."""
    if isinstance(log.type, str) and log.type.strip():
        return log.type.strip().lower()
    if log.error_id is not None and log.data is not None:
        return _ATTACHMENT
    if bytes(log.exception):
        return "managederror"
    return "appleerror" if bytes(log.threads) else ""


def _report(log: _Log, raw: bytes, kind: str, install_id: str | None, user_agent: str | None) -> Upload:
    wants_minidump = False
    if bytes(log.exception):
        try:
            said = _decode_exception(log.exception).type
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            said = None
        wants_minidump = isinstance(said, str) and said.strip().lower() == "minidump"
    return Upload(
        log_id=_identifier(log.id) or _made_up(raw),
        kind=kind,
        data=raw,
        client_time=parse_time(log.timestamp),
        install_id=install_id,
        wants_minidump=wants_minidump,
        user_agent=user_agent,
    )


def _attach(log: _Log, raw: bytes, delivered: Delivered, settings: Ingest) -> str | None:
    error_id = _identifier(log.error_id)
    if error_id is None:
        return "an attachment without errorId"
    text = log.data if isinstance(log.data, str) else ""
    fault: str | None = None
    # Four characters are three bytes. White space is counted, too: nobody sends a third more of it.
    if len(text) * 3 // 4 > settings.attachment_bytes * 4 // 3:
        return f"an attachment larger than {settings.attachment_bytes} bytes"
    data = base64_text.decode(text) if isinstance(log.data, str) else None
    if data is None:
        data, fault = text.encode("utf-8", "replace"), "its data is no base64"
    elif len(data) > settings.attachment_bytes:
        return f"an attachment larger than {settings.attachment_bytes} bytes"
    delivered.attachments.append(
        Attachment(
            error_id=error_id,
            attachment_id=_identifier(log.id) or _made_up(raw),
            data=data,
            content_type=_text(log.content_type),
            file_name=_text(log.file_name),
            fault=fault,
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
