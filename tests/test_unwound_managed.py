"""Managed exceptions are named after what failed, in every spelling and through every bridge."""

from __future__ import annotations

import pytest

import symbolicate
from places import FIXTURES
from symbolicate import Report

SAMPLES = FIXTURES / "managed"
NAMES = dict(line.split("\t") for line in (SAMPLES / "names.tsv").read_text().splitlines())


def named(data: bytes) -> Report:
    return symbolicate.process(data)


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def test_every_sample_has_a_name() -> None:
    assert sorted(NAMES) == sorted(path.name for path in SAMPLES.iterdir() if path.name != "names.tsv")


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    report = named(sample(name))
    assert report.failure is not None
    assert report.failure.name == NAMES[name]
    again = symbolicate.explain_failure(report.to_json())
    assert (again.name, again.hashes) == (report.failure.name, report.failure.hashes)


def test_frames_without_a_name_stay_frames() -> None:
    report = named(sample("native-nameless.txt"))
    assert report.crashing_thread is not None
    found = [(frame.module, frame.module_offset, frame.function) for frame in report.crashing_thread.frames]
    assert found == [
        ("Shop.Windows", "0x0000000000bd7629", None),
        ("SharedLibrary", "0x00000000004c9f1a", None),
    ]


def test_places_in_one_module_have_strict_hashes_of_their_own() -> None:
    text = sample("native-nameless.txt")
    one, other = (named(text.replace(b"bd7629", offset)).failure for offset in (b"bd7629", b"bd7b4d"))
    assert one is not None
    assert other is not None
    assert one.hash == other.hash
    assert one.hashes is not None
    assert other.hashes is not None
    assert one.hashes.strict != other.hashes.strict


def test_a_position_without_a_file_is_line_and_column() -> None:
    report = named(sample("react-text.txt"))
    assert report.failure is not None
    assert report.failure.event_type == "jse"
    assert report.crashing_thread is not None
    top = report.crashing_thread.frames[0]
    assert (top.function, top.line, top.module) == ("total", 1, "index.android.bundle")
    assert [one.type for one in report.exceptions] == [
        "com.facebook.react.common.JavascriptException",
        "TypeError",
    ]


def test_a_shortened_recursion_keeps_its_count() -> None:
    report = named(sample("console-stack-overflow.txt"))
    assert report.crashing_thread is not None
    recursion = report.crashing_thread.recursion
    assert recursion is not None
    assert (recursion.first, recursion.period, recursion.repeats, recursion.omitted) == (0, 2, 24061, 48120)
    assert len(report.crashing_thread.frames) == 3


def test_a_log_tells_the_process() -> None:
    report = named(sample("android-log.txt"))
    assert report.process is not None
    assert (report.process.name, report.pid) == ("com.example.shop", 1234)


def test_anonymous_functions_are_frames_and_are_not_blamed() -> None:
    text = sample("react-text.txt")
    assert b"stack:\ntotal@1" in text
    report = named(text.replace(b"stack:\n", b"stack:\nanonymous@1:12\n"))
    assert report.crashing_thread is not None
    found = [(frame.function, frame.module, frame.line) for frame in report.crashing_thread.frames]
    bundle = "index.android.bundle"
    assert found == [(None, bundle, 1), ("total", bundle, 1), (None, bundle, 1)]
    assert report.failure is not None
    assert report.failure.function == "total"
    assert report.failure.blamed is not None
    assert report.failure.blamed.frame == 1
