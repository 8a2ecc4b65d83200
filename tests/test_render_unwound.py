"""Rendered reports of crashes without a dump."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import symbolicate
from places import FIXTURES
from symbolicate.render.exceptions import exception_lines
from symbolicate.render.human import Detail, human
from symbolicate.render.md import md

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REPORTS = FIXTURES / "apple-reports"
FORMATS = {"txt": human, "md": md}
CHAIN = {
    "type": "managedError",
    "id": "0f3c9a52-6d1b-4a52-8f4a-0d6a4c1f7e21",
    "timestamp": "2026-01-02T03:04:05Z",
    "processName": "Shop",
    "device": {"osName": "Windows", "osVersion": "10.0.22631", "appVersion": "2.1", "locale": "de-DE"},
    "exception": {
        "type": "System.AggregateException",
        "message": "One or more errors occurred.\nSee below.",
        "stackTrace": "   at Shop.Basket.Pay() in C:\\src\\Basket.cs:line 40",
        "innerExceptions": [
            {
                "type": "System.InvalidOperationException",
                "message": "no card",
                "stackTrace": "   at Shop.Card.Find(String name) in C:\\src\\Card.cs:line 7\n"
                "--- End of stack trace from previous location ---\n   at Shop.Basket.Try()",
                "innerExceptions": [{"type": "System.FormatException", "message": "not a number"}],
            },
            {"type": "System.TimeoutException", "stackTrace": "   at Shop.Net.Wait()"},
        ],
    },
}


def report_of(name: str) -> symbolicate.Report:
    if name == "chain":
        return symbolicate.process(json.dumps(CHAIN).encode())
    return symbolicate.process((REPORTS / name).read_bytes())


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["ios16.crash", "mac13.crash", "chain"])
def test_renderings(name: str, kind: str, own_store: Path, golden: Callable[[str, str], None]) -> None:
    text = FORMATS[kind](report_of(name), Detail())
    golden(f"unwound.{name.removesuffix('.crash')}.{kind}", text.replace(str(own_store), "<store>"))


def test_the_system_of_a_watch_is_not_that_of_a_phone() -> None:
    text = (REPORTS / "ios16.crash").read_text()
    line = next(line for line in text.splitlines() if line.startswith("OS Version:"))
    named = []
    for of_report in (line, "OS Version:          Watch OS 11.2 (22S99)"):
        shown = human(symbolicate.process(text.replace(line, of_report).encode()), Detail()).splitlines()
        named.append(next(line.split(maxsplit=1)[1] for line in shown if line.startswith("System ")))
    assert named[0].startswith("iOS 16")
    assert named[1] == "Watch OS 11.2 22S99"


def test_a_function_without_a_name_has_its_place() -> None:
    text = "TypeError: no\n    at anonymous (address at index.android.bundle:7:483001)\n    at f (a.js:2:3)\n"
    assert [line.strip() for line in exception_lines(symbolicate.process(text.encode()), everything=True)] == [
        "TypeError: no",
        "at index.android.bundle:7",
        "at f  a.js:2",
    ]


def test_a_chain_of_exceptions_does_not_leave_the_page() -> None:
    thrown: dict[str, object] = {"type": "System.Exception", "message": "0"}
    for i in range(1, 60):
        thrown = {"type": "System.Exception", "message": str(i), "innerExceptions": [thrown]}
    report = symbolicate.process(json.dumps({"type": "managedError", "exception": thrown}).encode())
    lines = list(exception_lines(report, everything=True))
    assert len(lines) == len(report.exceptions)
    assert max(len(line) - len(line.lstrip()) for line in lines) == 16
