"""The facts of a report about the crash as a whole, as rows of a label and a value, for both text formats."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from symbolicate.render.plain import each_line, escape, leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate.report import CrashInfo, Crashpad, MemoryAccess, Module, ModuleSymbols, Report, SymbolCandidate

__all__ = [
    "attachments",
    "crash",
    "crashpad_notes",
    "messages",
    "modules_with_few_symbols",
    "modules_without_rules",
    "modules_without_symbols",
    "places_tried",
    "problems",
    "sent",
]

# Lines shown of the texts that systems add; the JSON has all of them.
_LINES = 20_000

Row = tuple[str, str]
# The events that are not crashes.
_EVENTS = {
    "handled": "a handled error: the program went on",
    "hang": "a hang: the program did not respond",
    "requested": "a requested dump: nothing crashed",
}
# Characters shown of a value: an annotation may have a megabyte; the JSON has all of it.
_LONGEST_VALUE = 300
# Only the beginning of a longer text is escaped.
_LOOKED_AT = 4096
# How many files of a module that cannot be used are named beside the one that is.
_BAD = 2
# The layout below a folder of symbols, and a remark behind it.
_LAYOUT = re.compile(r"(?:[/\\][^/\\]*){2}[/\\][^/\\]*\.sym(?: \(.*)?\Z", re.IGNORECASE | re.DOTALL)


def crash(report: Report) -> Iterator[Row]:
    """The failure, the reason, the address, the process, and the machine."""
    failure, info, system = report.failure, report.crash_info, report.system_info
    # For example of a dump that lost all threads.
    yield "Status", escape(report.status or "") if report.status != "OK" else ""
    if failure is not None:
        yield "Failure", escape(failure.name or "")
        yield "Hash", escape(failure.hash or "")
        yield "Event", _EVENTS.get(failure.event_type or "", "")
    if info is not None:
        yield "Reason", escape(info.type or "")
        yield "Address", _address(report)
        yield "Instruction", _instruction(info)
        if info.parameters:
            yield "Parameters", ", ".join(map(escape, info.parameters))
        yield "Assertion", _text(info.assertion)
        yield "Note", _text(info.note)
        yield "Exception", escape(" ".join(part for part in (info.exception, info.subtype) if part))
    yield "Termination", _termination(report)
    if system is not None:
        yield "System", escape(" ".join(part for part in (_os_name(report), system.os_ver) if part))
        cores = f"{system.cpu_count} core{'' if system.cpu_count == 1 else 's'}" if system.cpu_count else None
        if report.lsb_release is not None:
            yield "Distribution", _text(report.lsb_release.description or report.lsb_release.id)
        yield "CPU", escape(", ".join(part for part in (system.cpu_arch, system.cpu_info, cores) if part))
    yield "Device", _device(report)
    yield "App", _app(report)
    yield from _process(report)
    if report.report is not None:
        sender = report.report
        fatal = "not fatal" if sender.fatal is False else ""
        yield "Report", escape(", ".join(part for part in (sender.id, sender.time, fatal) if part))
        yield "User", escape(sender.user or "")
    yield "Shortened", _truncated(report)
    if report.input is not None:
        of = report.input
        which = f", crash {of.index + 1} of {of.crashes}" if of.index is not None else ""
        yield "Input", escape(of.name or "") + which


def _truncated(report: Report) -> str:
    """What was left out because of the report's limits."""
    if report.truncated is None:
        return ""
    missing = [
        f"{count:,} {what.replace('_', ' ')} left out" for what, count in (report.truncated.omitted or {}).items()
    ]
    if report.truncated.shortened:
        missing.append(f"{report.truncated.shortened:,} texts shortened")
    return escape(", ".join(missing))


def _process(report: Report) -> Iterator[Row]:
    """The process, and the comments in its dump."""
    process = [escape(report.process.name)] if report.process is not None and report.process.name else []
    if report.pid is not None:
        process.append(f"pid {report.pid}")
    if report.process_uptime is not None:
        process.append(f"up {report.process_uptime} s")
    yield "Process", ", ".join(process)
    if report.process is not None and report.process.command_line:
        yield "Command", _text(" ".join(report.process.command_line))
    if report.crashpad is not None:
        yield "Crashpad", _crashpad_ids(report.crashpad)
    yield from (("Comment", _text(comment)) for comment in report.comments or ())


def _crashpad_ids(crashpad: Crashpad) -> str:
    named = (("report", crashpad.report_id), ("client", crashpad.client_id))
    return escape(", ".join(f"{what} {value}" for what, value in named if value))


def _termination(report: Report) -> str:
    end = report.termination
    if end is None:
        return ""
    by = f"by {end.by}" if end.by else None
    return escape(" ".join(part for part in (end.namespace, end.code, end.indicator, by) if part))


def _os_name(report: Report) -> str | None:
    """The system's name. Those that are iOS for the engine, such as that of a watch, have versions of their own."""
    os = report.system_info.os if report.system_info is not None else None
    name = report.device.os_name if report.device is not None else None
    return name if os == "iOS" and name and not name.lower().startswith(("ios", "iphone")) else os


