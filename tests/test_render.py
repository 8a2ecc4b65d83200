"""Rendered reports: equal to the golden files, of limited width, and safe to display."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import msgspec
import pytest

from sample_reports import SAMPLES, frame
from symbolicate import Report
from symbolicate.render.human import Detail, human
from symbolicate.render.md import md
from symbolicate.render.plain import escape, source
from symbolicate.render.quoting import fenced

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATS = {"txt": human, "md": md}
DETAILS = {
    "usual": Detail(),
    "brief": Detail(brief=True),
    "all": Detail(all_threads=True),
}


def sample(name: str) -> Report:
    return Report.from_json(msgspec.json.encode(SAMPLES[name]()))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", SAMPLES)
def test_renderings(name: str, kind: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.{kind}", FORMATS[kind](sample(name), DETAILS["usual"]))


@pytest.mark.parametrize("detail", ["brief", "all"])
def test_details(detail: str, golden: Callable[[str, str], None]) -> None:
    golden(f"inlined.{detail}.txt", human(sample("inlined"), DETAILS[detail]))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("name", SAMPLES)
def test_only_plain_characters_are_shown(name: str, detail: str, kind: str) -> None:
    text = FORMATS[kind](sample(name), DETAILS[detail])
    bad = {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - {"\n"}
    assert not bad


@pytest.mark.parametrize("name", ["inlined", "recursive", "empty"])
def test_lines_are_readable_at_100_columns(name: str) -> None:
    long = [line for line in human(sample(name), DETAILS["all"]).splitlines() if len(line) > 100]
    # A name is never cut: only a function's name may make a line longer, and then nothing else is on it.
    assert all("std::__ndk1" in line for line in long)


def test_a_code_span_cannot_be_ended() -> None:
    text = md(sample("hostile"), DETAILS["usual"])
    heading = text.splitlines()[0]
    assert heading.startswith("# ```")
    assert heading.endswith("```")
    assert "<script>" not in text.replace("`` \\| <script>", "").replace("`` | <script>", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünï 日本", "plain ünï 日本"),
        ("\x00\x1b[31m\x7f\x9b", "\\x00\\x1b[31m\\x7f\\x9b"),
        ("a\u202eb\u2028\ufeff", "a\\u202eb\\u2028\\ufeff"),
        ("\udc80", "\\udc80"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_escapes(text: str, shown: str) -> None:
    assert escape(text) == shown


@pytest.mark.parametrize(
    ("file", "line", "shown"),
    [
        ("/a/b/c.cc", 3, "b/c.cc:3"),
        (r"c:\a\b\c.cc", 3, "b/c.cc:3"),
        ("c.cc", None, "c.cc"),
        ("hg:hg.mozilla.org/x:mozglue/misc/a.cpp:0123", 9, "misc/a.cpp:9"),
        (None, 3, ""),
        ("", 3, ""),
    ],
)
def test_sources_are_short(file: str | None, line: int | None, shown: str) -> None:
    assert source(file, line) == shown


ENDS = {
    "stack_memory_end": "… the stack memory in the dump ends here",
    "not_found": "… no caller found",
    "frame_limit": "… the limit of frames was reached",
}


@pytest.mark.parametrize("end", [*ENDS, "root", "zero"])
def test_a_stack_that_ends_too_early_says_why(end: str) -> None:
    document = SAMPLES["recursive"]()
    document["threads"][1]["end"] = end
    report = Report.from_json(msgspec.json.encode(document))
    for render in FORMATS.values():
        shown = [text for text in ENDS.values() if text in render(report, DETAILS["brief"])]
        assert shown == ([ENDS[end]] if end in ENDS else [])


@pytest.mark.parametrize("kind", FORMATS)
def test_a_stack_without_end_shows_both_ends(kind: str) -> None:
    document = SAMPLES["inlined"]()
    # A walk over a tree: it never repeats itself.
    names = [f"{'left' if i * i % 7 < 3 else 'right'}(Node*, int)" for i in range(10_000)]
    frames = [frame(i, name, offset=f"0x{i * i:016x}") for i, name in enumerate(names)]
    document["threads"][1] |= {"frames": frames, "frame_count": len(frames)}
    report = Report.from_json(msgspec.json.encode(document))
    text = FORMATS[kind](report, DETAILS["brief"])
    assert "9,744 frames not shown" in text
    assert len(text.splitlines()) < 400
    assert [i for i in range(10_000) if f"\n{i:>4}  " in text] == [*range(224), *range(9968, 10_000)]
    assert len(FORMATS[kind](report, DETAILS["all"]).splitlines()) > 10_000


def test_an_explanation_cannot_leave_its_block() -> None:
    assert fenced("\nWhy\n```\n# x\n") == "\n````text\nWhy\n```\n# x\n````\n"


def test_a_requested_dump_is_no_crash() -> None:
    document = SAMPLES["inlined"]()
    document["crash_info"]["requested"] = True
    document["failure"]["event_type"] = "requested"
    text = human(Report.from_json(msgspec.json.encode(document)), DETAILS["brief"])
    assert "Event        a requested dump: nothing crashed" in text
    assert 'Thread 1 "Game Thread" requested the dump' in text
    assert "crashed" not in text.replace("nothing crashed", "")


@pytest.mark.parametrize(
    ("event_type", "did"),
    [
        ("crash", "crashed"),
        ("hang", "did not respond"),
        ("requested", "was captured"),
        ("handled", "reported a handled error"),
    ],
)
def test_the_heading_of_the_thread_agrees_with_the_event(event_type: str, did: str) -> None:
    document = SAMPLES["inlined"]()
    document["failure"]["event_type"] = event_type
    text = human(Report.from_json(msgspec.json.encode(document)), DETAILS["brief"])
    assert f'Thread 1 "Game Thread" {did}' in text
    assert ("Event  " in text) == (event_type != "crash")


def test_an_address_is_said_once() -> None:
    document = SAMPLES["inlined"]()
    document["crash_info"]["address"] = "0x0000000000000010"
    for offset, shown in (("0x0000000000000010", "(write, null-pointer)"), ("0x8", "(write, null-pointer: 0x8)")):
        document["crash_info"]["adjusted_address"] = {"kind": "null-pointer", "offset": offset}
        assert shown in human(Report.from_json(msgspec.json.encode(document)), DETAILS["brief"])
