"""The report has every key that rust-minidump's has; the classes and the page know every key of the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

import report_schema
import symbolicate
import unwound_samples
from places import FIXTURES, HERE, ROOT
from report_keys import OPEN, of_classes, of_document
from symbolicate import InputError, Report, Session, SymbolStore
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Samples

# Their search for flipped bits, which is not done here: the key above is there and null.
NOT_ANALYSED = ("crash_info.possible_bit_flips[]",)
# The small dump does not hold the crashing instruction.
NO_CODE = "crash_info.memory_accesses[]"
# Fixtures of crashes without a dump.
TEXTS = ("android-reports", "apple-reports", "dart", "managed", "windows-errors")
METRIC_KIT = json.dumps(
    {
        "timeStampEnd": "2024-01-01 00:00:00",
        "crashDiagnostics": [
            {
                "diagnosticMetaData": {"signal": 11, "exceptionType": 1, "osVersion": "iPhone OS 17.2 (21C62)"},
                "callStackTree": {"callStacks": [{"threadAttributed": True, "callStackRootFrames": []}]},
            }
        ],
    }
).encode()
KINDS = {
    "minidump",
    "appcenter_apple",
    "appcenter_managed",
    "appcenter_handled",
    "apple_ips",
    "apple_crash",
    "metrickit",
    "stack_trace",
    "android_tombstone",
    "android_anr",
    "windows_event",
    "wer_report",
}
# Lists of frames that are not a thread's.
FRAME_LISTS = ("exceptions[].frames[].", "last_exception_backtrace[].")


def theirs() -> set[str]:
    """The keys of rust-minidump's JSON, from its own test outputs and its published schema."""
    lines = (HERE / "rust-minidump-keys.txt").read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def fixtures() -> list[Path]:
    return sorted((FIXTURES / "dumps").rglob("*.dmp"))


@pytest.fixture
def document(samples: Samples) -> dict[str, object]:
    """The report of the small dump."""
    found: dict[str, object] = json.loads(Session(samples.symbols).report_json(samples.dump))
    return found


def test_the_classes_have_their_keys() -> None:
    assert theirs() <= of_classes().keys()


def test_a_report_has_their_keys(document: dict[str, object]) -> None:
    """What every report must have: all their keys but those inside lists and objects that this dump has none of."""
    ours = of_document(document)
    absent = {key for key in theirs() - ours if key.rpartition(".")[0].removesuffix("[]") in {"", *ours}}
    empty = ("lsb_release", "unloaded_modules", "handles", "proc_limits", "mac_crash_info", "unloaded")
    missing = {
        key for key in absent if not any(part in key for part in (*empty, "adjusted_address", NO_CODE, *NOT_ANALYSED))
    }
    assert missing == set()


def test_the_classes_know_every_key(document: dict[str, object]) -> None:
    known = of_classes().keys()
    store = SymbolStore(sources=[FIXTURES / "symbols"])
    reports = [result for result in Session(store).reports_json(fixtures()) if not isinstance(result, InputError)]
    assert len(reports) == len(fixtures()) > 0
    assert set().union(of_document(document), *(of_document(json.loads(one)) for one in reports)) - known == set()


def test_a_report_says_the_same_after_decoding(document: dict[str, object]) -> None:
    decoded = msgspec.to_builtins(Report.from_json(json.dumps(document)))

    def same(before: object, after: object, path: str) -> None:
        if isinstance(before, dict) and isinstance(after, dict):
            for name, value in before.items():
                # Null is the default, and defaults are left out.
                if value is not None and value != []:
                    same(value, after[name], f"{path}.{name}")
        elif isinstance(before, list) and isinstance(after, (list, tuple)):
            assert len(before) == len(after), path
            for one, other in zip(before, after, strict=True):
                same(one, other, path)
        else:
            assert before == after, path

    same(document, decoded, "")


