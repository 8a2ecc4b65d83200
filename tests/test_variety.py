"""Dumps with one unusual feature each: the report has the values that the construction put in."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

from places import FIXTURES
from symbolicate import Session, SymbolStore
from symbolicate.render.plain import leaf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from symbolicate import Report
    from symbolicate.report import CrashInfo, Crashpad

DUMPS = sorted((FIXTURES / "dumps" / "variety").glob("*.dmp"))


def crash(report: Report) -> CrashInfo:
    assert report.crash_info is not None
    return report.crash_info


def crashpad(report: Report) -> Crashpad:
    assert report.crashpad is not None
    return report.crashpad


def crashed_id(report: Report) -> int | None:
    index = crash(report).crashing_thread
    return None if index is None else report.threads[index].thread_id


def number(text: str | None) -> int | None:
    return None if text is None else int(text, 16)


def named(report: Report, attribute: str) -> dict[str | None, str | None]:
    return {module.filename: getattr(module, attribute) for module in report.modules}


def assertion(report: Report) -> dict[str, Any]:
    info = crash(report).assertion_info
    assert info is not None
    kinds = {"invalid_parameter": 1, "pure_virtual_call": 2}
    return {
        "expression": info.expression,
        "function": info.function,
        "file": info.file,
        "line": info.line,
        "type": kinds.get(info.kind or "", 0),
    }


def epoch(text: str | None) -> float:
    return dt.datetime.fromisoformat(text or "").timestamp()


def unloaded_at_pc(report: Report) -> set[str]:
    frames = report.threads[crash(report).crashing_thread or 0].frames
    return {leaf(module.module or "") for module in frames[0].unloaded_modules or ()}


# What a key of `expect` says, as a question to the report: the report's own answer must be the same.
ANSWERS: dict[str, Callable[[Report], Any]] = {
    "assertion": assertion,
    "requesting_tid": crashed_id,
    "crashed_tid": crashed_id,
    "code": lambda report: f"{number(crash(report).code):#x}",
    "parameters": lambda report: len(crash(report).parameters or ()),
    "address": lambda report: f"{number(crash(report).address):#x}",
    "crashing_thread": lambda report: crash(report).crashing_thread,
    "report_id": lambda report: crashpad(report).report_id,
    "client_id": lambda report: crashpad(report).client_id,
    "annotations": lambda report: crashpad(report).annotations,
    "objects": lambda report: sum(len(module.objects or ()) for module in crashpad(report).modules or ()),
    "address_mask": lambda report: crashpad(report).address_mask,
    "threads": lambda report: len(report.threads),
    "listed_threads": lambda report: sum(not thread.synthesised for thread in report.threads),
    "handles": lambda report: len(report.handles or ()),
    "pid": lambda report: report.pid,
    "create_time": lambda report: epoch(report.process.create_time if report.process else None),
    "build_string": lambda report: report.misc.build_string if report.misc else None,
    "soft_errors": lambda report: bool(report.soft_errors),
    "comments": lambda report: list(report.comments or ()),
    "unloaded": lambda report: len(report.unloaded_modules or ()),
}
# Questions whose answer may have more in it than what is expected.
CONTAINED: dict[str, Callable[[Report, Any], bool]] = {
    "reason_contains": lambda report, text: text in (crash(report).type or ""),
    "guard": lambda report, text: text in (crash(report).type or ""),
    "resource": lambda report, text: text in (crash(report).type or ""),
    "threads_at_least": lambda report, least: len(report.threads) >= least,
    "debug_ids": lambda report, ids: {name: (named(report, "debug_id").get(name) or "").upper() for name in ids} == ids,
    "code_ids": lambda report, ids: {name: (named(report, "code_id").get(name) or "").upper() for name in ids} == ids,
    "names": lambda report, names: (
        {str(thread.thread_id): thread.thread_name or "" for thread in report.threads if str(thread.thread_id) in names}
        == names
    ),
    "unloaded_at_pc": lambda report, names: set(names) <= unloaded_at_pc(report),
    # A module that is of no use for a walk may be listed or left out, but never the good ones with it.
    "modules": lambda report, count: len(report.modules) + len(report.faults or ()) >= count,
    "usable_modules": lambda report, count: len(report.modules) >= count,
}
# What the report does not show: the exact numbers inside a Mach exception, the memory that the dump holds.
UNSHOWN = {"flavor", "target", "identifier", "interval", "limit", "observed", "fast_fail", "regions", "dump_tid"}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return Session(SymbolStore(tmp_path_factory.mktemp("store"), sources=[FIXTURES / "symbols"]))


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
def test_the_report_says_what_was_put_in(dump: Path, session: Session) -> None:
    truth = json.loads(dump.with_name(dump.stem + ".truth.json").read_text())
    report = session.report(dump)
    for key, expected in truth["expect"].items():
        if key in UNSHOWN:
            continue
        if key in CONTAINED:
            assert CONTAINED[key](report, expected), (key, expected, report)
        else:
            assert ANSWERS[key](report) == expected, key
