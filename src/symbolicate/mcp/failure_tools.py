"""Tools about the failures of an app, in the store of a service."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from symbolicate.mcp.answers import ANSWER_TOKENS, ToolFailure, paged
from symbolicate.mcp.file_tools import Start  # noqa: TC001 - the schema of a tool is made of it
from symbolicate.render.brief.tokens import shortened
from symbolicate.render.html.chart import change
from symbolicate.render.plain import escape
from symbolicate.render.quoting import code_span
from symbolicate.report import Report
from symbolicate.service.failure_brief import bucket_brief, hits_by, report_brief
from symbolicate.service.health_facts import health_facts
from symbolicate.store import Conflict, NotFound, QueryError
from symbolicate.store.query import Range

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    from symbolicate.service.health_facts import HealthFacts
    from symbolicate.store import App, Missing, Store

__all__ = ["Failures", "change_tools", "failure_tools"]

Application = Annotated[str, Field(description="The application's id or name; may be left out if there is only one.")]
Hash = Annotated[str, Field(description="The failure hash, a GUID, or one that the failure had before.")]
Days = Annotated[int, Field(ge=1, le=365, description="The last so many days.")]
State = Literal["open", "closed", "ignored"]

# Rows that a query reads for one answer; pages are cut from them.
_ROWS = 10_000
_FAILURE = ("failureName", "failureHash")
# New failures of a summary, and tokens of each name.
_FRESH, _NAME = 10, 100


class Failures:
    """The failures that a caller may see.

    Args:
        store: the store.
        may_see: whether the caller of the current request may act for an app.
    """

    def __init__(self, store: Store, may_see: Callable[[App], bool]) -> None:
        self.store = store
        self._may_see = may_see

    def app(self, called: str) -> App:
        """An app by its id or its name.

        Raises:
            ToolFailure: the caller may see no such app, or has to name one.
        """
        apps = [one for one in self.store.apps.list() if self._may_see(one)]
        found = [one for one in apps if called.lower() in {one.application_id.lower(), (one.name or "").lower()}]
        if not called and len(apps) == 1:
            return apps[0]
        if len(found) != 1:
            names = ", ".join(f"{one.name} ({one.application_id})" for one in apps[:20]) or "none"
            raise ToolFailure(f"name one of the applications: {escape(names)}")
        return found[0]

    def hits(self, app: App, days: int, fields: tuple[str, ...], filter_: str = "") -> Counter[tuple[str, ...]]:
        """Numbers of events by the values of some fields.

        Raises:
            ToolFailure: the query is refused.
        """
        try:
            return hits_by(self.store, app, days, fields, filter_)
        except QueryError as error:
            raise ToolFailure(str(error)) from None

    def brief(self, report_id: str) -> str:
        """The brief of a stored report.

        Raises:
            ToolFailure: the caller may see no such report, or it is not processed.
        """
        app = self.app_of(report_id)
        found = report_brief(self.store, app, report_id) if app is not None else None
        if found is None:
            raise ToolFailure(f"no processed report has the id {report_id}")
        return found

    def report(self, report_id: str) -> Report:
        """A stored report.

        Raises:
            ToolFailure: the caller may see no such report, or it is not processed.
        """
        document = None
        if self.app_of(report_id) is not None:
            with contextlib.suppress(NotFound):
                document = self.store.reports.report_json(report_id)
        if document is None:
            raise ToolFailure(f"no processed report has the id {report_id}")
        return Report.from_json(document)

    def explained(self, app: App, failure_hash: str) -> str:
        """The brief of a failure.

        Raises:
            ToolFailure: the app has no such failure.
        """
        bucket = self.store.buckets.get(app, failure_hash.lower())
        if bucket is None:
            raise ToolFailure(f"no failure of {escape(app.name or app.application_id)} has the hash {failure_hash}")
        try:
            return bucket_brief(self.store, app, bucket, ANSWER_TOKENS)
        except QueryError as error:
            raise ToolFailure(str(error)) from None

    def app_of(self, report_id: str) -> App | None:
        """The app of a stored report; None if the caller may see no such report."""
        try:
            known = self.store.apps.find(self.store.reports.get(report_id).app_id)
        except NotFound:
            return None
        return known if known is not None and self._may_see(known) else None


def failure_tools(failures: Failures) -> list[Callable[..., str]]:
    """The tools that read."""

    def app_health(
        app: Application = "",
        days: Days = 30,
        version: Annotated[str, Field(description="Only this version; empty for all.")] = "",
    ) -> str:
        """Summarise an app: crashes and their change, crash-free devices, new and returned failures, versions."""
        today = datetime.now(UTC).date()
        values = {"application_version": version} if version else {}
        wanted = Range(today - timedelta(days=days - 1), today, values)
        return "\n".join(_health(health_facts(failures.store, failures.app(app), wanted, _FRESH)))

    def list_failures(app: Application = "", days: Days = 30, start: Start = 0) -> str:
        """List the failures of an app with their hashes, the most frequent first, in pages."""
        counts = failures.hits(failures.app(app), days, _FAILURE)
        lines = [
            f"- {count:,} events: {code_span(escape(name))}, hash {hash_}"
            for (name, hash_), count in counts.most_common()
        ]
        return paged(lines or [f"- No events in {days} days."], start, "failures")

    def explain_failure(failure_hash: Hash, app: Application = "") -> str:
        """Explain a failure: how often and where it occurs, its state and notes, and the brief of its newest report."""
        return failures.explained(failures.app(app), failure_hash)

    def explain_report(report_id: Annotated[str, Field(description="A report's id.")]) -> str:
        """Explain one stored report."""
        return failures.brief(report_id)

    def symbols_that_would_help(app: Application = "", start: Start = 0) -> str:
        """List the symbols that reports of an app lack, first those that would help most reports."""
        lines = [_lacking(one) for one in failures.store.symbols.missing(failures.app(app), top=_ROWS)]
        return paged(lines or ["- Reports of this app lack no symbols."], start, "modules")

    def compare_versions(
        old: Annotated[str, Field(description="The earlier version.")],
        new: Annotated[str, Field(description="The later version.")],
        app: Application = "",
        days: Days = 90,
        start: Start = 0,
    ) -> str:
        """Compare the failures of two versions: which are new, gone, grown or not, by their number of events."""
        one = failures.app(app)
        before, after = (_of_version(failures, one, version, days) for version in (old, new))
        lines = [
            f"- {_change(before[key], after[key])}: {before[key]:,} before, {after[key]:,} now: "
            f"{code_span(escape(key[0]))}, hash {key[1]}"
            for key, _ in (before + after).most_common()
        ]
        return paged(lines or ["- Neither version has events."], start, "failures")

    return [app_health, list_failures, explain_failure, explain_report, symbols_that_would_help, compare_versions]


def change_tools(failures: Failures) -> list[Callable[..., str]]:
    """The tool that changes the state and the note of a failure."""

    def set_failure(
        failure_hash: Hash,
        app: Application = "",
        state: State | None = None,
        note: Annotated[str | None, Field(max_length=10_000, description="Replaces the note.")] = None,
    ) -> str:
        """Set the state (open, closed, ignored) or the note of a failure."""
        try:
            bucket = failures.store.buckets.set(failures.app(app), failure_hash.lower(), state=state, note=note)
        except (NotFound, Conflict) as error:
            raise ToolFailure(str(error)) from None
        return f"The failure {code_span(escape(bucket.name))} is {bucket.state}; note: {code_span(escape(bucket.note))}"

    return [set_failure]


def _health(found: HealthFacts) -> Iterator[str]:
    against = change(found.total, found.before)
    yield f"- From {found.start} to {found.end}: {found.total:,} crashes in {found.failure_count:,} failures"
    yield f"- Against the {len(found.crash_free.days)} days before: {against or 'no crashes in either'}"
    yield f"- Crash-free devices: {found.crash_free.text} ({found.crash_free.details})"
    for label, versions in (("Crashes", found.crashes), ("Handled errors", found.handled)):
        if versions:
            counts = ", ".join(f"{code_span(escape(one.version or 'others'))} {one.total:,}" for one in versions)
            yield f"- {label} by version: {counts}"
    for one in found.fresh:
        name = code_span(shortened(escape(one.name), _NAME))
        yield f"- {one.mark or 'without hits before'}: {one.hits:,} events: {name}, hash {one.hash}"


def _lacking(one: Missing) -> str:
    return (
        f"- {code_span(escape(one.debug_file))} id {code_span(escape(one.debug_id or one.code_id))}: "
        f"{one.reports:,} reports lack its symbols, {one.crashing_frames:,} frames of crashed threads have no name; "
        f"{one.unwinding_reports:,} reports lack its unwind rules"
    )


def _of_version(failures: Failures, app: App, version: str, days: int) -> Counter[tuple[str, ...]]:
    quoted = version.replace("'", "''")
    return failures.hits(app, days, _FAILURE, f"applicationVersion eq '{quoted}'")


def _change(before: int, after: int) -> str:
    if not before:
        return "new"
    if not after:
        return "gone"
    return "grown" if after > before else "not grown"