def _device(report: Report) -> str:
    device = report.device
    if device is None:
        return ""
    marks = ("translated" if device.translated else None, "simulator" if device.simulator else None)
    return escape(", ".join(part for part in (device.model, device.manufacturer, device.locale, *marks) if part))


def _app(report: Report) -> str:
    app = report.app
    if app is None:
        return ""
    build = f"({app.build})" if app.build else None
    return escape(" ".join(part for part in (app.identifier, app.version, build) if part))


def messages(report: Report) -> Iterator[Row]:
    """The last messages of the images, and the system's reason for ending the process, one row per line."""
    info, end = report.application_info, report.termination
    for message in (info.messages if info is not None else None) or ():
        image = escape(message.module or "")
        yield from ((image, _text(line)) for line in each_line(message.message or ""))
    for record in (report.mac_crash_info.records if report.mac_crash_info is not None else None) or ():
        image = escape(leaf(record.module or ""))
        for text in (record.message, record.message2, record.signature_string, record.backtrace):
            yield from ((image, _text(line)) for line in each_line(text or ""))
    yield from (("", _text(detail)) for detail in (end.details if end is not None else None) or ())


def attachments(report: Report) -> list[str]:
    """The attachments of the crash, one per line."""
    return [
        escape(
            ", ".join(
                part
                for part in (
                    one.name or one.id or "?",
                    one.content_type,
                    f"{one.size:,} bytes" if one.size is not None else None,
                    one.fault,
                )
                if part
            )
        )
        for one in report.attachments or ()
    ]


def sent(report: Report) -> Iterator[Row]:
    """Properties that the sender set, and facts without a row of their own."""
    for key, value in ((report.report.properties if report.report is not None else None) or {}).items():
        yield escape(key), _text(value)
    texts = [(one.name, one.value) for one in report.more or ()] + [
        (one.stream, one.text) for one in report.texts or ()
    ]
    left = _LINES
    for name, text in texts:
        rows = _lines(name, text or "", left)
        left = max(0, left - len(rows))
        yield from rows
    if report.soft_errors:
        yield "errors of the writer", _text(report.soft_errors)


def _lines(name: str | None, text: str, most: int) -> list[Row]:
    """Maps of memory and other lists that systems add: one row per line, at most `most` of them."""
    label = escape(name or "")
    # The rest is not split: short lines would take many times their size.
    lines = text.removesuffix("\n").split("\n", most)
    rest = lines.pop() if len(lines) > most else None
    if rest is None and len(lines) <= 1:
        return [(label, _text(text))]
    rows = [_text(line.removesuffix("\r")) for line in lines]
    if rest is not None:
        rows.append(f"… {rest.count(chr(10)) + 1:,} more lines")
    return [(label if index == 0 else "", row) for index, row in enumerate(rows)]


def _address(report: Report) -> str:
    info = report.crash_info
    if info is None or info.address is None:
        return ""
    notes = [_access(report)]
    better = info.adjusted_address
    if better is not None and better.kind:
        place = better.address or better.offset or ""
        # The offset from null is often the address itself.
        notes.append(better.kind if place == info.address else f"{better.kind}: {place}")
    text = escape(", ".join(note for note in notes if note))
    return f"{escape(info.address)} ({text})" if text else escape(info.address)


def _access(report: Report) -> str:
    """The kind of access of a memory fault. Only on Windows the failure name contains it."""
    if report.crash_info is not None and report.crash_info.access:
        return report.crash_info.access
    classes = (report.failure.problem_classes if report.failure is not None else None) or ()
    of_memory = any(name.startswith(("NULL_", "INVALID_POINTER")) for name in classes)
    return "access unknown" if of_memory else ""


def _instruction(info: CrashInfo) -> str:
    """The crashing instruction and its explicit memory accesses."""
    if not info.instruction:
        return ""
    touched = [
        f"{escape(one.access_type or 'access')} at {escape(one.address)}{_guarded(one)}"
        for one in info.memory_accesses or ()
        if one.address and not one.implicit
    ]
    return "; ".join([escape(info.instruction), *touched])


def _guarded(access: MemoryAccess) -> str:
    return " (guard page)" if access.is_likely_guard_page else ""


