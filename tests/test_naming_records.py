"""Names made from the facts of public !analyze and Watson records, against the names printed there.

The printed name, the printed symbol and the hash are never given to naming. They are used for two things only: to
compare, and to see whether a name has words that no fact of a record can give.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import symbolicate
from places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from symbolicate import Failure

pytestmark = pytest.mark.corpora

ANSWERS = {
    "failure_bucket_id",
    "failure_id_hash_string",
    "failure_id_hash",
    "computed_hash",
    "bucket_id",
    "default_bucket_id",
    "symbol_name",
    "problem_classes",
}
ACCESS_VIOLATION = "c0000005"
# Words that come from disassembly, from memory contents, or from debuggers of before 2015.
BEYOND_FACTS = (
    "EXPLOITABLE",
    "NXCODE",
    "STRING_DEREFERENCE",
    "PTR_DEREFERENCE",
    "BEFORE_CALL",
    "AVRF",
    "NOSOS",
    "XAML",
)
# Files that every Windows has; the extension of these is known.
SYSTEM = {"ntdll", "kernel32", "kernelbase", "user32", "win32u", "ucrtbase", "msvcrt", "combase"}
SYSTEM_LIKE = ("vcruntime", "msvcp", "ucrtbase")


class Scored(NamedTuple):
    record: dict[str, Any]
    failure: Failure
    lacks: str | None

    @property
    def printed(self) -> str:
        name: str = self.record["failure_bucket_id"]
        return name

    @property
    def equal(self) -> bool:
        return (self.failure.name or "").lower() == self.printed.lower()


@pytest.fixture(scope="module")
def records(corpora: Path) -> list[dict[str, Any]]:
    lines = (corpora / "analyze" / "records.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def scored(records: list[dict[str, Any]]) -> list[Scored]:
    """The user-mode records that print a stack and an exception."""
    chosen = [one for one in records if one["mode"] == "um" and one.get("stack") and one.get("exception_code")]
    named = [(one, symbolicate.failure_name(facts(one), profile="windbg")) for one in chosen]
    return [Scored(one, failure, lacking(one, failure)) for one, failure in named]


def facts(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in ANSWERS}


def lacking(record: dict[str, Any], failure: Failure) -> str | None:
    """What a record's facts lack for its name; None if they suffice."""
    name = record["failure_bucket_id"]
    words = [word for word in BEYOND_FACTS if word in name]
    if words:
        return f"{words[0]} is from memory, disassembly or an old debugger"
    if not any("!" in frame or "+" in frame for frame in record["stack"]):
        return "the stack is an address alone"
    if "FILL_PATTERN" in name and name.split("FILL_PATTERN_")[1][:8] not in (record.get("fault_address") or ""):
        return "the fill pattern was in a register"
    execute = record.get("read_write") == "execute"
    if record["exception_code"] == ACCESS_VIOLATION and not execute and not record.get("fault_address"):
        return "the address touched is not printed"
    if record["exception_code"] == "c000027b":
        return "the stowed exception's HRESULT is not printed"
    return None if file_name_known(record, failure) else "the blamed module's file name is not printed"


def file_name_known(record: dict[str, Any], failure: Failure) -> bool:
    """The record gives the image of the blamed module, or the module is one that every Windows has, or no file."""
    module = (failure.image or "").lower().removesuffix(".dll")
    pseudo = "." in module and (failure.function or "").startswith("HANG_")
    return bool(record.get("image_name")) or pseudo or module in SYSTEM or module.startswith(SYSTEM_LIKE)


def parts(name: str, failure: Failure) -> Iterator[tuple[str, bool]]:
    """Class, code, image and function, each by itself."""
    left, function = name.lower().rsplit("!", 1)
    yield "class", left.startswith("_".join(failure.problem_classes or ()).lower() + "_" + (failure.code or ""))
    yield "code", f"_{failure.code}_" in left
    yield "image", left.endswith("_" + (failure.image or "").lower())
    yield "function", function == (failure.function or "").lower()


def test_names_from_facts(scored: list[Scored]) -> None:
    enough = [one for one in scored if one.lacks is None]
    misses = [one for one in enough if not one.equal]
    right: Counter[str] = Counter()
    for one in enough:
        right.update(part for part, good in parts(one.printed, one.failure) if good)
    # The figures in docs/naming.md.
    assert (len(scored), len(enough), len(misses)) == (41, 25, 1), [one.printed for one in misses]
    assert right == {"class": 24, "code": 25, "image": 25, "function": 25}
    assert len(misses) <= 0.1 * len(enough)


def test_every_miss_is_in_the_documentation(scored: list[Scored]) -> None:
    page = (ROOT / "docs" / "naming.md").read_text()
    for one in scored:
        assert one.equal or one.printed in page, one.printed


def test_a_name_never_comes_from_the_answer(records: list[dict[str, Any]]) -> None:
    for record in records:
        spoiled = {**record, "failure_bucket_id": "X!y", "symbol_name": "x!y", "bucket_id": "z"}
        assert (
            symbolicate.failure_name(record)
            == symbolicate.failure_name(spoiled)
            == symbolicate.failure_name(facts(record))
        )


def test_every_record_has_a_name(records: list[dict[str, Any]]) -> None:
    for record in records:
        failure = symbolicate.failure_name(record)
        assert failure.name
        assert failure.symbol
        assert failure.name.endswith(failure.symbol)


def test_every_published_hash(corpora: Path) -> None:
    lines = (corpora / "analyze" / "hash_pairs.tsv").read_text().splitlines()[1:]
    for line in lines:
        mode, name, expected = line.split("\t")[:3]
        assert symbolicate.failure_hash(name, mode) == expected
    assert len(lines) == 78


# Of Microsoft's "Get error reporting data for your desktop application".
def test_the_example_of_microsoft_s_documentation() -> None:
    facts = {
        "exception_code": "c0000006",
        "exception_parameters": ["0", "7ff600001000", "c000009c"],
        "process_name": "svchost.exe",
        "command_line": "C:\\Windows\\System32\\svchost.exe -k localservice -p",
        "stack": ["ntdll!RtlDecompressBuffer+0x10", "app!f+0x1"],
    }
    failure = symbolicate.failure_name(facts)
    assert failure.name == "SVCHOSTGROUP_localservice_IN_PAGE_ERROR_c0000006_hardware_disk!Unknown"
    assert failure.hash == "11242ef3-ebd8-d525-838d-b5497b225695"
    assert failure.symbol == "hardware_disk!Unknown"


def test_images_give_the_file_names(scored: list[Scored]) -> None:
    images = {
        "Fabric": "Fabric.exe",
        "calculator": "Calculator.exe",
        "Microsoft_ReactNative": "Microsoft.ReactNative.dll",
    }
    unknown = [one for one in scored if one.lacks is not None and "file name" in one.lacks]
    assert len(unknown) == len(images)
    for one in unknown:
        named = symbolicate.failure_name({**facts(one.record), "images": images}, profile="windbg")
        assert named.name == one.printed
