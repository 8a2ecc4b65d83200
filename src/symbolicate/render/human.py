"""A report as plain text: the crash first, then the crashed thread, then the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.render import facts
from symbolicate.render.exceptions import exception_lines, last_exception_lines
from symbolicate.render.machine import modules, registers, unloaded_modules
from symbolicate.render.plain import wrap
from symbolicate.render.stack import WIDTH, crashed_lines, stack_lines, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate.report import Report, Thread

__all__ = ["Detail", "crashed_thread", "human", "role"]

# Frames shown of a thread that did not crash, and lines shown of a list, unless everything is asked for.
_OTHER_FRAMES = 6
_LIST = 12
# What the program says of itself is worth more lines.
_ANNOTATIONS = 60
# What a thread did in events that are no crashes.
_ROLES = {"handled": "reported a handled error", "hang": "did not respond", "requested": "was captured"}


class Detail:
    """How much to show."""

    __slots__ = ("all_threads", "brief")

    def __init__(self, *, brief: bool = False, all_threads: bool = False) -> None:
        self.brief = brief
        self.all_threads = all_threads


def human(report: Report, detail: Detail) -> str:
    """The text of a report."""
    return "\n".join((*_lines(report, detail), ""))


def crashed_thread(report: Report) -> tuple[int | None, Thread | None]:
    """The crashed thread and its index."""
    index = report.crash_info.crashing_thread if report.crash_info is not None else None
    if index is not None and 0 <= index < len(report.threads):
        return index, report.threads[index]
    return None, report.crashing_thread


def role(report: Report) -> str:
    """What the thread did that the report is about."""
    if report.crash_info is not None and report.crash_info.requested:
        return "requested the dump"
    return _ROLES.get((report.failure.event_type if report.failure is not None else None) or "", "crashed")


def _lines(report: Report, detail: Detail) -> Iterator[str]:
    yield from _table(row for row in facts.crash(report) if row[1])
    said = facts.messages(report)
    if said:
        yield from ("", "Application Specific Information")
        yield from (f"  {line}" for line in _cut(list(_table(said)), detail))
    if report.exceptions:
        yield from ("", "Exceptions" if len(report.exceptions) > 1 else "Exception")
        yield from (f"  {line}" for line in exception_lines(report, everything=detail.all_threads))
    last = last_exception_lines(report)
    if last:
        yield from ("", "Last exception backtrace", *last)
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
        notes = list(facts.crashpad_notes(report.crashpad))
        if notes:
            yield from ("", "Annotations")
            yield from (f"  {line}" for line in _cut(list(_table(notes)), detail, _ANNOTATIONS))
    told = list(facts.told(report))
    if told and not detail.brief:
        yield from ("", "Told by the sender")
        yield from (f"  {line}" for line in _cut(list(_table(told)), detail))
    came = facts.attachments(report)
    if came:
        yield from ("", "Attachments", *(f"  {line}" for line in _cut(came, detail)))
    missing = facts.modules_without_symbols(report)
    if missing:
        yield from ("", f"Without symbols: {len(missing)} of the modules that frames were looked up in")
        name = min(40, max(len(row[0]) for row in missing))
        yield from _cut([f"  {row[0]:<{name}}  {row[1]}  {row[2]}".rstrip() for row in missing], detail)
        yield f"  Looked in: {', '.join(facts.places_tried(report)) or 'no place, none is given'}"
    wrong = facts.faults(report)
    if wrong:
        yield from ("", f"Passed over in the input: {len(wrong)}")
        yield from _cut([f"  {line}" for line in wrong], detail)


def _images(report: Report, detail: Detail) -> Iterator[str]:
    for label, lines in (("Modules", modules(report)), ("Unloaded modules", unloaded_modules(report))):
        if lines:
            yield from ("", f"{label}: {len(lines)}")
            yield from _cut([f"  {line}" for line in lines], detail)


def _cut(lines: list[str], detail: Detail, limit: int = _LIST) -> list[str]:
    """The first lines of a list, and how many more there are."""
    if detail.all_threads or len(lines) <= limit + 1:
        return lines
    return [*lines[:limit], f"  … {len(lines) - limit} more"]


def _table(rows: Iterable[facts.Row]) -> Iterator[str]:
    """Labels and values in two columns; a value that is too long for the line goes on below itself."""
    listed = list(rows)
    width = min(32, max((len(label) for label, _ in listed), default=0))
    room = WIDTH - width - 2
    for label, value in listed:
        pieces = wrap(value, room)
        yield f"{label:<{width}}  {pieces[0]}".rstrip()
        yield from (f"{'':<{width}}  {piece}".rstrip() for piece in pieces[1:])
