"""The lines of a stack: numbered frames, marked inlined frames, a folded recursion."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, TypeAlias

from symbolicate.render.plain import escape, leaf, short_address, source, wrap
from symbolicate.report import Recursion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.report import Cycle, Frame, Thread

__all__ = ["GUESSED", "WIDTH", "crashed_lines", "folded", "stack_lines", "title"]

Numbered: TypeAlias = "tuple[int, Frame]"

WIDTH = 100
"""Columns that lines fit into where the names allow it."""

GUESSED = {
    "frame_pointer": "frame pointer",
    "cfi_scan": "search, then unwind rules",
    "scan": "search of the stack",
    "prologue": "code of the prologue",
}
"""How a frame was found without unwind rules, by its trust."""

# Digits of a frame's number, and the spaces after it.
_DIGITS, _GAP = 4, "  "
# Largest width of the right-hand column; a wider text moves to a line of its own.
_RIGHT = 40
_TRUST = {"frame_pointer": "frame pointer", "cfi_scan": "cfi scan", "delivered": ""}
# Turns of a recursion shown before it is folded.
_TURNS = 2
# Frames shown of the crashed thread, unless everything is shown, and how many of them are the outermost ones.
_CRASHED, _OUTERMOST = 256, 32
# Rows that are measured for the width of the right-hand column.
_WIDTH_ROWS = 1024
# A recursion that the report itself has not folded is folded here if it is this many frames long.
_WORTH_FOLDING = 16
_NO_FRAMES = {
    "no_context": "the dump has no registers of this thread",
    "no_stack_memory": "the dump has no stack memory of this thread",
    "dump_writer": "this thread wrote the dump",
}
# Why a walk ended before the root of the stack.
_CUT = {
    "stack_memory_end": "the stack memory in the dump ends here",
    "no_stack_memory": "the dump has no stack memory here",
    "not_found": "no caller found",
    "frame_limit": "the limit of frames was reached",
}


def title(thread: Thread, index: int, role: str = "") -> str:
    """The heading of a thread: its index, its name, what it did (such as `crashed`), its id, its queue."""
    name = f' "{escape(thread.thread_name)}"' if thread.thread_name else ""
    number = "" if thread.thread_id is None else f", id {thread.thread_id}"
    queue = f", queue {escape(thread.queue)}" if thread.queue else ""
    error = f", last error {escape(thread.last_error_value)}" if thread.last_error_value else ""
    did = f" {role}" if role else ""
    return f"Thread {index}{name}{did}{number}{queue}{error}"


def stack_lines(thread: Thread, limit: int | None = None, *, outermost: int = 0) -> Iterator[str]:
    """The lines of a stack; with a limit, its first frames and how many more there are.

    Args:
        thread: the thread to show.
        limit: largest number of frames; None for all.
        outermost: how many of these are the outermost frames, which show how the thread began.
    """
    head, note, tail = folded(thread)
    if not head:
        yield f"{'':{_DIGITS}}{_GAP}{_NO_FRAMES.get(thread.end or '', 'no frames')}"
        return
    highest = (tail or head)[-1][0]
    more = ""
    if outermost and limit is not None and not note and len(head) > limit:
        note = f"… {len(head) - limit:,} frames not shown …"
        head, tail = head[: limit - outermost], head[-outermost:]
    elif limit is not None and len(head) + len(tail) > limit:
        more = f"… {len(head) + len(tail) - limit} more"
        head, tail = head[:limit], tail[: max(0, limit - len(head))]
        note = note if tail else ""
    digits = max(_DIGITS, len(str(highest)))
    upper, lower = ((row for index, frame in part for row in _rows(frame, index)) for part in (head, tail))
    first, last = (list(islice(rows, _WIDTH_ROWS)) for rows in (upper, lower))
    right = min(_RIGHT, max((len(row[2]) for row in (*first, *last)), default=0))
    for row in chain(first, upper):
        yield from _lay_out(row, digits, right)
    if note:
        yield f"{'':{digits}}{_GAP}{note}"
    for row in chain(last, lower):
        yield from _lay_out(row, digits, right)
    if more:
        yield f"{'':{digits}}{_GAP}{more}"
    elif thread.end in _CUT:
        yield f"{'':{digits}}{_GAP}… {_CUT[thread.end]}"


def crashed_lines(thread: Thread, *, everything: bool) -> Iterator[str]:
    """The lines of the crashed thread's stack: of a very long one, both ends."""
    return stack_lines(thread, None if everything else _CRASHED, outermost=_OUTERMOST)


