"""`symbolicate bucket` and `symbolicate.failure_name`: facts in, names out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import symbolicate
from symbolicate import RulesError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run, Samples

NULL = {
    "exception_code": "c0000005",
    "exception_parameters": ["0", "0"],
    "process_name": "app.exe",
    "stack": ["app!Main::run+0x1a", "kernel32!BaseThreadInitThunk+0x14"],
}
NAME = "NULL_POINTER_READ_c0000005_app.exe!Main::run"
RULES = """
version = "7"
[[rule]]
category = "own"
module = "app"
functions = "Main::*"
reason = "runs everything"
sighting = "everywhere"
"""


def ndjson(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_a_line_for_a_line(run: Callable[..., Run]) -> None:
    done = run("bucket", "name", stdin=ndjson(NULL) + b"{bad\n[1]\n" + ndjson(NULL))
    lines = [json.loads(line) for line in done.text.splitlines()]
    assert [line.get("name") for line in lines] == [NAME, None, None, NAME]
    assert [line.get("line") for line in lines if "error" in line] == [2, 3]
    assert done.code == 1
    keys = {"name", "hash", "symbol", "problem_classes", "code", "image", "function", "event_type", "hashes", "why"}
    assert keys <= lines[0].keys()
    assert lines[0]["hash"] == symbolicate.failure_hash(NAME)
    assert lines[0]["hashes"]["rules_version"] == "3"


def test_files_and_options(run: Callable[..., Run], tmp_path: Path) -> None:
    file = tmp_path / "facts.ndjson"
    file.write_bytes(ndjson(NULL)[:-1])
    own = tmp_path / "own.toml"
    own.write_text(RULES)
    newer = run("bucket", "name", file, "--vocabulary", "2410")
    assert json.loads(newer.out)["name"] == "INVALID_POINTER_READ_c0000005_app.exe!Main::run"
    assert (newer.code, newer.err) == (0, "")
    ruled = json.loads(run("bucket", "name", "--rules", own, file).out)
    # Nothing else is left to blame.
    assert ruled["name"] == NAME
    assert ruled["hashes"]["rules_version"] == "3+7"
    assert run("bucket", "name", tmp_path / "none").code == 1
    own.write_text("[[rule]]\n")
    assert run("bucket", "name", "--rules", own, file).code == 2


def test_hash(run: Callable[..., Run]) -> None:
    done = run("bucket", "hash", NAME, "x!y")
    assert done.text.splitlines() == [symbolicate.failure_hash(NAME), symbolicate.failure_hash("x!y")]
    assert run("bucket", "hash", stdin=f"{NAME}\nx!y\n".encode()).text == done.text
    kernel = run("bucket", "hash", "--mode", "km", "0x13C_nt!PspThreadDelete")
    assert kernel.text == "6fe88179-1572-f8e2-aeff-cd9c600ecf3a\n"


def test_rules_check(run: Callable[..., Run], tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(RULES)
    bad.write_text(RULES + 'actoin = "skip"\n\n[[rule]]\nmodule = "x"\n')
    done = run("bucket", "rules", "check", good)
    assert (done.code, done.text) == (0, f"{good}: good\n")
    done = run("bucket", "rules", "check", bad)
    assert done.code == 1
    assert [line.split(":")[1] for line in done.text.splitlines()] == ["9", "11", "11"]


def test_rules_diff(run: Callable[..., Run], tmp_path: Path, samples: Samples) -> None:
    own = tmp_path / "own.toml"
    own.write_text(RULES)
    facts = tmp_path / "facts.ndjson"
    facts.write_bytes(ndjson(NULL, {**NULL, "stack": ["app!Main::run", "app!start"]}))
    report = tmp_path / "report.json"
    report.write_bytes(run("report", samples.dump, "--symbols", samples.symbols, "--format", "json", "--pretty").out)
    done = run("bucket", "rules", "diff", "built-in", own, facts, report, "--format", "ndjson")
    moves = [json.loads(line) for line in done.out.splitlines()]
    assert {"old": NAME, "new": "NULL_POINTER_READ_c0000005_app.exe!start", "count": 1} in moves
    assert done.code == 0
    assert run("bucket", "rules", "diff", own, own, facts).text == "0 of 2 would move, 0 different moves\n"


def test_a_report_names_itself_the_same(run: Callable[..., Run], samples: Samples) -> None:
    document = run("report", samples.dump, "--symbols", samples.symbols, "--format", "ndjson").out
    failure = json.loads(document)["failure"]
    again = json.loads(run("bucket", "name", stdin=document).out)
    for key in ("name", "hash", "symbol", "problem_classes", "code", "hashes", "event_type"):
        assert again[key] == failure[key], key


def test_report_explains(run: Callable[..., Run], samples: Samples) -> None:
    done = run("report", "--explain", samples.dump, "--symbols", samples.symbols)
    assert "Why this name" in done.text
    assert "blamed" in done.text
    assert run("report", "--explain", "--format", "json", samples.dump).code == 2


def test_facts_may_be_a_struct() -> None:
    class Facts(msgspec.Struct):
        exception_code: int = 0xC0000094
        stack: tuple[str, ...] = ("a.exe!f",)

    assert symbolicate.failure_name(Facts()).name == "INTEGER_DIVIDE_BY_ZERO_c0000094_a.exe!f"


def test_explain_failure() -> None:
    explained = symbolicate.explain_failure({**NULL, "stack": ["KERNELBASE!RaiseException", "app!f", "app!main"]})
    assert [one.outcome for one in explained.frames] == ["passed over", "blamed", "not needed"]
    first = explained.frames[0]
    assert (first.category, first.action) == ("raise", "skip")
    assert first.rule is not None
    assert first.rule.startswith("windows.toml:")
    assert "address 0" in explained.class_from


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {"signal": "SIGSEGV", "si_code": "SEGV_MAPERR", "fault_address": 0, "stack": ["libgame.so!f"]},
            "NULL_POINTER_SIGSEGV_libgame.so!f",
        ),
        (
            {
                "platform": "android",
                "signal": 6,
                "abort_message": "stack corruption detected (-fstack-protector)",
                "stack": ["libc.so!abort", "libc.so!__stack_chk_fail", "liba.so!f"],
            },
            "FAIL_FAST_STACK_BUFFER_OVERRUN_STACK_COOKIE_CHECK_FAILURE_SIGABRT_liba.so!f",
        ),
        (
            {
                "platform": "ios",
                "mach_exception": "EXC_BAD_ACCESS",
                "mach_code": "KERN_INVALID_ADDRESS",
                "fault_address": "0x10",
                "stack": ["App!-[Model load]"],
            },
            "NULL_CLASS_PTR_SIGSEGV_App!-[Model_load]",
        ),
        (
            {"platform": "ios", "termination": "0x8badf00d", "stack": ["App!run"]},
            "APPLICATION_HANG_WATCHDOG_8badf00d_App!run",
        ),
        (
            {
                "platform": "android",
                "exception": {"language": "java", "type": "java.lang.IllegalStateException"},
                "process_name": "com.example",
                "stack": [{"module": "app.apk", "function": "com.example.Main.run"}],
            },
            "JVM_EXCEPTION_java.lang.IllegalStateException_e06a766d_app.apk!com.example.Main.run",
        ),
        (
            {
                "exception_code": "e0434352",
                "exception": {"type": "System.NullReferenceException"},
                "stack": ["P!P.App+<>c.<M>b__5_2"],
                "images": {"P": "P.dll"},
            },
            "CLR_EXCEPTION_System.NullReferenceException_80004003_P.dll!P.App+__c._M_b__5_2",
        ),
        (
            {
                "exception_code": "c000027b",
                "stowed": {"hresult": "80070490", "kind": "IRestrictedErrorInfo", "text": "Element not found"},
                "stack": ["Calculator!Show"],
                "images": {"Calculator": "Calculator.exe"},
            },
            "STOWED_EXCEPTION_IRestrictedErrorInfo_TEXT_Element_not_found_80070490_Calculator.exe!Show",
        ),
        (
            {
                "exception_code": "c0000374",
                "heap_error": "BlockNotBusy_DOUBLE_FREE",
                "stack": ["fancyzones!_free_base"],
            },
            "HEAP_CORRUPTION_ACTIONABLE_BlockNotBusy_DOUBLE_FREE_c0000374_fancyzones.dll!_free_base",
        ),
        (
            {"hang": True, "package": "Microsoft.WindowsCalculator", "hang_kind": "QUIESCE"},
            "MOAPPLICATION_HANG_cfffffff_Microsoft.WindowsCalculator!HANG_QUIESCE",
        ),
        (
            {"exception_code": "c00000fd", "stack_pointer_mismatch": True, "process_name": "SLScripting.exe"},
            "STACK_OVERFLOW_STACK_POINTER_MISMATCH_c00000fd_unknown!noop",
        ),
        (
            {"exception_code": "c0000602", "package": "App!Id"},
            "FAIL_FAST_EXCEPTION_c0000602_App_Id!unknown_error_in_application",
        ),
        (
            {"exception_code": "e0434352", "exception_parameters": ["80131501"], "process_name": "PowerLauncher.exe"},
            "CLR_EXCEPTION_80131501_PowerLauncher.exe!unknown_function",
        ),
        (
            {
                "platform": "linux",
                "exception": {"language": "python", "type": "KeyError"},
                "stack": [{"module": "jobs.py", "function": "run"}],
            },
            "PY_EXCEPTION_KeyError_e0707974_jobs.py!run",
        ),
        ({}, "APPLICATION_FAULT_0_unknown!unknown_error_in_process"),
    ],
)
def test_families(facts: dict[str, Any], expected: str) -> None:
    assert symbolicate.failure_name(facts).name == expected


@pytest.mark.parametrize(
    "facts",
    [
        {"stack": ["?" * 155_000]},
        {"stack": ["a!" + "f<" * 1000 + "int" + ">" * 1000]},
        {"stack": ["a!b"] * 30_000, "exception_code": "c00000fd"},
        {"stack": ["a!\"\u202e\u0000\U0001f4a5 \n\t'"]},
        {"stack": ["", "!", "!!", "a!", "!b", "+0x1"]},
        {"process_name": "\U0001f4a5.exe", "exception_code": -1},
        {
            "exception_code": "c0000005",
            "signal": "SIGSEGV",
            "mach_exception": 1,
            "platform": "windows",
            "hang": True,
            "termination": 1,
        },
        {"signal": "SIG!NONSENSE" * 100, "platform": "linux"},
        {
            "exception": {"language": "clr", "type": "T" * 10_000},
            "tags": ["a!b", "\u202e"],
            "service_group": "g" * 5000,
        },
        {"stack": [{"module": "a", "function": None, "offset": "zz"}]},
    ],
)
def test_whatever_comes_in_a_valid_name_comes_out(facts: dict[str, Any]) -> None:
    failure = symbolicate.failure_name(facts)
    assert failure.name is not None
    assert 0 < len(failure.name) <= 512
    assert failure.name.isascii()
    assert failure.name.isprintable()
    assert " " not in failure.name
    assert failure.name.count("!") == 1
    assert failure.why
    assert len(failure.why) < 100


@pytest.mark.parametrize(
    "facts", [b"", b"[]", b"{", b'{"stack": 1}', b'{"stack": [1]}', b'{"thread": "x"}', b"\xff{}", b"{" * 100_000]
)
def test_what_is_no_record(facts: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        symbolicate.failure_name(facts)


def test_wrong_rules(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"[[rule]]\nmodule = 1\n\xff")
    with pytest.raises(RulesError, match=r"bad\.toml:3: not UTF-8"):
        symbolicate.failure_name({}, rules=bad)
    with pytest.raises(RulesError):
        symbolicate.failure_name({}, rules=tmp_path / "none.toml")
