"""Crashes to reports: inputs, the session that callers hold, and functions for one crash and for many.

An input is a minidump, an App Center log container, an Apple report (.ips, .crash, MetricKit), an Android report
(tombstone or ANR as text), a report of Windows Error Reporting (event or Report.wer) or the text of a managed
exception, recognised by its content; each also compressed. One input may contain any number of crashes.
"""

from __future__ import annotations

from symbolicate.engine.calls import process, process_many
from symbolicate.engine.inputs import AttachedFile, Crash, Input
from symbolicate.engine.session import SMALLEST_REPORT, Outcome, Session, Symbols

TYPE_CHECKING = False
if TYPE_CHECKING:
    from symbolicate.engine.asynchronous import process_async, process_many_async
    from symbolicate.engine.readable import Readable

__all__ = [
    "SMALLEST_REPORT",
    "AttachedFile",
    "Crash",
    "Input",
    "Outcome",
    "Readable",
    "Session",
    "Symbols",
    "process",
    "process_async",
    "process_many",
    "process_many_async",
]


# What is loaded when it is first used: a command needs neither.
_HOMES = {"Readable": "readable", "process_async": "asynchronous", "process_many_async": "asynchronous"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
