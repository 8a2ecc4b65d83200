"""Threads and frames as the templates show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from symbolicate.render.human import crashed_thread, role
from symbolicate.render.links import link_of
from symbolicate.render.plain import leaf, short_address, source
from symbolicate.render.stack import GUESSED, folded, title
from symbolicate.report import Thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.render.links import SourceLinks
    from symbolicate.render.stack import Numbered
    from symbolicate.report import Frame, InlineFrame, Report

__all__ = ["Line", "Stack", "stacks"]

# Frames on a page: those of the thread that the report is about, and of all others together.
_CRASHED, _OTHERS = 2_000, 20_000


class Line(NamedTuple):
    """A function on a stack: a frame has one for itself, and one for each function that is inlined.

    Attributes:
        number: the frame's number; empty for all but the first line of a frame.
        name: the function, or the module and the offset.
        is_named: whether the function is known.
        where: source file and line, shortened.
        file: the whole path of the source file.
        link: the address of the line at a code host; empty without one.
        module: the module's file name.
        address: the offset in the module, or the address.
        note: how the frame was found, if not by unwind rules; other remarks.
        kind: `blamed`, `skipped` (inner frames that are not blamed), `inlined` or `frame`.
    """

    number: str
    name: str
    is_named: bool
    where: str
    file: str
    link: str
    module: str
    address: str
    note: str
    kind: str


class Stack(NamedTuple):
    """A thread as a page shows it.

    Attributes:
        title: its heading.
        is_crashed: whether the report is about it.
        upper: the frames up to what is left out.
        note: what is left out, in words.
        lower: the frames after that.
        end: why the stack ends before the thread's start; empty if it does not.
    """

    title: str
    is_crashed: bool
    upper: list[Line]
    note: str
    lower: list[Line]
    end: str


class _BlamedFrame(NamedTuple):
    """The frame that a failure is named after, and the index of its inlined function."""

    frame: Frame | None
    inline: int | None


_NO_FRAME = _BlamedFrame(None, None)


def stacks(report: Report, links: SourceLinks | None = None) -> Iterator[Stack]:
    """The backtrace of the last exception, the thread that the report is about, the others in the input's order.

    The first one follows the second unless the failure is named after one of its frames.

    Args:
        report: the report.
        links: makes the links to source; None for no links.
    """
    crashed, thread = crashed_thread(report)
    last = _last_exception(report, links)
    if last is not None and _is_of_last_exception(report):
        yield last
        last = None
    if thread is not None:
        number = crashed if crashed is not None else 0
        blamed = _NO_FRAME if _is_of_last_exception(report) else _blamed(report, thread, crashed)
        yield _stack(thread, title(thread, number, role(report)), blamed, _CRASHED, links, is_crashed=True)
    if last is not None:
        yield last
    left = _OTHERS
    for index, other in enumerate(report.threads):
        if index != crashed:
            stack = _stack(other, title(other, index), _NO_FRAME, left, links, is_crashed=False)
            left = max(0, left - len(stack.upper) - len(stack.lower))
            yield stack


def _last_exception(report: Report, links: SourceLinks | None) -> Stack | None:
    """The backtrace of the last Objective-C exception, if the report has one."""
    if not report.last_exception_backtrace:
        return None
    thread = Thread(frames=report.last_exception_backtrace)
    blamed = _NO_FRAME
    if _is_of_last_exception(report):
        blamed = _blamed(report, thread, None)
    return _stack(thread, "Last exception backtrace", blamed, _CRASHED, links, is_crashed=True)


def _is_of_last_exception(report: Report) -> bool:
    """Whether the blamed frame is one of the last exception's backtrace."""
    at = report.failure.blamed if report.failure is not None else None
    return at is not None and at.stack == "last_exception_backtrace"


def _blamed(report: Report, thread: Thread, index: int | None) -> _BlamedFrame:
    at = report.failure.blamed if report.failure is not None else None
    if at is None or at.frame is None or (at.thread is None and at.stack is None):
        return _NO_FRAME
    if index is not None and at.thread != index:
        return _NO_FRAME
    return _BlamedFrame(thread.frames[at.frame], at.inline) if 0 <= at.frame < len(thread.frames) else _NO_FRAME


def _stack(
    thread: Thread, heading: str, blamed: _BlamedFrame, most: int, links: SourceLinks | None, *, is_crashed: bool
) -> Stack:
    upper, note, lower = folded(thread)
    hidden = len(upper) + len(lower) - most
    if hidden > 0:
        every, outermost = [*upper, *lower], most // 8
        upper, lower = every[: most - outermost], every[len(every) - outermost :]
        note = f"{hidden:,} frames are not shown"
    end = "" if thread.end in {"root", "zero", None} else f"the stack ends here: {thread.end.replace('_', ' ')}"
    return Stack(heading, is_crashed, _lines(upper, blamed, links), note, _lines(lower, _NO_FRAME, links), end)


def _lines(frames: list[Numbered], blamed: _BlamedFrame, links: SourceLinks | None) -> list[Line]:
    lines: list[Line] = []
    behind = not any(frame is blamed.frame for _, frame in frames)
    for number, frame in frames:
        is_blamed = frame is blamed.frame
        behind = behind or is_blamed
        for at, inline in enumerate(frame.inlines or ()):
            kind = "blamed" if is_blamed and at == blamed.inline else "inlined" if behind else "skipped"
            lines.append(_inlined(number if at == 0 else None, inline, frame, kind, links))
        kind = "blamed" if is_blamed and blamed.inline is None else "frame" if behind else "skipped"
        lines.append(_line(None if frame.inlines else number, frame, kind, links))
    return lines


def _inlined(number: int | None, inline: InlineFrame, frame: Frame, kind: str, links: SourceLinks | None) -> Line:
    return Line(
        number="" if number is None else str(number),
        name=inline.function or "?",
        is_named=bool(inline.function),
        where=source(inline.file, inline.line),
        file=inline.file or "",
        link=link_of(links, inline.file, inline.line),
        module=leaf(frame.module or ""),
        address="",
        note="inlined",
        kind=kind,
    )


def _line(number: int | None, frame: Frame, kind: str, links: SourceLinks | None) -> Line:
    module = leaf(frame.module or "")
    address = frame.module_offset or frame.offset or ""
    note = GUESSED.get(frame.trust or "", "")
    if frame.symbols == "exports":
        note = ", ".join(filter(None, ["nearest export", note]))
    for unloaded in frame.unloaded_modules or ():
        note = ", ".join(filter(None, [f"in {leaf(unloaded.module or '?')}, which was unloaded", note]))
        break
    return Line(
        number="" if number is None else str(number),
        name=frame.function or (f"{module}+{short_address(address)}" if module else short_address(frame.offset or "?")),
        is_named=bool(frame.function),
        where=source(frame.file, frame.line),
        file=frame.file or "",
        link=link_of(links, frame.file, frame.line),
        module=module,
        address=short_address(address),
        note=note if frame.function or not frame.missing_symbols else ", ".join(filter(None, ["no symbols", note])),
        kind=kind,
    )
