"""Stores uploads: when `accept` returns, they are durable.

Large bytes go to the blob store first, then one transaction writes the rows and puts the reports into the queue. An
upload that is interrupted between the two was never acknowledged; it leaves a blob that no row names.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from symbolicate._native import is_minidump
from symbolicate.store.access.apps import normal_id
from symbolicate.store.content import bodies, usage
from symbolicate.store.database.bulk import Among
from symbolicate.store.database.clock import MOST_AHEAD, milliseconds
from symbolicate.store.database.tables import ATTACHMENT, REPORT
from symbolicate.store.database.transactions import in_chunks, insert, lock
from symbolicate.store.intake.group_commit import GroupCommit
from symbolicate.store.intake.on_postgresql import write_reports
from symbolicate.store.jobs.enqueue import put, put_new
from symbolicate.store.records import Accepted, AcceptedAttachment, AcceptedReport
from symbolicate.store.reports.rows import ReportRow, identity, insert_reports
from symbolicate.summary.text import LONGEST_NAME, clean, clean_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from sqlalchemy.engine import Connection
    from sqlalchemy.sql.dml import ReturningInsert

    from symbolicate.store.content.blobs import Blobs
    from symbolicate.store.database.transactions import Database
    from symbolicate.store.records import App, Attachment, Upload

__all__ = ["Intake"]

_BATCH = 8 * 1024 * 1024  # bytes in one commit
_ROW = 2048  # bytes that the rows of an upload count as
_LONGEST_VALUE = 20_320  # of an annotation: Crashpad's limit
_MOST_ANNOTATIONS = 512
_PROPERTIES = "properties"  # the properties of an event are stored as an attachment with this id


class _Report(NamedTuple):
    """A row of the table, and the bytes."""

    row: ReportRow
    body: bodies.Body

    @property
    def identity(self) -> bytes:
        return self.row.identity

    @property
    def app_id(self) -> int:
        return self.row.app_id

    @property
    def log_id(self) -> str:
        return self.row.log_id


class _Attached(NamedTuple):
    identity: bytes
    body: bodies.Body
    row: dict[str, Any]


class _Request(NamedTuple):
    reports: list[_Report]
    attachments: list[_Attached]
    now: int


class Intake:
    """Stores the uploads of all threads, many in one transaction."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self._commits: GroupCommit[_Request, Accepted] = GroupCommit(
            self._commit, largest=_BATCH, alone=lambda error: isinstance(error, SQLAlchemyError)
        )

    def accept(
        self,
        app: App,
        uploads: Sequence[Upload],
        attachments: Sequence[Attachment] = (),
        received: datetime | None = None,
        properties: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Accepted:
        """Store uploads and attachments; they are durable when this returns.

        Raises:
            StoreUnavailable: they are not stored, or it is not known whether they are; they may be sent again.
        """
        at = milliseconds(received)
        rows = [_row(app, upload, at) for upload in uploads]
        prepared = bodies.prepare_all(
            self._blobs, [(row.identity, upload.data) for row, upload in zip(rows, uploads, strict=True)]
        )
        reports = [_Report(row, body) for row, body in zip(rows, prepared, strict=True)]
        attached = [self._attachment(app, attachment, at) for attachment in attachments]
        for error_id, values in (properties or {}).items():
            attached.append(self._properties(app, error_id, values, at))
        written = [one.body for one in reports] + [one.body for one in attached]
        size = sum(len(body.bytes or b"") + _ROW for body in written)
        accepted = self._commits.do(_Request(reports, attached, at), size)
        return Accepted(accepted.reports, accepted.attachments[: len(attachments)])

    def kept_before(
        self, app: App, attachments: Mapping[int, Attachment], properties: Mapping[str, Mapping[str, str]]
    ) -> set[int | str]:
        """The keys of those attachments and properties that are stored already with the same bytes."""
        keys: list[tuple[int | str, bytes]] = []
        for place, one in attachments.items():
            ids = clean(normal_id(one.error_id)), clean(normal_id(one.attachment_id))
            keys.append((place, identity(b"attachment", app.id, *ids, one.data)))
        for error_id, values in properties.items():
            data = msgspec.json.encode(_cleaned(values))
            keys.append((error_id, identity(b"attachment", app.id, clean(normal_id(error_id)), _PROPERTIES, data)))

        def work(connection: Connection) -> set[bytes]:
            found: set[bytes] = set()
            for some in in_chunks(sorted({one for _, one in keys})):
                here = sa.select(ATTACHMENT.c.identity).where(ATTACHMENT.c.identity.in_(some))
                found.update(bytes(one) for one in connection.execute(here).scalars())
            return found

        here = self._database.read(work)
        return {key for key, one in keys if one in here}

    def new_ids(self, app: App, uploads: Sequence[Upload]) -> list[str]:
        """The normalised log ids of those uploads that are not stored already, one for each such upload."""
        keys: dict[bytes, str] = {}
        for upload in uploads:
            log_id = clean(normal_id(upload.log_id))
            keys[identity(b"report", app.id, log_id, clean(upload.kind, 40), upload.data)] = log_id

        def work(connection: Connection) -> set[bytes]:
            found: set[bytes] = set()
            for some in in_chunks(sorted(keys)):
                found.update(bytes(row.identity) for row in connection.execute(_SAME, {"some": some}))
            return found

        here = self._database.read(work)
        return [log_id for key, log_id in keys.items() if key not in here]

    def _attachment(self, app: App, attachment: Attachment, at: int) -> _Attached:
        return self._attached(
            app,
            at,
            attachment.data,
            error_id=clean(normal_id(attachment.error_id)),
            attachment_id=clean(normal_id(attachment.attachment_id)),
            content_type=clean_or_none(attachment.content_type),
            file_name=clean_or_none(attachment.file_name),
            fault=clean_or_none(attachment.fault),
            size=attachment.size,
            properties=False,
        )

    def _properties(self, app: App, error_id: str, values: Mapping[str, str], at: int) -> _Attached:
        return self._attached(
            app,
            at,
            msgspec.json.encode(_cleaned(values)),
            error_id=clean(normal_id(error_id)),
            attachment_id=_PROPERTIES,
            content_type="application/json",
            file_name=None,
            fault=None,
            size=None,
            properties=True,
        )

    def _attached(self, app: App, at: int, data: bytes, **row: Any) -> _Attached:
        key = identity(b"attachment", app.id, row["error_id"], row["attachment_id"], data)
        row |= {"identity": key, "app_id": app.id, "receive_time": at, "minidump": is_minidump(data[:4])}
        return _Attached(key, bodies.prepare(self._blobs, key, data), row)

    def _commit(self, requests: list[_Request]) -> list[Accepted]:
        return self._database.write(lambda connection: _write(connection, requests))


def _row(app: App, upload: Upload, at: int) -> ReportRow:
    log_id, kind = clean(normal_id(upload.log_id)), clean(upload.kind, 40)
    key = identity(b"report", app.id, log_id, kind, upload.data)
    sent = None if upload.client_time is None else milliseconds(upload.client_time)
    notes = _cleaned(upload.annotations) if upload.annotations else None
    return ReportRow(
        key,
        app.id,
        log_id,
        kind,
        sent,
        at,
        sent if sent is not None and 0 <= sent <= at + MOST_AHEAD else at,
        clean_or_none(normal_id(upload.install_id)) if upload.install_id else None,
        msgspec.json.encode(notes).decode() if notes else None,
        upload.wants_minidump,
        clean_or_none(upload.user_agent),
    )


def _write(connection: Connection, requests: list[_Request]) -> list[Accepted]:
    """Write the rows of several requests: the reports in few statements, then the attachments, which are rarer."""
    every = [report for request in requests for report in request.reports]
    at = max(request.now for request in requests)
    # Concurrent transactions with a crash and its attachment would not see each other's rows.
    crashes = [("crash", report.app_id, report.log_id) for report in every]
    attached = (one.row for request in requests for one in request.attachments)
    crashes += [("crash", row["app_id"], row["error_id"]) for row in attached]
    if every and connection.dialect.name != "sqlite":
        rows = [(report.row, report.body) for report in every]
        written = write_reports(connection, rows, at, crashes, _NAMED, _WAITING)
        reports = _accepted(every, written.named, written.fresh)
        new = [(one, report) for one, report in zip(reports, every, strict=True) if one.new]
        _bind(connection, new, written.waiting)
    else:
        lock(connection, *crashes)
        reports = _write_reports(connection, every)
        new = [(one, report) for one, report in zip(reports, every, strict=True) if one.new]
        if new:
            bodies.write(connection, [report.body for _, report in new])
            put_new(connection, [(one.id, report.app_id) for one, report in new], at)
            _bind_orphans(connection, new)
    accepted: list[Accepted] = []
    sizes: Counter[int] = Counter()
    for _, report in new:
        sizes[report.app_id] += report.body.kept_bytes
    for request in requests:
        ours, reports = reports[: len(request.reports)], reports[len(request.reports) :]
        here = dict(zip((one.id for one in ours), request.reports, strict=True))
        attachments = [_write_attachment(connection, one, here, request.now) for one in request.attachments]
        accepted.append(Accepted(ours, attachments))
        for row, attachment in zip(attachments, request.attachments, strict=True):
            if row.new:
                sizes[attachment.row["app_id"]] += attachment.body.kept_bytes
    usage.add(connection, sizes)
    return accepted


_SAME = sa.select(REPORT.c.id, REPORT.c.identity).where(REPORT.c.identity.in_(sa.bindparam("some", expanding=True)))
_NAMED = Among(REPORT, ("id", "log_id", "identity"), "app_id", "log_id")


def _write_reports(connection: Connection, reports: list[_Report]) -> list[AcceptedReport]:
    """Write reports; the result of each, in order. Of identical reports the first is new."""
    if not reports:
        return []
    named: dict[int, list[tuple[int, str, bytes]]] = {}
    for app_id in {report.app_id for report in reports}:
        ids = {report.log_id for report in reports if report.app_id == app_id}
        named[app_id] = _NAMED.on_sqlite(connection, app_id, sorted(ids))
    # Identical reports have the same log id, so those that are there were among the rows above.
    known = {key for some in named.values() for _, _, key in some}
    fresh = insert_reports(connection, [report.row for report in reports if report.identity not in known])
    return _accepted(reports, named, fresh)


def _accepted(
    reports: list[_Report], before: Mapping[int, list[tuple[int, str, bytes]]], fresh: dict[bytes, int]
) -> list[AcceptedReport]:
    """The result of each report, in order.

    Args:
        reports: the reports.
        before: number, log id and identity of those that had one of their log ids before, by their apps.
        fresh: the numbers of those that were written, by their identities.
    """
    named: dict[tuple[int, str], set[bytes]] = {}
    numbers = dict(fresh)
    for app_id, some in before.items():
        for number, log_id, key in some:
            named.setdefault((app_id, log_id), set()).add(key)
            numbers[key] = number
    found: list[AcceptedReport] = []
    for report in reports:
        key, log_id = report.identity, report.log_id
        same_id = named.setdefault((report.app_id, log_id), set())
        reused = bool(same_id - {key})
        is_new = fresh.pop(key, None) is not None
        found.append(AcceptedReport(numbers[key], key.hex(), log_id, is_new, reused))
        same_id.add(key)
    return found


_KNOWN = sa.select(ATTACHMENT.c.id, ATTACHMENT.c.report_id).where(ATTACHMENT.c.identity == sa.bindparam("identity"))


@cache
def _new_attachment(dialect: str) -> ReturningInsert[int]:
    return insert(dialect, ATTACHMENT).on_conflict_do_nothing().returning(ATTACHMENT.c.id)


def _write_attachment(
    connection: Connection, one: _Attached, here: Mapping[int, _Report], at: int
) -> AcceptedAttachment:
    row = one.row
    if (found := connection.execute(_KNOWN, row).first()) is not None:
        return AcceptedAttachment(found.id, new=False, report_id=found.report_id)
    report_id = next((number for number, report in here.items() if report.log_id == row["error_id"]), None)
    if report_id is None:
        report_id = _crash_of(connection, row["app_id"], row["error_id"], minidump=row["minidump"])
    number = connection.execute(_new_attachment(connection.dialect.name), row | {"report_id": report_id}).scalar()
    if number is None:
        return AcceptedAttachment(connection.execute(_KNOWN, row).one().id, new=False, report_id=report_id)
    bodies.write(connection, [one.body])
    if report_id is not None and row["fault"] is None:  # an unusable attachment does not change its report
        put(connection, [(report_id, row["app_id"])], "attachment", at)
    return AcceptedAttachment(number, new=True, report_id=report_id)


def _crash_of(connection: Connection, app_id: int, error_id: str, *, minidump: bool) -> int | None:
    """The crash that an attachment belongs to: for a dump the newest that waits for one, else the newest."""
    found = sa.select(REPORT.c.id).where(REPORT.c.app_id == app_id, REPORT.c.log_id == error_id)
    order = [REPORT.c.wants_minidump.desc()] if minidump else []
    # Locked, so that a sweep cannot remove the report while the attachment is being written.
    found = found.order_by(*order, REPORT.c.receive_time.desc(), REPORT.c.id.desc()).limit(1)
    return connection.execute(found.with_for_update(read=True, key_share=True)).scalar()


_BIND = (
    sa.update(ATTACHMENT)
    .where(ATTACHMENT.c.app_id == sa.bindparam("of_app"), ATTACHMENT.c.error_id == sa.bindparam("of_log"))
    .where(ATTACHMENT.c.report_id.is_(None))
    .values(report_id=sa.bindparam("number"))
)


_WAITING = Among(ATTACHMENT, ("error_id",), "app_id", "error_id", "report_id IS NULL")


def _bind_orphans(connection: Connection, new: list[tuple[AcceptedReport, _Report]]) -> None:
    """Bind attachments that were received before their reports."""
    wanted = {(report.app_id, report.log_id): one.id for one, report in reversed(new)}
    waiting: set[tuple[int, str]] = set()
    for app_id in {app_id for app_id, _ in wanted}:
        ids = [log_id for of_app, log_id in wanted if of_app == app_id]
        waiting.update((app_id, error_id) for (error_id,) in _WAITING.on_sqlite(connection, app_id, ids))
    _bind(connection, new, waiting)


def _bind(
    connection: Connection, new: list[tuple[AcceptedReport, _Report]], waiting: AbstractSet[tuple[int, str]]
) -> None:
    """Bind the attachments that wait for these crashes to the first new report of each."""
    wanted = {(report.app_id, report.log_id): one.id for one, report in reversed(new)}
    rows = [{"of_app": key[0], "of_log": key[1], "number": wanted[key]} for key in sorted(waiting & wanted.keys())]
    if rows:
        connection.execute(_BIND, rows)


def _cleaned(values: Mapping[str, str]) -> dict[str, str]:
    some = list(values.items())[:_MOST_ANNOTATIONS]
    return {clean(str(key), LONGEST_NAME): clean(str(value), _LONGEST_VALUE) for key, value in some}
