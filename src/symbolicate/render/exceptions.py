"""Exceptions in the form that their run-times print, and the backtrace of the last Objective-C exception."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from symbolicate.render.plain import each_line, escape, source
from symbolicate.render.stack import stack_lines
from symbolicate.report import Thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.report import ExceptionFrame, Report, ThrownException

__all__ = ["exception_lines", "last_exception_lines"]

# The prefix of an exception that belongs to another one, by its relation.
_HEADS = {"cause": "Caused by: ", "beside": "Beside it: "}
# The indentation of an exception below the one it belongs to, and the deepest level: a chain of a thousand exceptions
# must stay on the page.
_STEP = "  "
_DEEPEST = 8
# Frames shown of an exception that is not blamed, unless everything is shown.
_FRAMES = 8
# Characters shown of a message.
_MESSAGE = 4096


def exception_lines(report: Report, *, everything: bool) -> Iterator[str]:
    """Every exception with its frames, indented below the one it belongs to; the blamed one is marked."""
    children: dict[int | None, list[int]] = {}
    for index, thrown in enumerate(report.exceptions):
        parent = thrown.parent
        # A parent must come before its children; an exception with another parent is treated as a root.
        known = parent if parent is not None and 0 <= parent < index else None
        children.setdefault(known, []).append(index)
    waiting = [(index, 0) for index in reversed(children.get(None, []))]
    while waiting:
        index, depth = waiting.pop()
        indent = _STEP * min(depth, _DEEPEST)
        yield from (f"{indent}{line}" for line in _one(report, index, everything=everything))
        waiting += [(child, depth + 1) for child in reversed(children.get(index, []))]


def _one(report: Report, index: int, *, everything: bool) -> Iterator[str]:
    """The lines of one exception."""
    thrown = report.exceptions[index]
    mark = "  <- blamed" if thrown.blamed and len(report.exceptions) > 1 else ""
    yield f"{_HEADS.get(thrown.relation or '', '')}{_what(thrown)}{mark}"
    # All frames of the blamed exception: they are the stack that the failure is named after.
    limit = None if everything or thrown.blamed else _FRAMES
    frames = (line for line in map(_frame, thrown.frames) if line)
    shown = False
    for line in islice(frames, limit):
        shown = True
        yield f"    {line}"
    more = sum(1 for _ in frames)
    if more:
        yield f"    … {more} more"
    if not shown and thrown.stack_trace:
        yield from (f"    {escape(line)}" for line in islice(each_line(thrown.stack_trace), limit))


def _what(thrown: ThrownException) -> str:
    head = escape(thrown.type or "exception")
    lines = each_line(thrown.message or "")
    message = next(lines, None)
    if message is None:
        return head
    rest = sum(1 for _ in lines)
    more = f" (and {rest} lines more)" if rest else ""
    return f"{head}: {_shown(message)}{more}"


def _shown(message: str) -> str:
    """One line of a message, shortened: a program may put a document into it, which the JSON has in full."""
    if len(message) <= _MESSAGE:
        return escape(message)
    return f"{escape(message[:_MESSAGE])}… ({len(message)} characters)"


def _frame(frame: ExceptionFrame) -> str:
    if frame.mark:
        return escape(frame.text or "---")
    if frame.function is None and frame.text:
        return escape(frame.text)
    if frame.function is None and frame.module is None and frame.module_base is None:
        return f"at {escape(frame.offset)}" if frame.offset else ""
    parameters = f"({escape(frame.parameters)})" if frame.parameters is not None else ""
    where = source(frame.file, frame.line) or escape(frame.module or "")
    if frame.function:
        return f"at {escape(frame.function)}{parameters}  {where}".rstrip()
    # A function without a name, as of JavaScript, has a place in its file.
    return f"at + {escape(frame.module_offset)}  {where}" if frame.module_offset else f"at {where}"


def last_exception_lines(report: Report) -> Iterator[str]:
    """The frames of the last exception's own backtrace, if there is one."""
    if report.last_exception_backtrace:
        yield from stack_lines(Thread(frames=report.last_exception_backtrace))