def folded(thread: Thread) -> tuple[list[Numbered], str, list[Numbered]]:
    """The numbered frames before and after what a recursion repeats, and a line about that; often the first alone."""
    frames = _numbered(thread)
    cycle = thread.recursion or _worth_folding(thread.cycle)
    return _fold(cycle, frames) if cycle is not None else (frames, "", [])


def _fold(recursion: Recursion, frames: list[Numbered]) -> tuple[list[Numbered], str, list[Numbered]]:
    """A recursion as the frames before the gap, a line about the cycle, and the frames after it."""
    first, period = recursion.first or 0, recursion.period or 1
    repeats, omitted = recursion.repeats or 0, recursion.omitted or 0
    shown = first + _TURNS * period
    behind = first + repeats * period - omitted  # the first listed frame that is not of the cycle
    hidden = behind - shown + omitted
    if repeats <= _TURNS or not shown < behind <= len(frames):
        return frames, "", []
    cycle = f"frame {first} repeats" if period == 1 else f"frames {first} to {first + period - 1} repeat"
    return frames[:shown], f"… {cycle} {repeats:,} times: {hidden:,} frames not shown …", frames[behind:]


def _worth_folding(cycle: Cycle | None) -> Recursion | None:
    """A cycle of which nothing is left out, if it is long enough to be in a reader's way."""
    if cycle is None:
        return None
    first, period, repeats = cycle.first or 0, cycle.period or 1, cycle.repeats or 0
    if repeats <= _TURNS + 1 or repeats * period < _WORTH_FOLDING:
        return None
    return Recursion(first=first, period=period, repeats=repeats, omitted=0)


def _numbered(thread: Thread) -> list[Numbered]:
    """The frames with their numbers on the whole stack: frames after a gap count the omitted ones."""
    recursion = thread.recursion
    if recursion is None or recursion.gap is None:
        return list(enumerate(thread.frames))
    left_out = recursion.omitted or 0
    return [(i + left_out if i >= recursion.gap else i, frame) for i, frame in enumerate(thread.frames)]


def _rows(frame: Frame, index: int) -> Iterator[tuple[str, str, str]]:
    """A frame as (number, function, location): one row per inlined function, then one for the function itself."""
    number = str(index)
    for inline in frame.inlines or ():
        yield number, _what(inline.function, inline.file, inline.line), "inlined"
        number = ""
    trust = "given" if frame.symbols == "given" else _TRUST.get(frame.trust or "", escape(frame.trust or ""))
    what = _what(frame.function, frame.file, frame.line) or _unnamed(frame)
    # Functions that a binary does not export have the name of one that it does.
    what += "  (nearest export)" if frame.symbols == "exports" else ""
    yield number, what, f"{_place(frame)}  {trust}".strip()


def _what(function: str | None, file: str | None, line: int | None) -> str:
    where = source(file, line)
    if not function:
        return where
    return f"{escape(function)}  {where}" if where else escape(function)


def _unnamed(frame: Frame) -> str:
    """The text for a frame without a function."""
    for unloaded in frame.unloaded_modules or ():
        return f"<in {escape(leaf(unloaded.module or '?'))}, unloaded>"
    if frame.module is None and frame.module_base is None:
        return f"<no module at {escape(frame.offset or '?')}>"
    return "<no symbols>" if frame.missing_symbols else "<no function here>"


def _place(frame: Frame) -> str:
    module = escape(leaf(frame.module)) if frame.module is not None else short_address(frame.module_base)
    if not module:
        return ""
    return f"{module}+{short_address(frame.module_offset)}" if frame.module_offset else module


def _lay_out(row: tuple[str, str, str], digits: int, right: int) -> Iterator[str]:
    """One line if both columns fit, else the left column and below it the right one."""
    number, what, where = row
    left = f"{number:>{digits}}{_GAP}"
    room = WIDTH - len(left) - right - 2
    if len(what) <= room:
        yield f"{left}{what:<{room}}  {where}".rstrip()
        return
    pieces = wrap(what, WIDTH - len(left) - 4)
    pieces[0] = left + pieces[0]
    pieces[1:] = [f"{'':{len(left) + 4}}{piece}" for piece in pieces[1:]]
    if where and len(pieces[-1]) <= WIDTH - right - 2:
        pieces[-1] = f"{pieces[-1]:<{WIDTH - right - 2}}  {where}"
    elif where:
        pieces.append(" " * (WIDTH - max(right, len(where))) + where)
    yield from pieces
