"""A report as plain text: the crash first, then the crashed thread, then the rest."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from symbolicate.render import facts
from symbolicate.render.exceptions import exception_lines, last_exception_lines
from symbolicate.render.machine import modules, registers, unloaded_modules
from symbolicate.render.plain import wrap
from symbolicate.render.stack import WIDTH, crashed_lines, stack_lines, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from symbolicate.report import Report, Thread

__all__ = ["Detail", "crashed_thread", "human", "human_lines", "role"]

# Frames shown of a thread that did not crash, and lines shown of a list, unless everything is shown.
_OTHER_FRAMES = 6
_LIST = 12
# Annotations that the program made itself get more lines.
_ANNOTATIONS = 60
# Hidden lines that are counted exactly, and rows of a table that are measured for the width of its labels: lists in a
# dump can have millions of lines.
_COUNTED = 10_000
_WIDTH_ROWS = 1024
# What the thread did in events that are not crashes.
_ROLES = {"handled": "reported a handled error", "hang": "did not respond", "requested": "was captured"}


class Detail:
    """How much to show."""

    __slots__ = ("all_threads", "brief")

    def __init__(self, *, brief: bool = False, all_threads: bool = False) -> None:
        self.brief = brief
        self.all_threads = all_threads


def human(report: Report, detail: Detail) -> str:
    """The text of a report."""
    return "\n".join((*human_lines(report, detail), ""))


def crashed_thread(report: Report) -> tuple[int | None, Thread | None]:
    """The crashed thread and its index."""
    index = report.crash_info.crashing_thread if report.crash_info is not None else None
    if index is not None and 0 <= index < len(report.threads):
        return index, report.threads[index]
    return None, report.crashing_thread


def role(report: Report) -> str:
    """What the thread that the report is about did, such as `crashed`."""
    if report.crash_info is not None and report.crash_info.requested:
        return "requested the dump"
    return _ROLES.get((report.failure.event_type if report.failure is not None else None) or "", "crashed")


def human_lines(report: Report, detail: Detail) -> Iterator[str]:
    """The lines of a report's text, each made when its turn comes."""
    yield from _table(row for row in facts.crash(report) if row[1])
    yield from _listed("Application Specific Information", facts.messages(report), detail)
    if report.exceptions:
        yield from ("", "Exceptions" if len(report.exceptions) > 1 else "Exception")
        yield from (f"  {line}" for line in exception_lines(report, everything=detail.all_threads))
    if report.last_exception_backtrace:
        yield from ("", "Last exception backtrace")
        yield from last_exception_lines(report)
    index, crashed = crashed_thread(report)
    if crashed is not None:
        yield ""
        yield title(crashed, index if index is not None else 0, role(report))
        yield from crashed_lines(crashed, everything=detail.all_threads)
    if not detail.brief:
        held = registers(report)
        if held:
            yield from ("", "Registers", *(f"  {line}" for line in held))
        yield from _others(report, index, detail)
    yield from _tail(report, detail)
    if not detail.brief:
        yield from _images(report, detail)


def _others(report: Report, crashed: int | None, detail: Detail) -> Iterator[str]:
    limit = None if detail.all_threads else _OTHER_FRAMES
    for index, thread in enumerate(report.threads):
        if index != crashed:
            yield ""
            yield title(thread, index)
            yield from stack_lines(thread, limit)


def _tail(report: Report, detail: Detail) -> Iterator[str]:
    if report.crashpad is not None:
        yield from _listed("Annotations", facts.crashpad_notes(report.crashpad), detail, _ANNOTATIONS)
    if not detail.brief:
        yield from _listed("Reported by the sender", facts.sent(report), detail)
    came = facts.attachments(report)
    if came:
        yield from ("", "Attachments", *(f"  {line}" for line in _cut(came, detail)))
    few = facts.modules_with_few_symbols(report)
    if few:
        yield from ("", f"Modules with few symbols: {len(few)}")
        yield from _cut(_columns(few), detail)
    missing = facts.modules_without_symbols(report)
    if missing:
        yield from ("", f"Modules without symbols: {len(missing)}")
        yield from _cut(_columns(missing), detail)
        yield f"  Looked in: {', '.join(facts.places_tried(report)) or 'no symbol sources'}"
    without_rules = facts.modules_without_rules(report)
    if without_rules:
        yield from ("", f"Stacks searched for lack of unwind rules: {len(without_rules)}")
        yield from _cut(_columns(without_rules), detail)
    problems = facts.problems(report)
    if problems:
        yield from ("", f"Skipped in the input: {len(problems)}")
        yield from _cut([f"  {line}" for line in problems], detail)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows of modules, the names aligned."""
    name = min(40, max(len(row[0]) for row in rows))
    return [f"  {row[0]:<{name}}  {'  '.join(filter(None, row[1:]))}" for row in rows]


def _images(report: Report, detail: Detail) -> Iterator[str]:
    for label, lines in (("Modules", modules(report)), ("Unloaded modules", unloaded_modules(report))):
        if lines:
            yield from ("", f"{label}: {len(lines)}")
            yield from _cut([f"  {line}" for line in lines], detail)


def _listed(heading: str, rows: Iterable[facts.Row], detail: Detail, limit: int = _LIST) -> Iterator[str]:
    """A table under a heading; nothing if the table has no rows."""
    lines = (f"  {line}" for line in _cut(_table(rows), detail, limit))
    for first in islice(lines, 1):
        yield from ("", heading, first)
    yield from lines


def _cut(lines: Iterable[str], detail: Detail, limit: int = _LIST) -> Iterator[str]:
    """The first lines of a list, and how many more there are."""
    left = iter(lines)
    if detail.all_threads:
        yield from left
        return
    yield from islice(left, limit)
    # Instead of a line "1 more", that one line is shown.
    more = list(islice(left, 2))
    if len(more) <= 1:
        yield from more
        return
    count = len(more) + sum(1 for _ in islice(left, _COUNTED))
    yield f"  … {count} more" if count < _COUNTED else f"  … more than {_COUNTED:,} more"


def _table(rows: Iterable[facts.Row]) -> Iterator[str]:
    """Labels and values in two columns; a value that is too long for the line is wrapped within its column."""
    left = iter(rows)
    first = list(islice(left, _WIDTH_ROWS))
    width = min(32, max((len(label) for label, _ in first), default=0))
    room = WIDTH - width - 2
    for label, value in chain(first, left):
        pieces = wrap(value, room)
        yield f"{label:<{width}}  {pieces[0]}".rstrip()
        yield from (f"{'':<{width}}  {piece}".rstrip() for piece in pieces[1:])
