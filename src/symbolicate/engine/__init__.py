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
    "process_many",
]


def __getattr__(name: str) -> object:
    if name == "Readable":
        from symbolicate.engine import readable

        return readable.Readable
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
