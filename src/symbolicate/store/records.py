"""The plain records that callers pass to the store and get from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

__all__ = [
    "EXPORTS",
    "ORIGINALS",
    "QUALITY",
    "Accepted",
    "AcceptedAttachment",
    "AcceptedReport",
    "App",
    "Attachment",
    "Bucket",
    "Cab",
    "Client",
    "DeadLetter",
    "Done",
    "Image",
    "Job",
    "Missing",
    "Part",
    "Processed",
    "Settings",
    "Stored",
    "StoredAttachment",
    "Swept",
    "SymbolFile",
    "SymbolUpload",
    "Token",
    "Upload",
]


Part = Literal["symbols", "unwind", "binary", "debug", "whole", "source"]
"""What a symbol file is used for, see `SymbolFile`."""

ORIGINALS: tuple[Part, ...] = ("binary", "debug", "whole", "source")
"""The parts that are files as they were uploaded."""

QUALITY = {"functions": 8, "lines": 4, "inlines": 2, "unwind": 1}
"""What a symbol file may contain besides a symbol table, as bits of its quality: a larger number means more content."""
EXPORTS = 16
"""The bit of a file without a symbol table: its names are those that a binary exports, which are worth less."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of an app. None switches a rule off.

    Attributes:
        retention_days: how long reports, their bytes and their counts are stored after they were received.
        throttle_per_minute: how many reports are accepted in a minute.
        max_age_days: reports with an older time of their own are not accepted.
        max_future_hours: reports whose time is further in the future are not accepted.
        quota_bytes: how many bytes its reports, attachments and symbols may take; 0 for no limit, None for the limit of
            the service.
        source_url: the pattern of links to source, with `{path}`, `{line}`, `{revision}` and `{version}`.
        source_prefixes: beginnings of paths in symbols that are left out; paths with none of them get no link.
        source_revisions: what the code host calls a version; `*` is for all others.
    """

    retention_days: int | None = 90
    throttle_per_minute: int | None = 60
    max_age_days: int | None = None
    max_future_hours: int | None = None
    quota_bytes: int | None = None
    source_url: str | None = None
    source_prefixes: tuple[str, ...] = ()
    source_revisions: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class App:
    """An application. `secret` is what uploads name, `application_id` what queries name: the secret until changed."""

    id: int
    secret: str
    application_id: str
    owner: str | None
    name: str | None
    product_name: str | None
    settings: Settings
    created: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """An API token, without its secret.

    Attributes:
        prefix: the first letters of the secret, by which people recognise the token.
        apps: the rows of the apps that it is valid for; None for all.
    """

    id: int
    name: str
    scopes: frozenset[str]
    prefix: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    apps: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client, without its secret. `apps` is as in a token."""

    client_id: str
    name: str
    scopes: frozenset[str]
    created: datetime
    revoked: datetime | None
    apps: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """One crash or error as it was received.

    Attributes:
        log_id: the id that the sender gave it.
        kind: `managedError`, `appleError`, `handledError`, `minidump`, or another short word.
        data: that log alone as JSON, or the dump.
        client_time: when it happened, by the device's clock.
        install_id: the installation it comes from.
        annotations: the form fields of a dump upload.
        wants_minidump: its dump is sent as an attachment.
        user_agent: the client's `User-Agent`.
    """

    log_id: str
    kind: str
    data: bytes
    client_time: datetime | None = None
    install_id: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    wants_minidump: bool = False
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the crash with the id `error_id`, which may be received before the file or after it.

    Attributes:
        fault: why it could not be decoded; `data` is then the text as it was sent.
        size: how many bytes were sent, if they are not to be stored; `data` is then empty.
    """

    error_id: str
    attachment_id: str
    data: bytes
    content_type: str | None = None
    file_name: str | None = None
    fault: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class AcceptedReport:
    """The result for an upload.

    Attributes:
        id: of the report's row.
        public_id: 32 hexadecimal digits, the same for an identical upload; also the `cabIdHash` of queries.
        new: false if an identical upload is stored already.
        reused_id: another report of the app has the same log id with other content.
    """

    id: int
    public_id: str
    log_id: str
    new: bool
    reused_id: bool


@dataclass(frozen=True, slots=True)
class AcceptedAttachment:
    """The result for an attachment. `report_id` is None until its crash is received."""

    id: int
    new: bool
    report_id: int | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The results for a request's uploads and attachments, in the same order."""

    reports: list[AcceptedReport]
    attachments: list[AcceptedAttachment]


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """An attachment of a report; its bytes are `Store.attachment_data(id)`.

    Attributes:
        size: how many bytes were sent.
        fault: why it cannot be used.
        kept: whether its bytes are stored; they are not if it was too large.
        minidump: its content is a minidump.
        public_id: 32 hexadecimal digits, the same for an identical attachment.
        received: when it was received.
    """

    id: int
    attachment_id: str
    error_id: str
    content_type: str | None
    file_name: str | None
    size: int
    fault: str | None
    kept: bool
    minidump: bool
    public_id: str
    received: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """A report to process, leased until `leased_until`.

    Attributes:
        symbols_version: the versions of the app's symbol files and of the shared ones when the report was leased.
        data: its bytes as they were received, if they were read with the lease; None for large ones.
    """

    report_id: int
    token: str
    attempt: int
    reason: str
    app: App
    public_id: str
    log_id: str
    kind: str
    client_time: datetime | None
    receive_time: datetime
    install_id: str | None
    annotations: dict[str, str]
    wants_minidump: bool
    leased_until: datetime
    leased: datetime
    generation: int
    attachments: list[StoredAttachment]
    symbols_version: tuple[int, int]
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """A processed job.

    Attributes:
        report: the engine's JSON document.
        overrides: values of dimensions that replace those of the report, by their response names.
    """

    job: Job
    report: bytes
    overrides: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Processed:
    """A report that was processed elsewhere, without the bytes that it was made of.

    Attributes:
        log_id: its id: of two reports of an app with the same one, the second is not written.
        kind: the kind of its input, such as `minidump`.
        report: the engine's JSON document.
    """

    log_id: str
    kind: str
    report: bytes


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A report that could not be processed and is not tried again by itself.

    Attributes:
        reason: the kind of the error, one of `jobs.CAUSES`; None for dead letters of earlier versions.
        received: when it was received.
        since: when it was put into the queue.
    """

    report_id: int
    app: App
    public_id: str
    log_id: str
    kind: str
    attempts: int
    error: str
    reason: str | None
    received: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored report. `state` is `queued`, `done` or `aside`; the last is a dead letter."""

    id: int
    public_id: str
    app_id: int
    log_id: str
    kind: str
    state: str
    client_time: datetime | None
    receive_time: datetime
    event_time: datetime
    install_id: str | None
    annotations: dict[str, str]
    failure_hash: str | None
    failure_name: str | None
    event_type: str | None
    attachments: list[StoredAttachment]


