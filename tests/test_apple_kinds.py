"""Apple's reports of other kinds, of older systems, and as people paste them: what they are, or a refusal by name."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

import symbolicate
from places import FIXTURES
from symbolicate.errors import NotACrashError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REPORTS = FIXTURES / "apple-reports"

RESOURCE = """\
Date/Time:        2024-10-19 23:46:29.268 +0100
End time:         2024-10-19 23:48:59.680 +0100
OS Version:       iPhone OS 17.2 (Build 21C62)
Architecture:     arm64e
Report Version:   32
Incident Identifier: 05D98B49-0000-4000-8000-494D76B2AA3C

Data Source:      Microstackshots
Command:          Shop
Path:             /private/var/containers/Bundle/Application/0/Shop.app/Shop
Version:          1.0 (1)
Parent:           launchd [1]
PID:              7877

Event:            %s
Action taken:     none
Duration:         150.41s
Steps:            23

Hardware model:   iPhone14,5
Active cpus:      6

Heaviest stack for the target process:
  18  ??? (libsystem_pthread.dylib + 14340) [0x1db258804]
  18  ??? (Shop + 18536) [0x104f30868]

Powerstats for:   Shop [7877]
UUID:             047D42ED-0000-38AE-81BE-E4ABCF05A703
Start time:       2024-10-19 23:46:29.268 +0100
  18  ??? (Shop + 18536) [0x104f30868]

  Binary Images:
       0x104f2c000 -                ???  Shop <047D42ED-0000-38AE-81BE-E4ABCF05A703> /var/Shop.app/Shop
       0x1db255000 -        0x1db25ffff  libsystem_pthread.dylib <11111111-2222-3333-4444-555555555555> /usr/lib/p.dylib
"""

STACKSHOT = """\
Incident Identifier: D2604550-0000-45D5-8247-A3F1E72E6A40
CrashReporter Key:   e971b83dc1fd82b65ef25e0bc75ff56dcd73272b
Hardware Model:      iPhone3,1
OS Version:          iPhone OS 7.1.2 (11D257)
Date:                2016-05-12 14:57:08 -0500
Exception Code:      0xbaaaaaad
Reason:              Manually triggered stackshot via backboardd

Jetsam Level:              0
Free Pages:             2049

Process 0 info:
\tresident memory bytes:  54738944

Process 0 kernel_task threads:
thread 0x1 TH_WAIT|TH_UNINT 0x8037ba3c
\tthread priority:               92
\tkernel cont: 0x800ffa35
"""

SLEEP_WAKE = """\
Sleep Wake failure in EFI

Failure code:: 0xffffffff 0x0000001f

Please IGNORE the below stackshot

================================================================
Date/Time:        2020-10-23 07:22:27 +0100
OS Version:       ??? ??? (Build ???)
Architecture:     x86_64
Report Version:   29

Event:            Sleep Wake Failure
Duration:         0.00s
Steps:            1

Process:          swd [373]
Architecture:     x86_64
Num samples:      1 (1)

  Thread 0x9bd    1 sample (1)    priority 4 (base 4)
  1  start + 1 (libdyld.dylib + 109769) [0x7fff68d69cc9] 1

  Binary Images:
        0x7fff68d4f000 -     0x7fff68d85fff  libdyld.dylib (750.6) <789A18C2-0000-3C88-813D-CD674376585D> /usr/d.dylib
"""

PROCESSES = """\
Process:          shopd [99159] [unique pid 696637]
UUID:             EEE799AA-0000-3BF1-AC79-C58000DAAC3A
Path:             /usr/libexec/shopd
Architecture:     x86_64
Parent:           launchd [1]
Footprint:        736 KB
Num samples:      1000 (1-1000)

  Thread 0x3461855    DispatchQueue "com.apple.main-thread"(1)    1000 samples (1-1000)    priority 4 (base 4)
  1000  start + 462 (dyld + 21790) [0x113f6c51e]
    1000  ??? (shopd + 535708) [0x10da97c9c]

  Binary Images:
           0x10da15000 -        0x10dbe0fff  shopd (6)  <EEE799AA-0000-3BF1-AC79-C58000DAAC3A>  /usr/libexec/shopd
