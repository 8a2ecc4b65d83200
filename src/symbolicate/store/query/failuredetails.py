"""`failuredetails`: the single hits of a failure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from symbolicate.store.database.clock import DAY, day_of, moment
from symbolicate.store.database.tables import BUCKET, DIMENSIONS, HIT, REPORT
from symbolicate.store.decisions.aliases import aliases
from symbolicate.store.query.dates import read_date
from symbolicate.store.query.filter.sql import condition
from symbolicate.store.query.page import Page
from symbolicate.store.query.parameters import Parameters, next_link
from symbolicate.store.query.values import DATE, EVENT_TYPE, IDENTITY, TIME, read_identity, read_time
from symbolicate.summary.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from sqlalchemy.engine import Connection, Row

    from symbolicate.store.database.transactions import Database
    from symbolicate.store.records import App

__all__ = ["FIELDS", "failuredetails"]

FIELDS = (
    "market",
    "date",
    "cabIdHash",
    "cabExpirationTime",
    "deviceType",
    "deviceModel",
    "osVersion",
    "osRelease",
    "applicationVersion",
    "osBuild",
    "fileName",
    "eventType",  # an addition: the Store has no handled errors
)
"""The fields of filters and orders."""

_VALUES = {"date": DATE, "cabIdHash": IDENTITY, "cabExpirationTime": TIME, "eventType": EVENT_TYPE}

_METHOD = "desktop/failuredetails"
_DEFAULT_DAYS = 30
_UNKNOWN = "Unknown"
_NEVER = "9999-12-31 23:59:59"

_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "market": DIMENSIONS.c.market,
    "date": HIT.c.event_time,
    "cabIdHash": REPORT.c.identity,
    "cabExpirationTime": REPORT.c.receive_time,
    "deviceType": DIMENSIONS.c.device_type,
    "deviceModel": sa.func.coalesce(HIT.c.device_model, _UNKNOWN),
    "osVersion": DIMENSIONS.c.os_version,
    "osRelease": DIMENSIONS.c.os_release,
    "applicationVersion": DIMENSIONS.c.application_version,
    "osBuild": DIMENSIONS.c.os_build,
    "fileName": DIMENSIONS.c.file_name,
    "eventType": DIMENSIONS.c.event_type,
}


def failuredetails(
    given: Mapping[str, str], today: date | None, app_of: Callable[[str], App | None], database: Database
) -> Page:
    """Run the query.

    Raises:
        QueryError: the parameters are wrong.
    """
    read = Parameters(given, today)
    application_id = read.text("applicationId", required=True)
    hash_ = read.text("failureHash", required=True)
    start, end = read.dates(_DEFAULT_DAYS)
    top, skip = read.page()
    order = read.order(FIELDS)
    node = read.filter(FIELDS, _VALUES)
    read.check()
    app = app_of(application_id)
    if app is None:
        return Page([], 0)

    def work(connection: Connection) -> tuple[list[Row[Any]], int, Row[Any] | None]:
        bucket, members = _members(connection, app, hash_)
        if bucket is None:
            return [], 0, None
        hits = sa.and_(
            HIT.c.bucket_id.in_(members),
            HIT.c.event_time >= day_of(start) * DAY,
            HIT.c.event_time < (day_of(end) + 1) * DAY,
        )
        if node is not None:
            hits = sa.and_(hits, condition(node, _conditions(app)))
        joined = HIT.join(DIMENSIONS, DIMENSIONS.c.id == HIT.c.dimensions_id).join(
            REPORT, REPORT.c.id == HIT.c.report_id
        )
        total = connection.execute(sa.select(sa.func.count()).select_from(joined).where(hits)).scalar_one()
        statement = sa.select(
            HIT.c.event_time, HIT.c.device_model, REPORT.c.identity, REPORT.c.receive_time, *DIMENSIONS.c
        ).select_from(joined)
        ordered = [_COLUMNS[one.field].desc() if one.descending else _COLUMNS[one.field].asc() for one in order]
        statement = statement.where(hits).order_by(*(ordered or [HIT.c.event_time.desc()]), HIT.c.report_id)
        return list(connection.execute(statement.limit(top).offset(skip))), total, bucket

    rows, total, bucket = database.read(work)
    if bucket is None:
        return Page([], 0)
    value = [_shown(row, app, bucket) for row in rows]
    link = None
    if skip + len(rows) < total and len(rows) == top:
        link = next_link(
            _METHOD,
            [
                ("applicationId", application_id),
                ("failureHash", hash_),
                ("startDate", start.strftime("%Y/%m/%d")),
                ("endDate", end.strftime("%Y/%m/%d")),
                ("top", str(top)),
                ("skip", str(skip + top)),
                ("filter", read.given("filter")),
                ("orderby", read.given("orderby")),
            ],
        )
    return Page(value, total, link)


def _members(connection: Connection, app: App, hash_: str) -> tuple[Row[Any] | None, list[int]]:
    """The bucket that a hash is counted under now, and the rows of all that are counted with it."""
    hash_ = clean(hash_.lower())
    hash_ = aliases(connection, app.id).get(hash_, hash_)
    row = connection.execute(sa.select(BUCKET).where(BUCKET.c.app_id == app.id, BUCKET.c.hash == hash_)).first()
    if row is not None and row.leader_id is not None:
        row = connection.execute(sa.select(BUCKET).where(BUCKET.c.id == row.leader_id)).first()
    if row is None:
        return None, []
    led = sa.select(BUCKET.c.id).where(BUCKET.c.app_id == app.id, BUCKET.c.leader_id == row.id)
    return row, [row.id, *connection.execute(led).scalars()]


def _conditions(app: App) -> dict[str, Any]:
    """The condition that a field equals a value."""

    def on_date(value: str) -> sa.ColumnElement[bool]:
        wanted = read_date(value)
        return sa.false() if wanted is None else HIT.c.day == day_of(wanted)

    def with_identity(value: str) -> sa.ColumnElement[bool]:
        identity = read_identity(value)
        return sa.false() if identity is None else REPORT.c.identity == identity

    def expiring(value: str) -> sa.ColumnElement[bool]:
        if app.settings.retention_days is None:
            return sa.literal(value == _NEVER)
        if (when := read_time(value)) is None:
            return sa.false()
        received = when - timedelta(days=app.settings.retention_days)
        second = int(received.timestamp()) * 1000
        return sa.and_(REPORT.c.receive_time >= second, REPORT.c.receive_time < second + 1000)

    return {**_COLUMNS, "date": on_date, "cabIdHash": with_identity, "cabExpirationTime": expiring}


def _shown(row: Row[Any], app: App, bucket: Row[Any]) -> dict[str, Any]:
    days = app.settings.retention_days
    return {
        "applicationId": app.application_id,
        "failureHash": bucket.hash,
        "failureName": bucket.name,
        "date": moment(row.event_time).strftime("%Y-%m-%d %H:%M:%S"),
        "cabIdHash": bytes(row.identity).hex(),
        "cabExpirationTime": _NEVER
        if days is None
        else (moment(row.receive_time) + timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S"),
        "market": row.market,
        "osBuild": row.os_build,
        "applicationVersion": row.application_version,
        "deviceModel": row.device_model or _UNKNOWN,
        "osVersion": row.os_version,
        "osRelease": row.os_release,
        "deviceType": row.device_type,
        "cabDownloadable": True,
        "fileName": row.file_name,
        "eventType": row.event_type,
    }
