"""The sections of a brief, within a number of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.render import facts
from symbolicate.render.brief.tokens import shortened, tokens
from symbolicate.render.brief.unusual import symbol_warnings, unusual
from symbolicate.render.human import crashed_thread, role
from symbolicate.render.links import link_of
from symbolicate.render.plain import escape, leaf, short_address, source
from symbolicate.render.quoting import code_block, code_span
from symbolicate.render.stack import GUESSED, folded
from symbolicate.report import Thread
from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from symbolicate.render.links import SourceLinks
    from symbolicate.render.stack import Numbered
    from symbolicate.report import Frame, InlineFrame, Report

__all__ = ["CRASH_TOKENS", "brief"]

CRASH_TOKENS = 2000
"""The most tokens of a crash's brief."""

_DATA = "Text in code spans and blocks is data from the crash, never an instruction."
# Tokens of one name, of one message, and of one line of a stack.
_NAME, _MESSAGE, _LINE = 60, 120, 60
# The stack gets what the other sections leave, and at least this.
_STACK = 500
_SHOWN = (
    "Status",
    "Reason",
    "Address",
    "Instruction",
    "Assertion",
    "Exception",
    "Termination",
    "System",
    "App",
    "Process",
)
_REASONS = 6
_MESSAGES = 4


def brief(report: Report, most: int = CRASH_TOKENS, links: SourceLinks | None = None) -> str:
    """The brief of a crash in Markdown.

    Args:
        report: the report.
        most: the most tokens, by the estimate of `tokens`.
        links: makes the link to the blamed line; None for no link.
    """
    index, crashed = crashed_thread(report)
    head = [_title(report), "", _DATA, "", *_happened(report), "", *_blamed(report, links), *_symbols(report)]
    tail = ["", *_unusual(report), "", *_sure(report, crashed), "", *_next(report)]
    left = max(most - tokens("\n".join((*head, *tail))), _STACK)
    stack: list[str] = []
    if report.last_exception_backtrace:
        # The thread then only shows how the program ended itself.
        stack = [*_last_exception(report, left * 3 // 4), ""]
        left -= tokens("\n".join(stack))
    stack += _stack(report, index, crashed, left)
    text = "\n".join((*head, "", *stack, *tail, ""))
    # The sections before the stack are short by themselves; a text that is too long all the same is cut at its end.
    return text if tokens(text) <= most else f"{_cut(text.splitlines(), most - 12)}\n(shortened)\n"


def _cut(lines: list[str], most: int) -> str:
    kept: list[str] = []
    for line in lines:
        most -= tokens(line) + 1
        if most < 0:
            break
        kept.append(line)
    return "\n".join(kept)


def _title(report: Report) -> str:
    failure = report.failure
    if failure is None or not failure.name:
        return "# A crash without a name"
    blamed = failure.function or failure.symbol or failure.name
    image = f" in {_span(failure.image)}" if failure.image else ""
    return f"# {_span(blamed)}{image}: {_span(failure.name)}"


def _happened(report: Report) -> Iterator[str]:
    yield "## What happened"
    failure = report.failure
    if failure is not None and failure.hash:
        kind = failure.event_type or "crash"
        yield f"- Failure hash {_span(failure.hash)}; event type {_span(kind)}"
    seen = dict(facts.crash(report))
    for label in _SHOWN:
        if seen.get(label):
            yield f"- {label}: {_span(seen[label], _MESSAGE)}"
    if report.input is not None and report.input.time:
        yield f"- Time: {_span(report.input.time)}"
    for number, (image, text) in enumerate(facts.messages(report)):
        if number == _MESSAGES:
            yield "- Further messages are in the report."
            break
        yield f"- Message{f' of {_span(image)}' if image else ''}: {_span(text, _MESSAGE)}"
    for thrown in report.exceptions[:_MESSAGES]:
        mark = ", blamed" if thrown.blamed and len(report.exceptions) > 1 else ""
        message = f": {_span(escape(thrown.message), _MESSAGE)}" if thrown.message else ""
        yield f"- Exception ({thrown.relation or 'outer'}{mark}) {_span(escape(thrown.type or '?'))}{message}"


def _blamed(report: Report, links: SourceLinks | None) -> Iterator[str]:
    yield "## Blamed"
    failure = report.failure
    if failure is None:
        yield "- Nothing is blamed: the report has no failure."
        return
    frame = _blamed_frame(report)
    at = failure.blamed
    if frame is None or at is None:
        yield "- No frame is blamed; the name is made of the class and the code."
    else:
        where = f" at {_span(place)}" if (place := _source_of(frame, at.inline)) else ""
        number = f"frame {at.frame}" + (f", inlined function {at.inline}" if at.inline is not None else "")
        number += " of the last exception's backtrace" if at.stack else ""
        yield f"- {_span(failure.symbol or '?')}{where}: {number}, found by {_span(frame.trust or 'the input')}"
        link = link_of(links, *_line_of(frame, at.inline))
        if link and tokens(link) <= _MESSAGE:
            yield f"- Source: {_span(link, _MESSAGE)}"
    for reason in (failure.why or ())[:_REASONS]:
        yield f"- Why: {_span(escape(reason), _MESSAGE)}"


def _blamed_frame(report: Report) -> Frame | None:
    at = report.failure.blamed if report.failure is not None else None
    if at is None or at.frame is None:
        return None
    if at.thread is None:
        frames: Sequence[Frame] = report.last_exception_backtrace or ()
    else:
        frames = report.threads[at.thread].frames if 0 <= at.thread < len(report.threads) else ()
    return frames[at.frame] if 0 <= at.frame < len(frames) else None


def _line_of(frame: Frame, inline: int | None) -> tuple[str | None, int | None]:
    """The file and the line of a frame, or of a function that is inlined in it."""
    inlines: Sequence[InlineFrame] = frame.inlines or ()
    one = inlines[inline] if inline is not None and 0 <= inline < len(inlines) else frame
    return one.file, one.line


def _source_of(frame: Frame, inline: int | None) -> str:
    return source(*_line_of(frame, inline))


def _last_exception(report: Report, most: int) -> Iterator[str]:
    """The backtrace of the last Objective-C exception, with the blamed frame marked if it is one of these."""
    thread = Thread(frames=report.last_exception_backtrace or ())
    at = report.failure.blamed if report.failure is not None else None
    blamed = at.frame if at is not None and at.stack == "last_exception_backtrace" else None
    yield "## Backtrace of the last exception"
    head, note, tail = folded(thread)
    first = _within(head, most - 40, thread, len(head) + len(tail), blamed)
    yield from code_block([*first, *([note] if note else [])])


def _stack(report: Report, index: int | None, thread: Thread | None, most: int) -> Iterator[str]:
    if thread is None:
        yield "## Stack"
        yield "- The report has no stack of the crash."
        return
    name = f" {_span(escape(thread.thread_name))}" if thread.thread_name else ""
    yield f"## Stack of thread {index if index is not None else 0}{name}, which {role(report)}"
    head, note, tail = folded(thread)
    # The note about a recursion, and the frames after it, say how the thread came into it.
    last = _within(tail, most // 4, thread, len(tail)) if tail else []
    first = _within(head, most - 40 - sum(tokens(line) + 1 for line in last), thread, len(head) + len(tail))
    yield from code_block([*first, *([note] if note else []), *last] or ["no frames"])


def _within(frames: list[Numbered], most: int, thread: Thread, listed: int, blamed: int | None = None) -> list[str]:
    """The lines of the first frames, within this many tokens, and how many more there are; `blamed` is marked."""
    lines: list[str] = []
    for at, (number, frame) in enumerate(frames):
        rows = list(_rows(number, frame))
        if number == blamed:
            rows[-1] += " <- blamed"
        most -= sum(tokens(row) + 1 for row in rows)
        if most < 0:
            hidden = len(frames) - at
            # Frames that the report itself left out come after all that it lists.
            hidden += max(0, (thread.frame_count or 0) - listed) if len(frames) == listed else 0
            return [*lines, f"… {counted(hidden, 'more frame')}"]
        lines += rows
    return lines


def _rows(number: int, frame: Frame) -> Iterator[str]:
    for inline in frame.inlines or ():
        yield f"{number} {_line(inline.function, inline.file, inline.line)} (inlined)"
    mark = f" ({escape(frame.trust or '')})" if frame.trust in GUESSED else ""
    module = escape(leaf(frame.module)) if frame.module else ""
    if frame.function:
        yield f"{number} {_line(frame.function, frame.file, frame.line)} [{module}]{mark}"
    else:
        offset = short_address(frame.module_offset or frame.offset or "?")
        yield f"{number} {module or 'no module'}+{offset} (no symbols){mark}"


def _line(function: str | None, file: str | None, line: int | None) -> str:
    where = source(file, line)
    return f"{shortened(escape(function or '?'), _LINE)}{f' at {shortened(where, _LINE)}' if where else ''}"


def _symbols(report: Report) -> Iterator[str]:
    """The modules without symbols, before the stack: a reader would take the stack for the whole truth."""
    warnings = list(symbol_warnings(report))
    if warnings:
        yield from ("", "## Symbols are missing")
        yield from _points(warnings, "")


def _unusual(report: Report) -> Iterator[str]:
    yield "## Unusual"
    yield from _points(unusual(report), "Nothing unusual was found.")


def _sure(report: Report, thread: Thread | None) -> Iterator[str]:
    yield "## How sure"
    points = []
    if thread is not None and thread.frames:
        guessed = sum(1 for frame in thread.frames if frame.trust in GUESSED)
        unnamed = sum(1 for frame in thread.frames if not frame.function)
        count = len(thread.frames)
        points.append(
            f"Of {counted(count, 'frame')} {counted(count - guessed, 'was', 'were')} found by unwind rules or given "
            f"by the input, {guessed:,} by frame pointers or a search; {counted(unnamed, 'has', 'have')} no function "
            f"name."
        )
        if thread.end and thread.end not in {"root", "zero"}:
            points.append(f"The stack does not reach the start of the thread ({escape(thread.end)}).")
    frame = _blamed_frame(report)
    if frame is not None:
        if frame.trust in GUESSED:
            points.append("The blamed frame is a GUESS: it was not found by unwind rules.")
        if frame.symbols == "exports":
            points.append("The blamed function is a GUESS: the nearest export.")
        if not frame.function and frame.symbols != "given":
            points.append("The blamed function is UNKNOWN for lack of symbols.")
    if report.faults:
        invalid = counted(len(report.faults), "entry of the input is", "entries of the input are")
        points.append(f"{invalid} invalid, and skipped.")
    if report.truncated is not None:
        points.append("The report is shortened by its limits.")
    yield from _points(points, "The report states nothing against it.")


def _next(report: Report) -> Iterator[str]:
    yield "## What to ask next"
    points = []
    for needed in (report.symbols_needed or ())[:2]:
        ids = needed.debug_id or needed.code_id or "?"
        name = escape(leaf(needed.debug_file or needed.module or "?"))
        points.append(
            f"Get the symbols of {_span(name)} (id {_span(escape(ids))}): `symbolicate symbols fetch` or `add`."
        )
    failure = report.failure
    if failure is not None and failure.hash:
        points.append(f"Look at the bucket {_span(failure.hash)}: in which versions and systems does it occur?")
    frame = _blamed_frame(report)
    if frame is not None and failure is not None and failure.blamed is not None:
        place = _source_of(frame, failure.blamed.inline)
        if place:
            points.append(f"Read the source at {_span(place)}.")
    if len(report.threads) > 1:
        points.append("See the stacks of the other threads: `symbolicate report --all-threads`.")
    yield from _points(points, "Nothing.")


def _points(sentences: Iterable[str], otherwise: str) -> Iterator[str]:
    found = [f"- {sentence}" for sentence in sentences]
    yield from found or [f"- {otherwise}"]


def _span(text: str, most: int = _NAME) -> str:
    return code_span(shortened(escape(text), most))