"""

SAMPLE = """\
Analysis of sampling Shop (pid 411) every 1 millisecond
Process:         Shop [411]
Path:            /Applications/Shop.app/Contents/MacOS/Shop
Identifier:      com.example.shop
Version:         1.0 (1)
Code Type:       ARM64
Parent Process:  launchd [1]

Date/Time:       2024-01-01 10:11:12.123 +0100
OS Version:      macOS 14.2 (23C64)
Report Version:  7
----

Call graph:
    2563 Thread_123   DispatchQueue_1: com.apple.main-thread  (serial)
      2563 start  (in dyld) + 2360  [0x18d0b90e0]

Binary Images:
       0x100000000 -        0x100003fff +com.example.shop (1.0 - 1) <11111111-2222-3333-4444-555555555555> /Apps/S
"""

PANIC = """\
panic(cpu 4 caller 0xfffffe0026851cdc): DCP PANIC - SError interrupt
RTKit: RTKit-2758.1.1.release - Client: AppleDCP
Faulting task  27 Call Stack: 0x000000000038bdc0 0x000000000038b780
RTKit Task List:
   name                    | pri     | stack use | status     | resource | warning
 0 rtk_background          | 007     |   824/2048  | SEMWAIT    | ! | 0x0000000000386130 0x0000000000387098
 1 rtk_ep_work             | 057     |   920/2048  | SEMWAIT    | ! | 0x0000000000386130 0x0000000000387098
Panicked task 0xfffffe1b40e90000: 0 pages, 1 threads: pid 0: kernel_task
OS version: 22A380
"""

JETSAM = {"crashReporterKey": "f3", "largestProcess": "Shop", "memoryStatus": {}, "processes": [{"name": "Shop"}]}


def head(bug_type: str, **more: Any) -> str:
    known = {"app_name": "Shop", "name": "Shop", "bug_type": bug_type, "os_version": "iPhone OS 17.2 (21C62)"}
    return json.dumps(known | more) + "\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (head("202") + RESOURCE % "cpu usage", "bug_type 202 is a report of too much processor time"),
        (head("206") + RESOURCE % "cpu usage (fatal)", "bug_type 206 is a report of too much processor time"),
        (head("145") + RESOURCE % "disk writes", "bug_type 145 is a report of too much writing to disk"),
        (head("142") + RESOURCE % "wakeups", "bug_type 142 is a report of too many wakeups"),
        (head("188") + STACKSHOT, "bug_type 188 is a stackshot"),
        (head("210") + json.dumps({"panicString": PANIC}), "bug_type 210 is a kernel panic"),
        (head("298") + json.dumps(JETSAM), "bug_type 298 is a jetsam report"),
        (head("288") + json.dumps({"processByPid": {"0": {}}}), "bug_type 288 is a stackshot"),
        (head("228") + RESOURCE % "hang", "bug_type 228 is a report of a hang"),
        (RESOURCE % "cpu usage", "a report of too much processor time"),
        (RESOURCE % "disk writes", "a report of too much writing to disk"),
        (RESOURCE % "wakeups", "a report of too many wakeups"),
        (RESOURCE % "hang", "a report of a hang"),
        (RESOURCE % "luck", 'a report of the event "luck"'),
        (head("309") + RESOURCE % "cpu usage", "a report of too much processor time"),
        (head("109") + SLEEP_WAKE, "a report of a failure to sleep or to wake"),
        (STACKSHOT, "a stackshot"),
        (SLEEP_WAKE, "a report of a failure to sleep or to wake"),
        (PROCESSES, "a spindump"),
        (SAMPLE, "a sample of a running process"),
        (PANIC, "a kernel panic"),
        (head("309") + PANIC, "a kernel panic"),
        (json.dumps(JETSAM), "a jetsam report"),
        (json.dumps({"product": "Mac", "panicString": PANIC}), "a kernel panic"),
        (json.dumps({"procName": "Shop", "pid": 3}), "expected"),
    ],
)
def test_other_kinds_are_refused_by_name(text: str, what: str) -> None:
    for spelled in (text, text.replace("\n", "\r\n"), textwrap.indent(text, "> ")):
        with pytest.raises(NotACrashError, match="not a crash") as refused:
            symbolicate.process(spelled.encode())
        assert what in str(refused.value), spelled[:40]


CRASH = """\
Incident Identifier: 00000000-0000-4000-8000-000000000001
Hardware Model:      iPhone14,5
Process:             Shop [411]
Path:                /private/var/containers/Bundle/Application/0/Shop.app/Shop
Identifier:          com.example.shop
Version:             1.0 (1)
Code Type:           ARM-64 (Native)
Parent Process:      launchd [1]