@dataclass(frozen=True, slots=True)
class SymbolFile:
    """A symbol file.

    Attributes:
        path: its path in the local symbol folder of an earlier version; only if it has no `blob`.
        blob: the key of its compressed bytes in the blob store.
        content: SHA-256 of its bytes, in hexadecimal.
        quality: what it contains, see `QUALITY`.
        part: what a report uses it for: `symbols`, a Breakpad text; or `unwind`, the unwind tables of a binary or debug
            file in their stored form. Or what a file is that was stored as it was uploaded, for debuggers: `binary`;
            `debug`, made for debug information; `whole`, a binary with debug information; `source`, a bundle of source
            code.
        owner: the row of the app it belongs to, or 0 for all apps.
        upload_id: the first upload that brought it.
    """

    debug_id: str
    debug_file: str
    kind: str
    arch: str | None = None
    size: int = 0
    path: str | None = None
    code_id: str | None = None
    blob: str | None = None
    created: datetime | None = None
    content: str = ""
    quality: int = 0
    part: Part = "symbols"
    owner: int = 0
    id: int = 0
    upload_id: str | None = None

    @property
    def holds(self) -> list[str]:
        """What it contains, in words; empty if it has names of exported functions alone, or cannot be read."""
        return [word for word, bit in QUALITY.items() if self.quality & bit]


