"""The report has every key that rust-minidump's has; the classes and the page know every key of the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

import symbolicate
from places import FIXTURES, HERE, ROOT
from report_keys import OPEN, of_classes, of_document
from symbolicate import InputError, Report, Session, SymbolStore
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Samples

# Their search for flipped bits, which is not done here: the key above is there and null.
NOT_ANALYSED = ("crash_info.possible_bit_flips[]",)
# The small dump does not hold the crashing instruction.
NO_CODE = "crash_info.memory_accesses[]"
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
    told = {
        key for key in absent if not any(part in key for part in (*empty, "adjusted_address", NO_CODE, *NOT_ANALYSED))
    }
    assert told == set()


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
        # Inlines need symbols, which are not given here.
        assert {key for key in needed - ours if "inlines[]" not in key} == set(), path
        assert ours <= known


def test_the_open_parts_are_open() -> None:
    assert {key.rpartition(".")[2] for key in of_classes()} >= set(OPEN)
