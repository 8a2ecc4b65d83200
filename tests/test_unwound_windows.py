"""Crashes as Windows Error Reporting describes them: how failures are named from them, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import symbolicate
from places import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

    from symbolicate.report import Failure, Report

REPORTS = FIXTURES / "windows-errors"


def _failure(report: Report) -> Failure:
    assert report.failure is not None
    return report.failure


@pytest.mark.parametrize(
    ("name", "kind", "failure"),
    [
        ("event-1000.txt", "windows_event", "INVALID_POINTER_READ_c0000005_coreclr.dll!Unknown"),
        ("event-1000-german.txt", "windows_event", "HEAP_CORRUPTION_c0000374_ntdll.dll!Unknown"),
        ("event-1000.xml", "windows_event", "FAIL_FAST_c0000409_ucrtbase.dll!Unknown"),
        ("event-1001.txt", "windows_event", "FAIL_FAST_FATAL_APP_EXIT_c0000409_ucrtbase.dll!Unknown"),
        (
            "signature-clr.txt",
            "windows_event",
            "CLR_EXCEPTION_System.NullReferenceException_80004003_Shop.Core!Unknown",
        ),
        ("Report.wer", "wer_report", "INVALID_POINTER_READ_c0000005_coreclr.dll!Unknown"),
    ],
)
def test_names(name: str, kind: str, failure: str) -> None:
    report = symbolicate.process(REPORTS / name)
    assert report.input is not None
    assert report.input.kind == kind
    assert _failure(report).name == failure
    assert _failure(report).event_type == "crash"


def test_the_module_and_the_offset_in_it_are_one_frame() -> None:
    report = symbolicate.process(REPORTS / "event-1000.txt")
    [thread] = report.threads
    [frame] = thread.frames
    assert (frame.module, frame.module_offset, frame.function) == ("coreclr.dll", "0x00000000001d1fdd", None)
    assert report.process is not None
    assert (report.process.name, report.pid) == ("Shop.exe", 0x3ED8)
    assert report.main_module is not None
    assert report.modules[report.main_module].filename == "Shop.exe"
    module = next(module for module in report.modules if module.filename == "coreclr.dll")
    assert module.version == "6.0.822.36306"
    assert report.crash_info is not None
    assert report.crash_info.raw_address is None
    assert report.crash_info.note == "the report does not say which address was accessed"


def test_an_address_in_no_module_is_no_module_s(tmp_path: Path) -> None:
    text = (
        (REPORTS / "event-1000.txt")
        .read_text()
        .replace("coreclr.dll, version: 6.0.822.36306", "unknown, version: 0.0.0.0")
    )
    (tmp_path / "event.txt").write_text(text)
    report = symbolicate.process(tmp_path / "event.txt")
    [frame] = report.threads[0].frames
    assert (frame.offset, frame.module) == ("0x00000000001d1fdd", None)
    assert "coreclr" not in (_failure(report).name or "")


def test_the_event_of_dotnet_with_frames_comes_first(tmp_path: Path) -> None:
    dotnet = (
        "Application: Shop.exe\nFramework Version: v4.0.30319\n"
        "Description: The process was terminated due to an unhandled exception.\n"
        "Exception Info: System.NullReferenceException\n   at Shop.Cart.Total()\n   at Shop.Program.Main()\n\n"
    )
    (tmp_path / "events.txt").write_text(dotnet + (REPORTS / "event-1000.txt").read_text())
    report = symbolicate.process(tmp_path / "events.txt")
    assert _failure(report).symbol == "Shop.exe!Shop.Cart.Total"


def test_hangs_are_refused_by_name(tmp_path: Path) -> None:
    text = (REPORTS / "event-1001.txt").read_text().replace("BEX64", "AppHangB1")
    (tmp_path / "hang.txt").write_text(text)
    with pytest.raises(symbolicate.InputError, match=r"a program that did not respond \(AppHangB1\)"):
        symbolicate.process(tmp_path / "hang.txt")
