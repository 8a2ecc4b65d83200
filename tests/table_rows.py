"""What a table has to say of a report: its row, made from the decoded document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from symbolicate.summary.dimensions import derive

_HASHES = ("strict", "coarse", "address")
_FAILURE = {
    "failure_name": "name",
    "failure_hash": "hash",
    "failure_symbol": "symbol",
    "problem_classes": "problem_classes",
    "failure_code": "code",
    "failure_image": "image",
    "failure_function": "function",
    "event_type": "event_type",
}


def row(source: str, number: int, document: dict[str, Any]) -> dict[str, Any]:
    """The row of a report."""
    parts = ("input", "failure", "crash_info", "system_info", "device", "app", "report", "crashpad", "crashing_thread")
    of, failure, crash, system, device, app, sent, crashpad, thread = (document.get(key) or {} for key in parts)
    blamed = failure.get("blamed") or {}
    exceptions = document.get("exceptions") or []
    exception = next((one for one in exceptions if one.get("blamed")), exceptions[0] if exceptions else {})
    frames: list[dict[str, Any]] | None = thread.get("frames")
    named = None if frames is None else sum(frame.get("function") is not None for frame in frames)
    dimensions = derive(document)
    return {
        "source": source,
        "number": number,
        "error_kind": None,
        "error": None,
        **{key: of.get(key) for key in ("kind", "size", "writer")},
        "time": instant(of.get("time")),
        "report_id": sent.get("id") or crashpad.get("report_id"),
        "os": device.get("os_name") or system.get("os"),
        "os_version": device.get("os_version") or system.get("os_ver"),
        "os_build": device.get("os_build"),
        "cpu": system.get("cpu_arch"),
        "device_model": device.get("model"),
        "app": app.get("identifier"),
        "app_build": app.get("build"),
        "process": _known(dimensions.file_name),
        "version": _known(dimensions.application_version),
        "product": _known(dimensions.product_name),
        "uptime": document.get("process_uptime"),
        **{column: failure.get(key) for column, key in _FAILURE.items()},
        **{f"blamed_{key}": blamed.get(key) for key in ("thread", "frame", "inline")},
        **{f"hash_{key}": (failure.get("hashes") or {}).get(key) for key in _HASHES},
        "reason": crash.get("type"),
        "address": _address(crash.get("address")),
        "access": crash.get("access"),
        "assertion": crash.get("assertion"),
        "exception_type": exception.get("type"),
        "exception_message": exception.get("message"),
        "thread_count": document.get("thread_count"),
        "crashing_thread": crash.get("crashing_thread"),
        "thread_name": thread.get("thread_name") or None,
        "frames": _calls(frames),
        "exception_frames": _calls(document.get("last_exception_backtrace")),
        "frames_named": named,
        "frames_unnamed": None if frames is None or named is None else len(frames) - named,
        "frames_omitted": thread.get("frames_omitted"),
        "symbols_needed": _needed(document.get("symbols_needed")),
        "faults": len(document.get("faults") or []) + (document.get("faults_omitted") or 0),
        "truncated": bool(document.get("truncated")),
    }


def instant(text: str | None) -> datetime | None:
    """An instant of a document, in milliseconds."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
    except ValueError:
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return when.astimezone(UTC).replace(microsecond=when.microsecond // 1000 * 1000)


def _known(dimension: str) -> str | None:
    return None if dimension == "Unknown" else dimension


def _address(text: str | None) -> int | None:
    return None if text is None else int(text, 16)


def _calls(frames: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    if frames is None:
        return None
    return [
        {
            "frame": i,
            "module": frame.get("module"),
            **{key: call.get(key) for key in ("function", "file", "line")},
            "offset": _address(frame.get("module_offset")),
            "trust": frame.get("trust"),
            "inline": call is not frame,
        }
        for i, frame in enumerate(frames)
        for call in [*(frame.get("inlines") or []), frame]
    ]


def _needed(modules: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    if modules is None:
        return None
    return [
        {
            **{key: one.get(key) or None for key in ("module", "debug_file", "debug_id", "code_id", "outcome")},
            **{key: (one.get(key) or {}).get("crashing_thread") for key in ("unnamed_frames", "scanned_frames")},
        }
        for one in modules
    ]
