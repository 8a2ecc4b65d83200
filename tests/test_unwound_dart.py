"""Exceptions of Dart and Flutter: how failures are named from them, with names and from addresses alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import symbolicate
from places import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

    from symbolicate.report import Failure, Frame, Report

REPORTS = FIXTURES / "dart"
UNHANDLED = (REPORTS / "unhandled.txt").read_text()
AHEAD_OF_TIME = (REPORTS / "ahead-of-time.txt").read_text()
NAME = "DART_EXCEPTION_StateError_e0646172_shop!Cart.total"


def _process(tmp_path: Path, data: str | bytes) -> Report:
    path = tmp_path / "trace.txt"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return symbolicate.process(path)


def _failure(report: Report) -> Failure:
    assert report.failure is not None
    return report.failure


def _blamed(report: Report) -> Frame:
    blamed = _failure(report).blamed
    assert blamed is not None
    assert blamed.thread is not None
    assert blamed.frame is not None
    return report.threads[blamed.thread].frames[blamed.frame]


def test_the_program_s_frame_is_blamed_with_its_line() -> None:
    report = symbolicate.process(REPORTS / "unhandled.txt")
    assert _failure(report).name == NAME
    frame = _blamed(report)
    assert (frame.function, frame.file, frame.line) == ("Cart.total", "package:shop/cart.dart", 31)
    [thrown] = report.exceptions
    assert (thrown.language, thrown.type, thrown.message) == ("dart", "StateError", "Bad state: No element")
    assert [frame.function for frame in report.threads[0].frames] == [
        "List.first",
        "Cart.total",
        "_CartPageState.build.<anonymous closure>",
        "State.setState",
        "main",
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
        lambda text: "".join(f"> {line}\n" for line in text.splitlines()),
        lambda text: "".join(f"flutter: {line}\n" for line in text.splitlines()),
        lambda text: "".join(f"I/flutter ( 8353): {line}\n" for line in text.splitlines()),
        lambda text: "".join(f"11-29 10:00:00.123  8353  8399 E flutter : {line}\n" for line in text.splitlines()),
        lambda text: text.replace(
            "Unhandled exception:\n",
            "E/flutter ( 8353): [ERROR:flutter/runtime/dart_vm_initializer.cc(41)] Unhandled Exception: ",
        ),
        lambda text: text.replace(
            "Unhandled exception:\n", "[ERROR:flutter/runtime/dart_vm_initializer.cc(41)] Unhandled Exception: "
        ),
        lambda text: text.split("\n", 1)[1],
        lambda text: f"```\n{text}\n```\n",
    ],
)
def test_a_trace_as_it_is_pasted(tmp_path: Path, change: object) -> None:
    assert callable(change)
    report = _process(tmp_path, change(UNHANDLED))
    assert _failure(report).name == NAME
    assert _blamed(report).line == 31


def test_closures_and_reports_of_flutter(tmp_path: Path) -> None:
    lines = UNHANDLED.splitlines(keepends=True)
    report = _process(tmp_path, "".join(lines[:2] + lines[4:]))
    assert _failure(report).function == "_CartPageState.build.{lambda}"
    report = symbolicate.process(REPORTS / "flutter-error.txt")
    assert _failure(report).name == "DART_EXCEPTION_TypeError_e0646172_shop!CartPage.build"


def test_code_without_names_is_known_by_build_id_and_address(tmp_path: Path) -> None:
    report = symbolicate.process(REPORTS / "ahead-of-time.txt")
    assert _failure(report).name == "DART_EXCEPTION_StateError_e0646172_libapp.so!Unknown"
    assert _failure(report).hashes is not None
    assert report.system_info is not None
    assert (report.system_info.os, report.system_info.cpu_arch, report.pid) == ("Android", "arm64", 8353)
    [module] = report.modules
    assert (module.filename, module.code_id) == ("libapp.so", "083986ecd5337898b3b58b5e06cb8b9e")
    frames = report.threads[0].frames
    assert [(frame.module, frame.module_offset, frame.function) for frame in frames] == [
        ("libapp.so", "0x0000000000266567", None),
        ("libapp.so", "0x000000000012898b", None),
        ("libapp.so", "0x00000000001099eb", None),
    ]
    lines = [f"MODULE Linux arm64 {module.debug_id} libapp.so", "FILE 0 cart.dart", "FUNC 266500 100 0 Cart.total"]
    lines += ["266500 100 31 0", ""]
    (tmp_path / "libapp.so.sym").write_text("\n".join(lines))
    report = symbolicate.process(REPORTS / "ahead-of-time.txt", symbols=[tmp_path / "libapp.so.sym"])
    assert _failure(report).name == "DART_EXCEPTION_StateError_e0646172_libapp.so!Cart.total"
    assert (report.threads[0].frames[0].file, report.threads[0].frames[0].line) == ("cart.dart", 31)


def test_an_apple_program_without_names(tmp_path: Path) -> None:
    report = _process(tmp_path, AHEAD_OF_TIME.replace("os: android", "os: ios"))
    [module] = report.modules
    assert (module.filename, module.debug_id) == ("App", "083986ECD5337898B3B58B5E06CB8B9E0")


@pytest.mark.parametrize("trace", [UNHANDLED, AHEAD_OF_TIME])
def test_a_trace_in_a_log_of_app_center(tmp_path: Path, trace: str) -> None:
    exception = {"type": "StateError", "message": "Bad state: No element", "stackTrace": trace}
    log = {"type": "managedError", "device": {"osName": "Android"}, "exception": exception}
    report = _process(tmp_path, json.dumps({"logs": [log]}))
    assert _failure(report).code == "e0646172"
    assert _failure(report).symbol == ("shop!Cart.total" if trace is UNHANDLED else "libapp.so!Unknown")
