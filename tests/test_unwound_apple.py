"""Facts that only Apple's reports have: why a program ended, which exception it was, how memory was used."""

from __future__ import annotations

import json
from typing import Any

import pytest

import symbolicate
from places import FIXTURES
from symbolicate import Report

REPORTS = FIXTURES / "apple-reports"
RAISED = "*** Terminating app due to uncaught exception 'NSRangeException', reason: 'index 10 beyond bounds'"
IMAGES = [
    {"base": 0x1_0000_0000, "size": 0x4000, "uuid": "00000000-0000-0000-0000-000000000001", "name": "app"},
    {"base": 0x1_8000_0000, "size": 0x8000, "uuid": "00000000-0000-0000-0000-000000000002", "name": "CoreFoundation"},
    {"base": 0x1_9000_0000, "size": 0x8000, "uuid": "00000000-0000-0000-0000-000000000003", "name": "libobjc.A.dylib"},
]


def ips(**more: Any) -> Report:
    frames = [{"imageIndex": 0, "imageOffset": 0x1000, "symbol": "go", "symbolLocation": 4}]
    body = {
        "cpuType": "ARM-64",
        "procName": "app",
        "usedImages": IMAGES,
        "threads": [{"triggered": True, "frames": frames}],
        "exception": {"type": "EXC_CRASH", "signal": "SIGABRT", "codes": "0x0000000000000000, 0x0000000000000000"},
    } | more
    head = {"bug_type": "309", "os_version": "iPhone OS 17.1 (21B80)"}
    return symbolicate.process(json.dumps(head).encode() + b"\n" + json.dumps(body).encode())


def name(report: Report) -> str | None:
    assert report.failure is not None
    again = symbolicate.explain_failure(report.to_json())
    assert again.name == report.failure.name
    return report.failure.name


@pytest.mark.parametrize("first", ["libsystem_c.dylib", "CoreFoundation"])
def test_the_exception_is_found_among_what_libraries_say(first: str) -> None:
    said = {"libsystem_c.dylib": ["abort() called"], "libc++abi.dylib": ["x" * 8192], "CoreFoundation": [RAISED]}
    report = ips(asi={first: said[first]} | said)
    assert name(report) == "OBJC_EXCEPTION_NSRangeException_SIGABRT_app!go"
    assert [one.type for one in report.exceptions] == ["NSRangeException"]


def test_a_backtrace_without_symbols_blames_the_program() -> None:
    offsets = [(1, 0x100), (2, 0x200), (1, 0x300), (0, 0x1000), (1, 0x400)]
    last = [{"imageIndex": image, "imageOffset": offset} for image, offset in offsets]
    assert name(ips(lastExceptionBacktrace=last)) == "OBJC_EXCEPTION_SIGABRT_app!Unknown"
    assert name(ips(lastExceptionBacktrace=last, threads=[])) == "OBJC_EXCEPTION_SIGABRT_app!Unknown"
    # Where nothing was thrown, the frame of the fault is as good as another.
    frames = last[:1] + last[3:4]
    fault = {"type": "EXC_BAD_ACCESS", "signal": "SIGSEGV", "codes": "0x0000000000000001, 0x0000000000000010"}
    report = ips(threads=[{"triggered": True, "frames": frames}], exception=fault)
    assert name(report) == "NULL_CLASS_PTR_SIGSEGV_CoreFoundation!Unknown"


def test_a_full_stack_is_told_by_the_region_of_its_address() -> None:
    region = "0x10 is in 0x0-0x20\n      REGION TYPE\n---> %s  0-20 [ 56.0M] ---/rwx SM=NUL"
    fault = {"type": "EXC_BAD_ACCESS", "signal": "SIGBUS", "codes": "0x0000000000000002, 0x0000000160000010"}
    assert name(ips(exception=fault, vmRegionInfo=region % "STACK GUARD")) == "STACK_OVERFLOW_SIGSEGV_app!go"
    assert name(ips(exception=fault, vmRegionInfo=region % "__TEXT")) == "INVALID_POINTER_SIGBUS_app!go"