@pytest.mark.parametrize(
    ("name", "generated"),
    [(report_schema.PAGE, report_schema.page), (report_schema.SCHEMA, report_schema.json_schema_text)],
)
def test_the_page_and_the_json_schema_are_current(update_golden: bool, name: str, generated: Callable[[], str]) -> None:
    path = ROOT / "docs" / name
    if update_golden:
        path.write_text(generated(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == generated(), f"{path} is out of date: `make golden` writes it"


def test_reports_of_every_kind_of_input_are_valid_by_the_json_schema(document: dict[str, object]) -> None:
    schema = json.loads((ROOT / "docs" / report_schema.SCHEMA).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    session = Session(SymbolStore(sources=[FIXTURES / "symbols"]))
    dump = session.report(next(path for path in fixtures() if "arm64" in str(path)))
    made = [
        unwound_samples.container(unwound_samples.appcenter(dump)),
        unwound_samples.ips(dump),
        unwound_samples.text(dump),
        METRIC_KIT,
    ]
    texts = [path for folder in TEXTS for path in sorted((FIXTURES / folder).rglob("*")) if path.is_file()]
    results = [one for one in session.reports_json([*fixtures(), *texts, *made]) if not isinstance(one, InputError)]
    documents = [document, *map(json.loads, results)]
    for one in documents:
        validator.validate(one)
    assert {one["input"]["kind"] for one in documents} == KINDS
    wrong = {**document, "threads": [{"frames": [{"line": "one"}]}]}
    assert [error.json_path for error in validator.iter_errors(wrong)] == ["$.threads[0].frames[0].line"]


def test_the_page_describes_every_key_and_no_other() -> None:
    page = (ROOT / "docs" / "report-schema.md").read_text()
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| `")]
    described = {row[1].strip().strip("`"): row[2].strip() for row in rows}
    # The crashed thread has the keys of any thread, a frame those of any frame: they are described once.
    classes = of_classes()
    told_above = {"crashing_thread.": "threads[].", **dict.fromkeys(FRAME_LISTS, "threads[].frames[].")}
    again = {
        key
        for key in classes
        for head, at in told_above.items()
        if key.startswith(head) and at + key.removeprefix(head) in classes
    }
    keys = {key: kind for key, kind in classes.items() if key not in again}
    assert described == keys


def test_a_newer_report_and_one_of_rust_minidump_can_be_read() -> None:
    newer = b'{"schema_version": 99, "new": {"key": 1}, "threads": [{"frames": [{"function": "f", "newer": []}]}]}'
    assert Report.from_json(newer).threads[0].frames[0].function == "f"
    with pytest.raises(ValueError, match="schema_version"):
        Report.from_json(b'{"schema_version": "one"}')


def test_a_report_is_read_only() -> None:
    report = symbolicate.process(tiny_dump())
    with pytest.raises(AttributeError):
        report.status = "changed"  # type: ignore[misc]
    hash(report.threads[0].frames[1])


@pytest.mark.corpora
def test_the_list_of_their_keys_is_whole(corpora: Path) -> None:
    found: set[str] = set()
    for path in corpora.glob("*/expected-rust-minidump/*.json"):
        found |= of_document(json.loads(path.read_text()))
    assert found <= theirs()


@pytest.mark.corpora
def test_their_outputs_can_be_read(corpora: Path) -> None:
    for path in corpora.glob("*/expected-rust-minidump/*.json"):
        report = Report.from_json(path.read_bytes())
        assert len(report.threads) == report.thread_count


@pytest.mark.corpora
def test_reports_of_real_dumps_have_their_keys(corpora: Path) -> None:
    expected = list(corpora.glob("*/expected-rust-minidump/*.json"))
    dumps = {path.stem: path for path in corpora.rglob("*.dmp")}
    pairs = [(path, dumps[path.stem]) for path in expected if path.stem in dumps]
    assert pairs
    known = of_classes().keys()
    for path, dump in pairs:
        ours = of_document(json.loads(Session().report_json(dump)))
        needed = {key for key in of_document(json.loads(path.read_text())) if not key.startswith(NOT_ANALYSED)}
        # Inlines need symbols, which this session has none of.
        assert {key for key in needed - ours if "inlines[]" not in key} == set(), path
        assert ours <= known


def test_the_open_parts_are_open() -> None:
    assert {key.rpartition(".")[2] for key in of_classes()} >= set(OPEN)
