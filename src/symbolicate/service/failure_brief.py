"""A failure of a store in few words: how often and where it occurs, and the brief of its newest report."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from symbolicate.render.brief import brief
from symbolicate.render.brief.tokens import shortened, tokens
from symbolicate.render.plain import escape
from symbolicate.render.quoting import code_span
from symbolicate.report import Report
from symbolicate.service.health_facts import crash_free_facts
from symbolicate.service.source_links import source_links
from symbolicate.store import NotFound
from symbolicate.store.query import Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.store import App, Bucket, Store

__all__ = ["BUCKET_TOKENS", "bucket_brief", "hits_by", "report_brief"]

BUCKET_TOKENS = 4000
"""The most tokens of a bucket's brief."""

# Rows that a query reads for one answer.
_ROWS = 10_000
# Versions and systems that are listed of a failure, and reports that are tried, the newest first.
_VALUES, _REPORTS = 8, 20
_DAYS = 90
# Tokens of a name or of a value.
_NAME, _VALUE = 200, 30
# Tokens of a note.
_NOTE = 400
# What the brief of the newest report gets at least.
_REPORT = 1000


def bucket_brief(store: Store, app: App, bucket: Bucket, most: int = BUCKET_TOKENS) -> str:
    """The brief of a failure in Markdown.

    Args:
        store: the store.
        app: the app of the failure.
        bucket: the failure.
        most: the most tokens, by the estimate of `tokens`.

    Raises:
        QueryError: the counts cannot be read.
    """
    head = "\n".join((*_about(bucket), *_spread(store, app, bucket)))
    for hit in store.query.newest_hits(app, [bucket.hash, *bucket.members], _REPORTS):
        last = f"{head}\n\nIts newest report is {hit.public_id}:\n\n"
        found = report_brief(store, app, hit.public_id, max(_REPORT, most - tokens(last)))
        if found is not None:
            return last + found
    return f"{head}\n\nNo report of it is stored any more.\n"


def report_brief(store: Store, app: App, public_id: str, most: int | None = None) -> str | None:
    """The brief of a stored report, with a link to the blamed line; None if it is gone, or not processed yet."""
    try:
        stored = store.reports.get(public_id)
        document = store.reports.report_json(stored.id)
    except NotFound:
        return None
    if document is None:
        return None
    links = source_links(app, document, stored.annotations)
    report = Report.from_json(document)
    return brief(report, links=links) if most is None else brief(report, most, links)


def hits_by(store: Store, app: App, days: int, fields: tuple[str, ...], filter_: str = "") -> Counter[tuple[str, ...]]:
    """Numbers of events by the values of some fields, in the last days.

    Raises:
        QueryError: the query is refused.
    """
    today = datetime.now(UTC).date()
    params = {
        "applicationId": app.application_id,
        "startDate": (today - timedelta(days=days - 1)).isoformat(),
        "endDate": today.isoformat(),
        "groupby": ",".join(fields),
        "aggregationLevel": "month",
        "top": str(_ROWS),
    }
    rows = store.query.failurehits(params | ({"filter": filter_} if filter_ else {})).value
    found: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        found[tuple(str(row[field]) for field in fields)] += row["eventCount"]
    return found


def _about(bucket: Bucket) -> Iterator[str]:
    yield f"# Bucket {code_span(shortened(escape(bucket.name), _NAME))}"
    yield f"- Hash {bucket.hash}; state {bucket.state}; first seen {bucket.first_seen}, last seen {bucket.last_seen}"
    yield (
        f"- {bucket.crashes:,} crashes on {bucket.installations:,} installations, "
        f"{bucket.handled:,} handled errors, {bucket.requested:,} requested dumps"
    )
    if bucket.note:
        yield f"- Note: {code_span(shortened(escape(bucket.note), _NOTE))}"
    if bucket.leader:
        yield f"- Counted with {bucket.leader}"
    if bucket.members:
        yield f"- Merged into it: {', '.join(bucket.members[:_VALUES])}"


def _spread(store: Store, app: App, bucket: Bucket) -> Iterator[str]:
    for field, label in (("applicationVersion", "Versions"), ("osVersion", "Systems"), ("deviceType", "Devices")):
        counts = hits_by(store, app, _DAYS, (field,), f"failureHash eq '{bucket.hash}'").most_common(_VALUES)
        if counts:
            values = ", ".join(f"{code_span(shortened(escape(value), _VALUE))} {count:,}" for (value,), count in counts)
            yield f"- {label} in {_DAYS} days: {values}"
    today = datetime.now(UTC).date()
    found = crash_free_facts(store.query.crash_free(app, Range(today - timedelta(days=_DAYS - 1), today, {})))
    yield f"- Devices of the app without any crash in {_DAYS} days: {found.text} ({found.details})"