def test_a_full_stack_is_told_by_the_stack_pointer() -> None:
    def at(sp: int) -> str | None:
        fault = {"type": "EXC_BAD_ACCESS", "signal": "SIGBUS", "codes": "0x0000000000000002, 0x0000000160000010"}
        frames = [{"imageIndex": 0, "imageOffset": 0x1000, "symbol": "go", "symbolLocation": 4}]
        return name(
            ips(exception=fault, threads=[{"triggered": True, "frames": frames, "threadState": {"sp": {"value": sp}}}])
        )

    assert at(0x1_6000_0100) == "STACK_OVERFLOW_SIGSEGV_app!go"
    assert at(0x1_7000_0000) == "INVALID_POINTER_SIGBUS_app!go"


def test_texts_tell_in_words_how_memory_was_touched() -> None:
    report = symbolicate.process(REPORTS / "mac13.crash")
    assert report.crash_info is not None
    assert report.crash_info.access == "write"
    assert name(report) == "STACK_OVERFLOW_SIGSEGV_demo!recurse"
    text = (REPORTS / "mac13.crash").read_text().replace("STACK GUARD", "__TEXT").replace("7ff7b3a7fff8", "113d28000")
    report = symbolicate.process(text.replace("0x00000006", "0x00000004").encode())
    assert name(report) == "INVALID_POINTER_SIGBUS_demo!recurse"


@pytest.mark.parametrize(
    ("line", "system", "version"),
    [
        ("macOS 13.4 (22F66)", "Mac OS X", "13.4 22F66"),
        ("Mac OS X 10.13.6 (17G65)", "Mac OS X", "10.13.6 17G65"),
        ("10.15 (19A583)", "Mac OS X", "10.15 19A583"),
        ("Version 10.10 (Build 14A389)", "Mac OS X", "10.10 14A389"),
        ("macOS 14.0 (23A5276g)", "Mac OS X", "14.0 23A5276g"),
        ("iPhone OS 16.0 (20A362)", "iOS", "16.0 20A362"),
        ("Watch OS 9.0 (20R361)", "iOS", "9.0 20R361"),
    ],
)
def test_systems_of_texts(line: str, system: str, version: str) -> None:
    text = (REPORTS / "ios16.crash").read_text().replace("iPhone OS 16.0 (20A362)", line)
    system_info = symbolicate.process(text.encode()).system_info
    assert system_info is not None
    assert (system_info.os, system_info.os_ver) == (system, version)


def test_the_start_of_an_image_may_stand_alone() -> None:
    frames = [{"address": "0x10446a004", "code": "0x104460000"}, {"address": "0x10446a008", "code": "0x10446a008"}]
    log = {"type": "appleError", "osExceptionType": "SIGSEGV", "threads": [{"id": 0, "frames": frames}]}
    report = symbolicate.process(json.dumps(log).encode())
    [thread] = report.threads
    assert [frame.module_base for frame in thread.frames] == ["0x0000000104460000", None]
    assert thread.frames[0].module_offset == "0x000000000000a004"


JAVA = """java.lang.RuntimeException: outer
\tat com.example.Task.run(Task.java:5)
Caused by: java.io.IOException: inner
\tat com.example.Net.read(Net.java:9)
\t... 1 more
\tSuppressed: java.lang.Error: late
\t\tat com.example.Net.close(Net.java:12)"""


def test_a_stack_trace_in_a_log_tells_what_it_tells_alone() -> None:
    alone = symbolicate.process(JAVA.encode())
    thrown = {"type": "java.lang.RuntimeException", "message": "outer", "stackTrace": JAVA}
    log = {"type": "managedError", "processName": "unknown", "exception": thrown}
    report = symbolicate.process(json.dumps(log).encode())

    def chain(report: Report) -> list[tuple[object, ...]]:
        return [(one.type, one.message, one.relation, one.parent, one.blamed, one.frames) for one in report.exceptions]

    assert chain(report) == chain(alone)
    assert name(report) == name(alone)
    assert name(report) == "JVM_EXCEPTION_java.io.IOException_e06a766d_unknown!com.example.Net.read"
    # The causes in the log itself are used.
    inner = {"type": "java.lang.Exception", "frames": [{"className": "A", "methodName": "b"}]}
    report = symbolicate.process(json.dumps(log | {"exception": thrown | {"innerExceptions": [inner]}}).encode())
    assert [one.type for one in report.exceptions] == ["java.lang.RuntimeException", "java.lang.Exception"]
