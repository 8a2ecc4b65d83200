"""What is unusual about a crash, and what makes its report less sure, in sentences."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from symbolicate.render.plain import escape, leaf
from symbolicate.render.quoting import code_span
from symbolicate.summary.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.report import Frame, Report, Thread

__all__ = ["symbol_warnings", "unusual"]

# Functions that wait for a lock, by the leaf of their names: of Windows, pthreads, Apple, Go, Java and .NET.
_LOCKS = re.compile(
    r"(?:__lll_lock_wait\w*|___?pthread_mutex_(?:trylock|lock\w*)|pthread_mutex_lock|pthread_rwlock_(?:rd|wr)lock\w*"
    r"|NonPI::MutexLockWithTimeout|_?RtlpEnterCriticalSection\w*|RtlEnterCriticalSection|RtlpWaitOnCriticalSection"
    r"|RtlAcquireSRWLock(?:Exclusive|Shared)|_pthread_mutex_firstfit_lock_(?:wait|slow)|_os_unfair_lock_lock_slow"
    r"|os_unfair_lock_lock\w*|__ulock_wait2?|__psynch_(?:mutexwait|rw_rdlock|rw_wrlock)|psynch_mutexwait"
    r"|(?:sync|internal/sync)\.\(\*(?:RW)?Mutex\)\.\w*[lL]ock\w*|Monitor\.(?:Reliable)?Enter\w*|Unsafe\.park)\Z"
)
# Frames of a waiting thread that are looked at, from the innermost.
_DEEP = 12
# Lists end after this many entries.
_LISTED = 4
# Below this share of the memory that there is, a machine has little left.
_LITTLE = 0.05
# A recursion of fewer turns is usual.
_REPEATED = 16


def unusual(report: Report) -> Iterator[str]:
    """What is unusual in the process and on the machine."""
    yield from _recursion(report)
    yield from _threads(report)
    yield from _memory(report)
    info = report.crash_info
    if info is not None:
        for found in info.possible_bit_flips or ():
            yield f"The address is one bit away from the valid address {code_span(escape(found.address or '?'))}."
        for contradiction in info.crash_inconsistencies or ():
            yield f"The exception contradicts the instruction or the memory map: {code_span(escape(contradiction))}."
        if info.note:
            yield escape(info.note)
    unloaded = {
        leaf(one.module or "?")
        for thread in report.threads
        for frame in thread.frames
        for one in frame.unloaded_modules or ()
    }
    if unloaded:
        yield f"Frames are in modules that were unloaded before: {_some(sorted(unloaded))}."


def symbol_warnings(report: Report) -> Iterator[str]:
    """What is wrong with the symbols of modules on the stacks, for each module in a sentence."""
    wrong = [
        module
        for module in report.modules
        if module.symbols is not None and module.symbols.status in {"mismatch", "malformed"}
    ]
    for module in islice(wrong, _LISTED):
        symbols = module.symbols
        what = "of ANOTHER BUILD" if symbols is not None and symbols.status == "mismatch" else "DAMAGED"
        yield f"SYMBOLS {what} were found for {code_span(escape(leaf(module.filename or '?')))} and are not used."
    for needed in islice(report.symbols_needed or (), _LISTED):
        name, ids = escape(leaf(needed.module or "?")), escape(needed.debug_id or needed.code_id or "no id")
        unnamed, scanned = needed.unnamed_frames, needed.scanned_frames
        lost = []
        if unnamed is not None and unnamed.all_threads:
            crashing = unnamed.crashing_thread or 0
            lost.append(
                f"{counted(crashing, 'frame')} of the crashed thread and {unnamed.all_threads} in all have no name"
            )
        if scanned is not None and scanned.all_threads:
            searched = counted(scanned.all_threads, "frame was", "frames were")
            lost.append(f"{searched} found by searching the stack, for lack of unwind rules")
        if lost:
            yield f"MISSING SYMBOLS: {code_span(name)} (debug id {code_span(ids)}): {'; '.join(lost)}."
    more = len(report.symbols_needed or ()) - _LISTED
    if more > 0:
        yield f"{counted(more, 'further module lacks', 'further modules lack')} symbols or unwind rules."
    guessed = sum(1 for module in report.modules if module.symbols is not None and module.symbols.content == "exports")
    if guessed:
        yield f"{counted(guessed, 'module has', 'modules have')} only exports: their functions are guesses."


def _recursion(report: Report) -> Iterator[str]:
    thread = report.crashing_thread
    found = None if thread is None else thread.recursion or thread.cycle
    if thread is None or found is None or (found.repeats or 0) < _REPEATED:
        return
    first, period = found.first or 0, found.period or 1
    names = [_name(frame) for frame in thread.frames[first : first + min(period, _LISTED)]]
    what = "one frame" if period == 1 else f"{period} frames"
    yield f"The crashed stack repeats {what} {found.repeats:,} times: {', '.join(names)}."


def _threads(report: Report) -> Iterator[str]:
    crashed = report.crash_info.crashing_thread if report.crash_info is not None else None
    waiting: Counter[str] = Counter()
    for index, thread in enumerate(report.threads):
        if index != crashed and (caller := _waits_for_lock(thread)) is not None:
            waiting[_name(caller)] += 1
    if waiting:
        most = [f"{count} in {name}" for name, count in waiting.most_common(_LISTED)]
        yield f"{counted(waiting.total(), 'other thread waits', 'other threads wait')} for a lock: {', '.join(most)}."
    blamed = report.failure.function if report.failure is not None else None
    if blamed:
        same = sum(
            1
            for index, thread in enumerate(report.threads)
            if index != crashed and any(frame.function == blamed for frame in thread.frames)
        )
        if same:
            yield f"{counted(same, 'other thread is', 'other threads are')} in the blamed function too."


def _waits_for_lock(thread: Thread) -> Frame | None:
    """The frame that asked for the lock that a thread waits for; None if it waits for none."""
    for at, frame in enumerate(thread.frames[:_DEEP]):
        if frame.function and _LOCKS.search(re.sub(r"\(.*\)\Z", "", frame.function)):
            for caller in thread.frames[at + 1 :]:
                if not (caller.function and _LOCKS.search(caller.function)):
                    return caller
            return frame
    return None


def _memory(report: Report) -> Iterator[str]:
    system = report.memory.system if report.memory is not None else None
    if system is None:
        return
    if isinstance(system.physical, int) and isinstance(system.available, int) and system.physical:
        share = system.available / system.physical
        if share < _LITTLE:
            yield f"The machine had {share:.1%} of its memory left ({system.available >> 20:,} MiB)."
    if isinstance(system.commit_limit, int) and isinstance(system.committed, int) and system.commit_limit:
        left = 1 - system.committed / system.commit_limit
        if left < _LITTLE:
            yield f"The machine could commit no more than {left:.1%} of its limit."


def _name(frame: Frame) -> str:
    if frame.function:
        return code_span(escape(frame.function))
    return code_span(escape(f"{leaf(frame.module)}+{frame.module_offset}" if frame.module else frame.offset or "?"))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(code_span(escape(name)) for name in names[:_LISTED]) + more