Date/Time:           2025-03-02 10:11:12.1234 +0100
OS Version:          iPhone OS 17.5 (21F79)
Report Version:      104

%(exception)s
Triggered by Thread:  0

Thread 0 name:   Dispatch queue: com.apple.main-thread
Thread 0 Crashed:
%(frame)s
1   Shop                          \t0x0000000102f3c120 -[Cart total] + 32 (cart.m:14)
2   Shop                          \t0x0000000102f3c0a0 main + 64 (main.m:9)
3   dyld                          \t0x00000001b2c3ddec start + 2240

Binary Images:
       0x102f38000 -        0x102f3ffff Shop arm64  <11111111222233334444555555555555> /private/var/0/Shop.app/Shop
"""
FAULT = (
    "Exception Type:  EXC_BAD_ACCESS (SIGSEGV)\nException Subtype: KERN_INVALID_ADDRESS at %s\n"
    "Exception Codes: 0x0000000000000001, %s"
)
FRAME = "0   Shop                          \t0x0000000102f3c200 -[Cart add:] + 16 (cart.m:9)"


def crash(exception: str = FAULT % ("0x0000000000000010", "0x0000000000000010"), frame: str = FRAME) -> str:
    return CRASH % {"exception": exception, "frame": frame}


def named(text: str | bytes) -> tuple[str | None, str | None]:
    report = symbolicate.process(text.encode() if isinstance(text, str) else text)
    assert report.failure is not None
    assert symbolicate.explain_failure(report.to_json()).name == report.failure.name
    return report.failure.name, report.failure.event_type


@pytest.mark.parametrize(
    "text",
    [
        crash().split("Exception Type")[0],
        head("309") + "{}",
        json.dumps({"usedImages": [], "procName": "Shop", "threads": [], "osVersion": {"train": "iOS 17"}}),
        json.dumps({"crashDiagnostics": [{"diagnosticMetaData": {"osVersion": "iPhone OS 17.5 (21F79)"}}]}),
    ],
)
def test_a_report_without_stack_and_exception_has_no_failure(text: str) -> None:
    report = symbolicate.process(text.encode())
    assert (report.status, report.failure) == ("ERROR_NO_THREAD_LIST", None)
    assert report.system_info is not None
    assert report.system_info.os is not None


@pytest.mark.parametrize("address", ["0x0000000000000000", "000000000000000000", "0x0", "0x4141414141414141"])
@pytest.mark.parametrize("symbol", ["0 + 0", "???", "0x0 + 0", "0 + 4702111234474983745", "<unknown> + 0", "0x0"])
def test_a_jump_to_nowhere_is_the_callers(address: str, symbol: str) -> None:
    said = "0x0000000000000000" if address.strip("0x") == "" else address
    report = symbolicate.process(crash(FAULT % (said, said), f"0   ???    \t{address} {symbol}").encode())
    assert report.failure is not None
    assert report.failure.name == "INVALID_POINTER_EXECUTE_SIGSEGV_Shop!-[Cart_total]"
    assert report.crashing_thread is not None
    frames = report.crashing_thread.frames
    assert [frame.function for frame in frames] == [None, "-[Cart total]", "main", "start"]
    assert int(frames[0].offset or "1", 16) == int(said, 16)


@pytest.mark.parametrize(
    ("symbol", "function"),
    [
        ("0x102f38000 + 16896\t// -[Cart add:] + 0x1c", "-[Cart_add:]"),
        ("0x102f38000 + 0x4200\t// -[Cart add:] + 0x1c", "-[Cart_add:]"),
        ("0x102f38000 + 16896 (-[Cart add:] + 28)", "-[Cart_add:]"),
        ("0x102f38000 + 0x4200", "Unknown"),
        ("0x102f38000 + 16896", "Unknown"),
        ("0x102f38000 +\n  16896", "Unknown"),
        ("0x102f38000", "Unknown"),
        ("0x102f38000\n+ 16896", "Unknown"),
        ("<redacted> + 16", "Unknown"),
        ("<unknown>", "Unknown"),
        ("???", "Unknown"),
        ("0", "Unknown"),
        ("0000000102f38000 + 16896", "Unknown"),
        ("Shop + 16896", "Unknown"),
        ("Shop + 0x4200", "Unknown"),
        ("__hidden#123_ + 28", "Unknown"),
        ("Shop + 28", "Shop"),
    ],
)
def test_an_address_expression_is_no_function(symbol: str, function: str) -> None:
    report = symbolicate.process(crash(frame=f"0   Shop      \t0x0000000102f3c200 {symbol}").encode())
    assert report.failure is not None
    assert report.failure.function == function
    assert report.crashing_thread is not None
    [frame, *_] = report.crashing_thread.frames
    assert (frame.module, frame.module_offset) == ("Shop", "0x0000000000004200")
    assert (frame.function is None) == (function == "Unknown")


@pytest.mark.parametrize(
    ("code", "name", "event"),
    [
        ("0x8badf00d", "APPLICATION_HANG_WATCHDOG_8badf00d", "hang"),
        ("0x000000008badf00d", "APPLICATION_HANG_WATCHDOG_8badf00d", "hang"),
        ("0x0000000000000000, 0x000000008badf00d", "APPLICATION_HANG_WATCHDOG_8badf00d", "hang"),
        ("8badf00d", "APPLICATION_HANG_WATCHDOG_8badf00d", "hang"),
        ("0xbad22222", "VOIP_RESUME_bad22222", "crash"),
        ("0xc00010ff", "THERMAL_c00010ff", "crash"),
        ("0xdead10cc", "FILE_LOCK_HELD_dead10cc", "crash"),
        ("0xdeadfa11", "FORCE_QUIT_deadfa11", "crash"),
        ("0xbaaaaaad", "STACKSHOT_baaaaaad", "requested"),
        ("0xc51bad01", "RESOURCE_LIMIT_CPU_c51bad01", "crash"),
        ("0xc51bad02", "BACKGROUND_TIME_EXCEEDED_c51bad02", "crash"),
        ("0xc51bad03", "BACKGROUND_TIME_EXCEEDED_c51bad03", "crash"),
        ("0x1badcafe", "TERMINATION_1badcafe", "crash"),
    ],
)
def test_terminations_of_old_systems(code: str, name: str, event: str) -> None:
    for kind in ("00000020", "0x00000020"):
        text = crash(f"Exception Type:  {kind}\nException Codes: {code}")
        text = text.replace("Triggered by Thread:", "Highlighted Thread:").replace("Thread 0 Crashed:", "Thread 0:")
        assert named(text) == (f"{name}_Shop!-[Cart_add:]", event), kind


@pytest.mark.parametrize("namespace", ["SPRINGBOARD", "<0xF>", "RUNNINGBOARD"])
def test_terminations_by_namespace(namespace: str) -> None:
    exception = f"Exception Type: EXC_CRASH (SIGKILL)\nTermination Reason: Namespace {namespace}, Code 0x8badf00d"
    assert named(crash(exception)) == ("APPLICATION_HANG_WATCHDOG_8badf00d_Shop!-[Cart_add:]", "hang")


@pytest.mark.parametrize(
    ("exception", "name"),
    [
        ("EXC_RESOURCE\nException Subtype: CPU", "RESOURCE_LIMIT_CPU_EXC_RESOURCE"),
        ("EXC_RESOURCE\nException Subtype: CPU_FATAL", "RESOURCE_LIMIT_CPU_EXC_RESOURCE"),
        (
            "EXC_RESOURCE\nException Subtype: WAKEUPS\nException Message: (Limit 150/sec)",
            "RESOURCE_LIMIT_WAKEUPS_EXC_RESOURCE",
        ),
        ("EXC_RESOURCE\nException Subtype: MEMORY", "RESOURCE_LIMIT_MEMORY_EXC_RESOURCE"),
        ("EXC_RESOURCE\nException Subtype: IO", "RESOURCE_LIMIT_IO_EXC_RESOURCE"),
        ("EXC_RESOURCE\nException Subtype: THREADS", "RESOURCE_LIMIT_THREADS_EXC_RESOURCE"),
        ("EXC_RESOURCE\nException Subtype: MEMORY\nException Codes: 0x0, 0x0", "RESOURCE_LIMIT_MEMORY_EXC_RESOURCE"),
        ("EXC_GUARD\nException Subtype: GUARD_TYPE_FD, id=0x1", "FAIL_FAST_GUARD_FD_EXC_GUARD"),
        ("EXC_GUARD\nException Subtype: GUARD_TYPE_MACH_PORT", "FAIL_FAST_GUARD_MACH_PORT_EXC_GUARD"),
    ],
)
def test_resources_and_guards_in_words(exception: str, name: str) -> None:
    assert named(crash(f"Exception Type:  {exception}"))[0] == f"{name}_Shop!-[Cart_add:]"


def ips(**more: Any) -> str:
    frames = [
        {"imageIndex": 0, "imageOffset": 16896, "symbol": "-[Cart add:]", "symbolLocation": 16},
        {"imageIndex": 0, "imageOffset": 16512, "symbol": "main", "symbolLocation": 64},
    ]
    body = {
        "procName": "Shop",
        "cpuType": "ARM-64",
        "osVersion": {"train": "iPhone OS 17.5", "build": "21F79"},
        "exception": {"type": "EXC_BAD_ACCESS", "signal": "SIGSEGV", "subtype": "KERN_INVALID_ADDRESS at 0x10"},
        "threads": [{"triggered": True, "queue": "com.apple.main-thread", "frames": frames}],
        "usedImages": [{"base": 4343431168, "size": 32768, "name": "Shop", "arch": "arm64"}],
    }
    return head("309") + json.dumps(body | more, indent=2) + "\n"


@pytest.mark.parametrize(
    ("subtype", "name"),
    [
        ("KERN_INVALID_ADDRESS", "NULL_CLASS_PTR_SIGSEGV"),
        ("KERN_NO_ACCESS", "NULL_CLASS_PTR_SIGBUS"),
        ("KERN_MEMORY_ERROR", "IN_PAGE_ERROR_SIGBUS"),
        ("EXC_ARM_DA_ALIGN", "DATATYPE_MISALIGNMENT_SIGBUS"),
        ("EXC_ARM_SP_ALIGN", "DATATYPE_MISALIGNMENT_SIGBUS"),
        ("KERN_CODESIGN_ERROR", "CODESIGN_ERROR_SIGKILL"),
        ("UNKNOWN_0x32", "CODESIGN_ERROR_SIGKILL"),
    ],
)
def test_codes_in_words_are_those_in_numbers(subtype: str, name: str) -> None:
    exception = {"type": "EXC_BAD_ACCESS", "signal": "SIGSEGV", "subtype": f"{subtype} at 0x10"}
    report = symbolicate.process(ips(exception=exception).encode())
    assert report.failure is not None
    assert report.failure.name == f"{name}_Shop!-[Cart_add:]"
    assert report.crash_info is not None
    assert report.crash_info.type != "EXC_BAD_ACCESS / 0x00000000"


ANOTHER = "another report follows and is not read"


@pytest.mark.parametrize("between", ["\n\n", "\n", "\nEOF\n", "\n```\n\nand another one:\n\n```\n"])
@pytest.mark.parametrize("first", ["Incident Identifier: 1\n", "CrashReporter Key: 1\n", "Process: Shop [1]\n"])
def test_a_report_after_the_first_is_noted_and_not_read(first: str, between: str) -> None:
    alone = symbolicate.process(crash().encode())
    report = symbolicate.process(f"{crash().rstrip()}{between}{first}{crash()}".encode())
    assert [(len(thread.frames)) for thread in report.threads] == [len(thread.frames) for thread in alone.threads]
    assert report.modules == alone.modules
    assert report.failure == alone.failure
    assert ANOTHER in report.to_json().decode()
    assert ANOTHER not in alone.to_json().decode()


def test_an_exception_on_the_console() -> None:
    text = (
        "2025-03-02 10:11:12.123 Shop[411:1234] *** Terminating app due to uncaught exception 'NSRangeException', "
        f"reason: 'index 3'\n*** First throw call stack:\n(\n{backtrace()}\n)\n"
        "libc++abi: terminating with uncaught exception of type NSException\n"
    )
    with pytest.raises(NotACrashError, match="an exception of Objective-C on the console"):
        symbolicate.process(text.encode())
    # The stack alone.
    report = symbolicate.process(text.split("(\n", 1)[1].encode())
    assert report.crashing_thread is not None
    assert [frame.function for frame in report.crashing_thread.frames][-1] == "main"


def backtrace() -> str:
    return "\n".join(
        f"{index}   {image}      0x00007fff4590{index}32b {symbol}"
        for index, (image, symbol) in enumerate(
            [
                ("CoreFoundation", "__exceptionPreprocess + 171"),
                ("libobjc.A.dylib", "objc_exception_throw + 48"),
                ("Shop", "-[Cart itemAt:] + 34"),
                ("Shop", "main + 17"),
            ]
        )
    )


def test_the_backtrace_of_an_exception_under_another_heading() -> None:
    raised = "*** Terminating app due to uncaught exception 'NSRangeException', reason: 'index 3'"
    said = f"Exception Type: EXC_CRASH (SIGABRT)\n\nApplication Specific Information:\n{raised}\n\n"
    expected = "OBJC_EXCEPTION_NSRangeException_SIGABRT_Shop!-[Cart_itemAt:]"
    for heading in ("Last Exception Backtrace", "Application Specific Backtrace 1", "Application Specific Backtrace 0"):
        text = crash(f"{said}{heading}:\n{backtrace()}\n")
        report = symbolicate.process(text.encode())
        assert report.failure is not None
        assert report.failure.name == expected, heading
        assert len(report.last_exception_backtrace or ()) == 4
    abort = {"type": "EXC_CRASH", "signal": "SIGABRT"}
    assert named(ips(exception=abort, asi={"CoreFoundation": [raised]}, asiBacktraces=[backtrace()]))[0] == expected
    # The stack of a fault says more than an exception that was caught before it.
    assert named(crash() + f"\nApplication Specific Backtrace 1:\n{backtrace()}\n")[0] == (
        "NULL_CLASS_PTR_SIGSEGV_Shop!-[Cart_add:]"
    )


def numbered(mark: str) -> Callable[[str], str]:
    return lambda text: "".join(f"{number:4}{mark}{line}\n" for number, line in enumerate(text.splitlines(), 1))


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


PASTED: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "no-break spaces": lambda text: text.replace("  ", "\u00a0 ").replace(": ", ":\u00a0"),
    "no-break spaces everywhere": lambda text: text.replace(" ", "\u00a0"),
    "wide spaces": lambda text: text.replace(" ", "\u2003"),
    "zero width": lambda text: "\u200b" + text.replace("\n", "\u200b\n"),
    "tabs": lambda text: text.replace("    ", "\t"),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "byte order mark": lambda text: "\ufeff" + text,
    "indented": lambda text: textwrap.indent(text, "    "),
    "quoted": lambda text: "On Monday somebody wrote:\n\n" + textwrap.indent(text, "> ", lambda _: True),
    "quoted twice": lambda text: textwrap.indent(text, ">> ", lambda _: True),
    "fenced": lambda text: f"Here it is:\n\n```\n{text}```\n\nWhat is it?\n",
    "fenced with a language": lambda text: f'# Crash\n\nHere {{it}} is: {{"a": 1}}\n\n~~~json\n{text}~~~\n',
    "fenced and quoted": lambda text: textwrap.indent(f"Here:\n```\n{text}```\n", "> ", lambda _: True),
    "spoiler": lambda text: f"<details><summary>crash</summary>\n\n````\n{text}````\n</details>\n",
    "colon numbers": numbered(": "),
    "tab numbers": numbered("\t"),
    "bar numbers": numbered(" | "),
    "point numbers": numbered(". "),
    "space numbers": numbered("  "),
    "HTML": lambda text: f"<pre>{escaped(text)}</pre>\n",
    "quoted numbers": lambda text: textwrap.indent(numbered(": ")(text), "> ", lambda _: True),
}


@pytest.mark.parametrize("paste", PASTED)
def test_a_pasted_report_is_the_same_report(paste: str) -> None:
    for text in (crash(), ips(), head("109") + crash()):
        report = symbolicate.process(PASTED[paste](text).encode())
        assert report.failure is not None
        assert report.failure.name == "NULL_CLASS_PTR_SIGSEGV_Shop!-[Cart_add:]", text[:30]
        assert report.crashing_thread is not None
        assert report.crashing_thread.frames[0].module == "Shop"
        assert len(report.modules or ()) == 1


def test_white_space_in_strings_is_data() -> None:
    text = ips(asi={"Shop": ["a\u00a0b"]}).replace("\\u00a0", "\u00a0")
    report = symbolicate.process(text.encode())
    assert "a\u00a0b" in report.to_json().decode()


def test_metrickit_without_a_code_has_its_signal() -> None:
    frame = {"binaryName": "Shop", "binaryUUID": "11111111-2222-3333-4444-555555555555", "address": 4343448064}
    frame["offsetIntoBinaryTextSegment"] = 16896
    stacks = [{"threadAttributed": True, "callStackRootFrames": [frame]}]
    for code in (0, 1):
        meta = {
            "exceptionType": 1,
            "exceptionCode": code,
            "signal": 11,
            "virtualMemoryRegionInfo": "0 is not in any region",
        }
        diagnostic = {"callStackTree": {"callStacks": stacks, "callStackPerThread": True}, "diagnosticMetaData": meta}
        payload = json.dumps({"crashDiagnostics": [diagnostic]})
        assert (named(payload)[0] or "").endswith("_SIGSEGV_Shop!Unknown"), code


@pytest.mark.parametrize(("number", "signal"), [(16, "SIGURG"), (24, "SIGXCPU"), (30, "SIGUSR1"), (31, "SIGUSR2")])
def test_metrickit_names_every_signal(number: int, signal: str) -> None:
    frame = {"binaryName": "Shop", "binaryUUID": "11111111-2222-3333-4444-555555555555", "address": 4343448064}
    stacks = [{"threadAttributed": True, "callStackRootFrames": [frame]}]
    diagnostic = {"callStackTree": {"callStacks": stacks}, "diagnosticMetaData": {"signal": number}}
    name = named(json.dumps({"crashDiagnostics": [diagnostic]}))[0]
    assert name is not None
    assert f"_{signal}_" in name


def test_all_reports_of_the_fixtures_have_no_address_for_a_function() -> None:
    count = 0
    for path in sorted(REPORTS.iterdir()):
        if path.suffix not in {".ips", ".crash", ".json"} or path.name == "spin.ips":
            continue
        for report in reports(path):
            if report.failure is not None:
                count += 1
                assert not (report.failure.function or "").startswith(("0x", "+", "0"))
    assert count > 10


def reports(path: Path) -> list[symbolicate.Report]:
    return [report for report in symbolicate.process_many([path]) if isinstance(report, symbolicate.Report)]