def _text(value: object) -> str:
    """Any value on one line."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if len(text) > _LOOKED_AT:
        return f"{escape(text[:_LONGEST_VALUE])[:_LONGEST_VALUE]}… ({len(text)} characters)"
    text = escape(text)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}… ({len(text)} characters)"


def crashpad_notes(crashpad: Crashpad) -> Iterator[Row]:
    """Crashpad's annotations: the process's, then those of each module."""
    for key, value in (crashpad.annotations or {}).items():
        yield escape(key), _text(value)
    for module in crashpad.modules or ():
        name = escape(leaf(module.module or "?"))
        for key, value in (module.annotations or {}).items():
            yield f"{name}: {escape(key)}", _text(value)
        for note in module.list_annotations or ():
            yield name, _text(note)
        for item in module.objects or ():
            shown = item.value if item.value is not None else item.hex
            yield f"{name}: {escape(item.name or '?')}", _text(shown)


def modules_without_symbols(report: Report) -> list[tuple[str, str, str, str]]:
    """Modules that frames are in and that have no usable symbols, first those that would name the most frames.

    Returns:
        For each its name, its debug id, how many frames have no name since it has no symbols, and a remark on the
        search. Reports of earlier versions have no numbers of frames.
    """
    frames: Counter[str] = Counter(
        frame.module for thread in report.threads for frame in thread.frames if frame.module is not None
    )
    rows = [
        (index, module)
        for index, module in enumerate(report.modules)
        if module.symbols is not None and module.symbols.status in {"missing", "malformed", "mismatch"}
    ]
    unnamed = _unnamed_frames(report)
    # As the report ranks them; others, and those of earlier versions, by the frames in them.
    order = {index: rank for rank, index in enumerate(unnamed)}
    rows.sort(key=lambda row: (order.get(row[0], len(order)), -frames.get(row[1].filename or "", 0)))
    return [
        (
            escape(leaf(module.filename or "?")),
            escape(module.debug_id or "no debug id"),
            unnamed.get(index, ""),
            _search(module),
        )
        for index, module in rows
    ]


def _unnamed_frames(report: Report) -> dict[int, str]:
    """By the index of a module, the frames in it without a name; in the report's order."""
    return {
        needed.module_index: _frames(lost.crashing_thread or 0, lost.all_threads)
        for needed in report.symbols_needed or ()
        if needed.module_index is not None and (lost := needed.unnamed_frames) is not None and lost.all_threads
    }


def modules_without_rules(report: Report) -> list[tuple[str, str, str]]:
    """Modules whose missing unwind rules made the walk search the stack: name, debug id, frames that were found so."""
    return [
        (
            escape(leaf(needed.module or "?")),
            escape(needed.debug_id or needed.code_id or "no debug id"),
            _frames(needed.scanned_frames.crashing_thread or 0, needed.scanned_frames.all_threads),
        )
        for needed in report.symbols_needed or ()
        if needed.scanned_frames is not None and needed.scanned_frames.all_threads
    ]


def _frames(crashing: int, everywhere: int) -> str:
    """A number of frames of the thread that crashed, and of all threads."""
    return f"{crashing} frame{'' if crashing == 1 else 's'} of the crashed thread, {everywhere} in all"


def modules_with_few_symbols(report: Report) -> list[tuple[str, str, str]]:
    """Modules whose symbols are few, as those of the usual name cannot be used: (name, debug id, remark).

    These are modules with nothing but exports; and those without debug information beside files that are damaged, of
    another build or not readable.
    """
    rows = []
    for module in report.modules:
        symbols = module.symbols
        if symbols is None or symbols.status != "loaded" or symbols.content not in {"exports", "symbol table"}:
            continue
        bad = [one for one in symbols.candidates or () if one.outcome in {"mismatched", "malformed", "refused"}]
        if bad or symbols.content == "exports":
            has = "exports: functions are guesses" if symbols.content == "exports" else "symbol table"
            name, identifier = escape(leaf(module.filename or "?")), escape(module.debug_id or "no debug id")
            rows.append((name, identifier, "; ".join([has, *(_text(_candidate(one)) for one in bad[:_BAD])])))
    return rows


def _search(module: Module) -> str:
    """Why a file that was found is not used; empty if nothing was found."""
    symbols = module.symbols
    if symbols is None:
        return ""
    if symbols.status == "mismatch":
        return f"{_text(symbols.file)} is of {escape(symbols.found_id or 'another build')}"
    if symbols.status == "malformed":
        return f"{_text(symbols.file)}: {_text(symbols.error) or 'malformed'}"
    return _text(symbols.error)


def places_tried(report: Report) -> list[str]:
    """The folders and servers that were searched without success.

    Of a folder it is the part above `<debug file>/<id>/<name>.sym`.
    """
    tried = (line for module in report.modules if module.symbols is not None for line in _tried(module.symbols))
    return list(dict.fromkeys(escape(_LAYOUT.sub("", line)) for line in tried))


def _tried(symbols: ModuleSymbols) -> Iterable[str]:
    """The candidates of a module that are not used, a sentence each; of older reports the sentences themselves."""
    if symbols.candidates is None:
        return symbols.tried or ()
    return (_candidate(one) for one in symbols.candidates if one.outcome not in {"found", "unused"})


def _candidate(one: SymbolCandidate) -> str:
    if one.outcome == "missing" and one.source and "://" in one.source and not one.detail:
        # A server is asked for a file in each of its layouts, and all these addresses say no more than its own.
        return one.source
    if one.outcome == "mismatched":
        return f"{one.location} (is of {one.detail})"
    if one.outcome == "malformed":
        return f"{one.location} (malformed: {one.detail})"
    return f"{one.location} ({one.detail})" if one.detail else one.location or ""


def problems(report: Report) -> list[str]:
    """What was skipped in the input because it is invalid, one problem per line."""
    lines = []
    for fault in report.faults or ():
        entry = "" if fault.entry is None else f", entry {fault.entry}"
        lines.append(f"{escape(fault.stream or fault.place or 'input')}{entry}: {_text(fault.message)}")
    return lines