@dataclass(frozen=True, slots=True)
class SymbolUpload:
    """An upload of symbols.

    Attributes:
        blob: the key of the uploaded bytes; empty if they are those of its files, see `SymbolUploads.entries`.
        contents: the symbol files in them.
        owner: the owner of the symbols: the row of the app, or 0 for all apps.
        debug_id: the id of the only module whose files it may have, as its sender states it; so is `code_id`. Without
            both it may have files of any module.
    """

    id: str
    app_id: int
    symbol_type: str
    status: str
    file_name: str | None
    size: int
    build: str | None
    version: str | None
    created: datetime
    updated: datetime
    contents: list[SymbolFile]
    message: str | None
    blob: str
    owner: int
    debug_id: str = ""
    code_id: str = ""


@dataclass(frozen=True, slots=True)
class UploadEntry:
    """A file of an upload whose own bytes are not stored.

    Attributes:
        name: its name in the upload; empty if the upload is this file.
        content: the SHA-256 of its bytes, which are in `SymbolFiles`.
        size: its bytes.
    """

    name: str
    content: str
    size: int


@dataclass(frozen=True, slots=True)
class Missing:
    """A module that lacks symbols or unwind rules, and what that costs.

    Attributes:
        debug_file: the name of its debug file.
        debug_id: its debug id. A module without one is identified by its code id.
        reports: how many reports lack its symbols.
        code_id: its code id.
        crashing_frames: frames of crashed threads without a name, since it has no symbols. This and the following are
            of the newest 100,000 reports that lack anything.
        frames: the same of all threads.
        unwinding_reports: how many reports have frames that were found by a search of the stack, since it has no unwind
            rules.
        crashing_scanned: how many such frames crashed threads have.
        scanned: the same of all threads.
    """

    debug_file: str
    debug_id: str
    reports: int
    code_id: str = ""
    crashing_frames: int = 0
    frames: int = 0
    unwinding_reports: int = 0
    crashing_scanned: int = 0
    scanned: int = 0


@dataclass(frozen=True, slots=True)
class Bucket:
    """A failure of an app, and what people decided about it.

    Attributes:
        count: its own hits of all event types, without those of `members`.
        crashes: how many of them are crashes, hangs and the like: all but `handled` and `requested`.
        handled: how many are errors that the program handled.
        requested: how many are dumps that were requested.
        installations: how many installations it crashed on; installations without an id are not counted.
        handled_installations: how many installations reported it as a handled error.
        leader: the hash of the bucket it is merged into.
        members: the hashes of buckets merged into it.
    """

    app_id: int
    hash: str
    name: str
    symbol: str
    state: str
    note: str
    count: int
    first_seen: date | None
    last_seen: date | None
    leader: str | None
    members: list[str]
    crashes: int = 0
    handled: int = 0
    requested: int = 0
    installations: int = 0
    handled_installations: int = 0


@dataclass(frozen=True, slots=True)
class Image:
    """The failures whose names blame one image; counts are as in `Bucket`."""

    image: str
    buckets: int
    count: int
    crashes: int
    handled: int
    requested: int


@dataclass(frozen=True, slots=True)
class Cab:
    """The file of `cabdownload`: the dump of a hit, or the log as it was received."""

    report_id: int
    file_name: str
    content_type: str
    size: int
    key: bytes


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed."""

    reports: int = 0
    attachments: int = 0
    blobs: int = 0
    buckets: int = 0
    uploads: int = 0

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


def words(values: Any) -> dict[str, str]:
    """A mapping of text to text, from JSON of any type."""
    if not isinstance(values, dict):
        return {}
    return {str(key): value if isinstance(value, str) else str(value) for key, value in values.items()}
