"""A report as Markdown, for an issue tracker or a chat."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from symbolicate.render import facts
from symbolicate.render.exceptions import exception_lines, last_exception_lines
from symbolicate.render.human import Detail, crashed_thread, role
from symbolicate.render.machine import modules, registers, unloaded_modules
from symbolicate.render.plain import escape
from symbolicate.render.quoting import code_block, code_span, plain_text
from symbolicate.render.stack import crashed_lines, stack_lines, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate.report import Report

__all__ = ["md", "md_lines"]

_OTHER_FRAMES = 6


def md(report: Report, detail: Detail) -> str:
    """The Markdown of a report."""
    return "\n".join((*md_lines(report, detail), ""))


def md_lines(report: Report, detail: Detail) -> Iterator[str]:
    """The lines of a report's Markdown. No text of the dump can end a code span or a table."""
    name = report.failure.name if report.failure is not None else None
    rows = [row for row in facts.crash(report) if row[1]]
    yield f"# {code_span(escape(name)) if name else 'Crash'}"
    yield ""
    yield from _table(("", ""), [(label, code_span(value)) for label, value in rows if label != "Failure"])
    yield from _said(report, detail)
    index, crashed = crashed_thread(report)
    if crashed is not None:
        yield from ("", f"## {plain_text(title(crashed, index if index is not None else 0, role(report)))}", "")
        yield from code_block(crashed_lines(crashed, everything=detail.all_threads))
    if not detail.brief:
        held = registers(report)
        if held:
            yield from ("", "## Registers", "")
            yield from code_block(held)
        limit = None if detail.all_threads else _OTHER_FRAMES
        for other, thread in enumerate(report.threads):
            if other != index:
                yield from ("", f"### {plain_text(title(thread, other))}", "")
                yield from code_block(stack_lines(thread, limit))
    yield from _tail(report, detail)
    if detail.all_threads:
        for label, lines in (("Modules", modules(report)), ("Unloaded modules", unloaded_modules(report))):
            if lines:
                yield from ("", f"## {label}", "")
                yield from code_block(lines)


def _said(report: Report, detail: Detail) -> Iterator[str]:
    yield from _listed("Application Specific Information", ("image", "text"), facts.messages(report))
    if report.exceptions:
        yield from ("", "## Exceptions" if len(report.exceptions) > 1 else "## Exception", "")
        yield from code_block(exception_lines(report, everything=detail.all_threads))
    if report.last_exception_backtrace:
        yield from ("", "## Last exception backtrace", "")
        yield from code_block(last_exception_lines(report))


def _tail(report: Report, detail: Detail) -> Iterator[str]:
    if report.crashpad is not None:
        yield from _listed("Annotations", ("name", "value"), facts.crashpad_notes(report.crashpad))
    if not detail.brief:
        yield from _listed("Reported by the sender", ("name", "value"), facts.sent(report))
    came = facts.attachments(report)
    if came:
        yield from ("", "## Attachments", "")
        yield from code_block(came)
    few = facts.modules_with_few_symbols(report)
    if few:
        yield from ("", "## Modules with few symbols", "")
        yield from _table(("module", "debug id", "symbols"), [tuple(map(code_span, row)) for row in few])
    missing = facts.modules_without_symbols(report)
    if missing:
        yield from ("", "## Modules without symbols", "")
        yield from _table(
            ("module", "debug id", "frames without a name", "search"), [tuple(map(code_span, row)) for row in missing]
        )
        yield from ("", f"Looked in: {', '.join(map(code_span, facts.places_tried(report))) or 'no symbol sources'}")
    without_rules = facts.modules_without_rules(report)
    if without_rules:
        yield from ("", "## Stacks searched for lack of unwind rules", "")
        yield from _table(("module", "id", "frames"), [tuple(map(code_span, row)) for row in without_rules])
    problems = facts.problems(report)
    if problems:
        yield from ("", "## Skipped in the input", "")
        yield from code_block(problems)


def _listed(heading: str, head: tuple[str, ...], rows: Iterable[facts.Row]) -> Iterator[str]:
    """A table under a heading; nothing if the table has no rows."""
    left = iter(rows)
    for first in islice(left, 1):
        yield from ("", f"## {heading}", "")
        yield from _table(head, (tuple(map(code_span, row)) for row in chain((first,), left)))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + " --- |" * len(head)
    yield from (f"| {' | '.join(row)} |" for row in rows)
