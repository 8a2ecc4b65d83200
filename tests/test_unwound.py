"""Crashes that come without a dump: the same report, the same name, whatever they came as."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

import symbolicate
import unwound_samples as samples_of
from places import FIXTURES
from symbolicate import InputError, Report, Session, SymbolStore

if TYPE_CHECKING:
    from pathlib import Path

SYMBOLS = FIXTURES / "symbols"
FORMS = {
    "appcenter": lambda report: samples_of.container(samples_of.appcenter(report)),
    "ips": samples_of.ips,
    "crash": samples_of.text,
}
CRASHES = [
    "macos-x86_64-null",
    "macos-arm64-null",
    "ios-arm64-null",
    "macos-arm64-leaf",
    "ios-arm64-params",
    "macos-x86_64-callbad",
    "macos-arm64-callnull",
]


def of_dump(name: str) -> Report:
    return symbolicate.process(FIXTURES / "dumps" / "images" / f"{name}.dmp", SYMBOLS)


def functions(report: Report) -> list[tuple[str | None, int | None]]:
    assert report.crashing_thread is not None
    return [(frame.function, frame.line) for frame in report.crashing_thread.frames]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CRASHES)
def test_one_crash_has_one_name(name: str, form: str) -> None:
    dump = of_dump(name)
    unwound = symbolicate.process(FORMS[form](dump), SYMBOLS)
    assert dump.failure is not None
    assert unwound.failure is not None
    expected = dump.failure.name or ""
    if form == "appcenter":
        # The format does not distinguish writes from reads.
        expected = expected.replace("_WRITE_", "_READ_")
    assert unwound.failure.name == expected
    assert unwound.failure.hash == symbolicate.failure_hash(expected)
    assert [one for one in functions(unwound) if one[0]] == [one for one in functions(dump) if one[0]]


@pytest.mark.parametrize("form", FORMS)
def test_a_failure_can_be_named_again_from_its_report(form: str) -> None:
    report = symbolicate.process(FORMS[form](of_dump(CRASHES[1])), SYMBOLS)
    again = symbolicate.explain_failure(report.to_json())
    assert report.failure is not None
    assert (again.name, again.hash, again.hashes) == (
        report.failure.name,
        report.failure.hash,
        report.failure.hashes,
    )


def test_addresses_stay_as_delivered_and_look_up_inside_the_call() -> None:
    dump = of_dump("macos-arm64-null")
    report = symbolicate.process(FORMS["appcenter"](dump), SYMBOLS)
    assert report.crashing_thread is not None
    assert dump.crashing_thread is not None
    for index, (ours, theirs) in enumerate(
        zip(report.crashing_thread.frames, dump.crashing_thread.frames, strict=True)
    ):
        assert int(ours.offset or "", 16) == int(theirs.offset or "", 16) + (4 if index else 0)


def test_one_input_may_hold_many(tmp_path: Path) -> None:
    log = samples_of.appcenter(of_dump(CRASHES[0]))
    logs = [log | {"id": f"00000000-0000-0000-0000-{i:012d}"} for i in range(300)]
    path = tmp_path / "logs.json"
    path.write_bytes(samples_of.container(*logs))
    reports = list(symbolicate.process_many([path, b"nothing", path], SYMBOLS, jobs=2))
    ids = [one.report.id if isinstance(one, Report) and one.report else type(one).__name__ for one in reports]
    expected = [log["id"] for log in logs]
    assert ids == [*expected, "NotACrashError", *expected]
    positions = [(one.input.index, one.input.crashes) for one in reports[:300] if isinstance(one, Report) and one.input]
    assert positions == [(i, 300) for i in range(300)]
    with pytest.raises(InputError) as caught:
        symbolicate.process(path)
    assert caught.value.hint is not None
    assert "process_many returns all 300" in caught.value.hint


def test_the_answer_does_not_depend_on_company_or_jobs() -> None:
    dump = of_dump(CRASHES[0])
    inputs = [FORMS["ips"](dump), samples_of.container(*[samples_of.appcenter(dump)] * 200), FORMS["crash"](dump)]
    one, three = ([*Session(SYMBOLS, jobs=jobs).reports_json(inputs)] for jobs in (1, 3))
    assert one == three
    assert len(one) == 202


def test_gzip_is_read() -> None:
    plain = FORMS["ips"](of_dump(CRASHES[0]))
    one, other = (symbolicate.process(data, SYMBOLS) for data in (plain, gzip.compress(plain)))
    assert one.threads == other.threads
    assert one.failure == other.failure


def test_an_input_without_a_crash_is_an_error() -> None:
    with pytest.raises(symbolicate.NotACrashError, match="contains no crash"):
        symbolicate.process(b'{"logs":[{"type":"startSession","sid":"x"}]}')


def test_symbols_that_came_with_the_crash_stay_and_are_marked() -> None:
    head = {"bug_type": "309", "os_version": "macOS 14.0"}
    frames = [
        {
            "imageIndex": 0,
            "imageOffset": 64,
            "symbol": "main",
            "symbolLocation": 8,
            "sourceFile": "a.c",
            "sourceLine": 7,
        }
    ]
    body = {
        "cpuType": "ARM-64",
        "threads": [{"triggered": True, "queue": "com.apple.main-thread", "frames": frames}],
        "usedImages": [{"base": 4096, "size": 4096, "uuid": "00000000-0000-0000-0000-000000000001", "name": "app"}],
    }
    report = symbolicate.process(json.dumps(head).encode() + b"\n" + json.dumps(body).encode())
    [frame] = report.threads[0].frames
    assert (frame.function, frame.file, frame.line, frame.symbols) == ("main", "a.c", 7, "given")
    assert (frame.module, frame.module_offset) == ("app", "0x0000000000000040")
    assert report.threads[0].queue == "com.apple.main-thread"


def test_managed_exceptions_are_threads_and_chains() -> None:
    frames = [{"className": "A.B", "methodName": "C", "lineNumber": 3}]
    inner = {"type": "System.NullReferenceException", "frames": frames}
    outer = {"type": "System.Exception", "message": "outer", "frames": [], "innerExceptions": [inner]}
    log = {"type": "managedError", "fatal": True, "processName": "app", "exception": outer}
    report = symbolicate.process(json.dumps(log).encode())
    assert [thrown.relation for thrown in report.exceptions] == ["outer", "cause"]
    assert [thrown.blamed for thrown in report.exceptions] == [False, True]
    assert report.crashing_thread is not None
    [frame] = report.crashing_thread.frames
    assert (frame.function, frame.line, frame.symbols) == ("A.B.C", 3, "given")
    assert report.threads[0].exception == 1
    assert report.failure is not None
    assert report.failure.name is not None
    assert report.failure.name.startswith("CLR_EXCEPTION_System.NullReferenceException_80004003_")
    again = symbolicate.explain_failure(report.to_json())
    assert again.name == report.failure.name


def test_a_handled_error_is_no_fatal_one() -> None:
    log = {"type": "handledError", "exception": {"type": "System.IO.IOException", "message": "no"}}
    report = symbolicate.process(json.dumps(log).encode())
    assert report.report is not None
    assert report.report.fatal is False
    assert report.failure is not None
    assert report.failure.event_type == "handled"


@pytest.mark.corpora
def test_every_frame_of_crashprobe_is_right(corpora: Path) -> None:
    logs = [path for path in sorted((corpora / "crashprobe").rglob("*.json")) if not path.name.endswith(".truth.json")]
    assert len(logs) == 85
    places = [corpora / "crashprobe" / "debug" / "dSYMs", corpora / "crashprobe" / "release" / "dSYMs"]
    wrong, count = [], 0
    for path, report in zip(logs, Session(SymbolStore(sources=places)).reports(logs), strict=True):
        assert isinstance(report, Report)
        frames = report.crashing_thread.frames if report.crashing_thread is not None else ()
        shown = {int(frame.offset or "0", 16): frame for frame in frames}
        for known in json.loads(path.with_name(f"{path.stem}.truth.json").read_text())["frames"]:
            if "frames" not in known:
                continue
            count += 1
            frame = shown[int(known["instruction_addr"], 16)]
            lines = [inline.line for inline in frame.inlines or ()] + [frame.line]
            if len(lines) != len(known["frames"]) or lines[0] != known["frames"][0]["line"]:
                wrong.append((path.name, known, lines))
    assert wrong == []
    assert count == 616


@pytest.mark.corpora
def test_what_the_other_parser_loses_is_in_the_report(corpora: Path) -> None:
    [report] = [symbolicate.process(path) for path in (corpora / "apple" / "lldb-crashlog").glob("*.ips")]
    assert report.threads[0].queue == "com.apple.main-thread"
    assert report.last_exception_backtrace is not None
    last = [frame.function for frame in report.last_exception_backtrace]
    # Apple names the function after the caller; the thread has the right one.
    assert last[2:5] == ["_CFThrowFormattedException", "__boundsFail", "-[__NSArrayI objectAtIndex:]"]
    assert report.failure is not None
    assert report.failure.name is not None
    assert report.failure.name.startswith("OBJC_EXCEPTION_NSRangeException_SIGABRT_")
    assert symbolicate.explain_failure(report.to_json()).name == report.failure.name
    for path in sorted((corpora / "apple" / "text-reports" / "fixtures").glob("*.txt")):
        text = path.read_text()
        report = symbolicate.process(path)
        assert report.system_info is not None
        assert "OS Version:" not in text or report.system_info.os_ver is not None, path
        # Registers, names and symbols that it already had.
        if "Thread State" in text:
            assert report.crashing_thread is not None
            assert report.crashing_thread.frames[0].registers, path
        frames = [frame for thread in report.threads for frame in thread.frames]
        if "UIApplicationMain" in text:
            assert any(frame.function and frame.symbols == "given" for frame in frames), path
        assert not any((thread.thread_name or "").startswith("Dispatch queue") for thread in report.threads)


@pytest.mark.corpora
def test_the_documented_apple_example(corpora: Path) -> None:
    page = (corpora.parent / "mission" / "app-center-upload-crashes.txt").read_text()
    start = page.index('{\n  "logs":\n  [\n    {\n        "type": "appleError"')
    document, _ = json.JSONDecoder().raw_decode(page[start:])
    report = symbolicate.process(page[start : page.index("}'", start) + 1].encode())
    frames = [frame for thread in document["logs"][0]["threads"] for frame in thread["frames"]]
    shown = [frame for thread in report.threads for frame in thread.frames]
    assert len(shown) == 10
    bases = {module.filename: module.base_addr for module in report.modules}
    for frame, given in zip(shown, frames, strict=True):
        base, offset = given["code"].split(" + ")
        assert int(frame.module_offset or "", 16) == int(offset)
        assert int(frame.offset or "", 16) == int(given["address"], 16)
        assert int(frame.module_base or bases[frame.module] or "", 16) == int(base, 16)
    assert [(frame.module, frame.module_offset) for frame in shown[1:3]] == [
        ("CrashLibiOS", f"0x{30852:016x}"),
        ("CrashProbeiOS", f"0x{30272:016x}"),
    ]
