"""Reports as HTML: one valid file without requests, whose text is data; its scripts and styles are the allowed ones."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from page_client import Parsed
from sample_reports import SAMPLES, frame, report
from symbolicate import Report
from symbolicate.render.html import html_pieces, page_end, page_start

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run, Samples

HOSTILE = "</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>'\"{{ 7*7 }}\x1b\u202e"


def page(*documents: dict[str, Any]) -> str:
    bodies = (piece for one in documents for piece in html_pieces(Report.from_json(msgspec.json.encode(one))))
    return "".join((page_start(), *bodies, page_end()))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_is_valid_and_makes_no_request(name: str) -> None:
    parsed = Parsed(page(SAMPLES[name]()))
    for tag, attributes in parsed.elements:
        assert tag not in {"img", "link", "iframe", "object", "base", "form"}
        if (tag, attributes.get("class"), attributes.get("rel")) == ("a", "source", "noreferrer"):
            # Paths of the samples name this host; a link makes no request until somebody follows it.
            assert (attributes.pop("href") or "").startswith("https://hg.mozilla.org/mozilla-central/file/")
        assert not attributes.keys() & {"src", "href", "srcset", "action", "style"}
        assert not any(name.startswith("on") for name in attributes)


def test_the_blamed_frame_of_a_last_exception_is_marked_and_comes_first() -> None:
    document = report([frame(0, "abort")]) | {"last_exception_backtrace": [frame(0, "throw"), frame(1, "main")]}
    for blamed, marked in (
        ({"stack": "last_exception_backtrace", "frame": 1}, "main"),
        ({"thread": 1, "frame": 0}, "abort"),
    ):
        document["failure"] |= {"blamed": blamed}
        text = page(document)
        assert text.count('<strong class="mark">blamed</strong>') == 1
        assert f'{marked} <strong class="mark">blamed</strong>' in text
        first = text.index("Last exception backtrace</summary>") < text.index("<summary>Thread 1")
        assert first is (marked == "main")


def test_the_policy_allows_the_script_and_the_style_of_the_page_alone() -> None:
    parsed = Parsed(page(SAMPLES["inlined"]()))
    [policy] = [one["content"] for tag, one in parsed.elements if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(parsed.inside(tag).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_text_of_the_crash_is_text_of_the_page() -> None:
    document = report([frame(0, HOSTILE, 3, module=HOSTILE, file=HOSTILE), frame(1, None, trust="scan")])
    document["threads"][1]["thread_name"] = HOSTILE
    document["failure"] |= {"name": HOSTILE, "symbol": HOSTILE, "function": HOSTILE, "why": [HOSTILE]}
    document["crash_info"] |= {"type": HOSTILE, "assertion": HOSTILE}
    document["exceptions"] = [{"type": HOSTILE, "message": HOSTILE, "stack_trace": HOSTILE}]
    document["application_info"] = {"messages": [{"module": HOSTILE, "message": HOSTILE}]}
    document["crashpad"] = {"annotations": {HOSTILE: HOSTILE}}
    document["modules"] = [{"filename": HOSTILE, "version": HOSTILE, "symbols": {"status": "missing", "file": HOSTILE}}]
    document["report"] = {"properties": {HOSTILE: HOSTILE}}
    text = page(document)
    parsed = Parsed(text)
    assert [tag for tag, _ in parsed.elements].count("script") == 1
    assert "img" not in {tag for tag, _ in parsed.elements}
    assert "alert" not in parsed.inside("script")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "{{ 7*7 }}" in parsed.inside("h1")


def test_the_blamed_frame_is_marked_and_inner_frames_are_not() -> None:
    document = report([frame(0, "abort"), frame(1, "game::poke", 2), frame(2, "main", 3)])
    document["failure"]["blamed"] = {"thread": 1, "frame": 1}
    rows = re.findall(r'<tr class="(\w+)">\s*<td class="number">(\d*)</td>', page(document))
    assert rows[:3] == [("skipped", "0"), ("blamed", "1"), ("frame", "2")]


def test_a_page_of_many_frames_is_bounded() -> None:
    document = report([frame(index, f"f{index}", index) for index in range(30_000)])
    document["threads"] += [{"thread_id": number, "frames": document["threads"][1]["frames"]} for number in range(3)]
    text = page(document)
    assert "28,000 frames are not shown" in text
    assert text.count('<td class="number">') < 23_000


def test_the_command_writes_one_page_for_several_crashes(run: Callable[..., Run], samples: Samples) -> None:
    done = run("report", samples.dump, samples.dump, "--symbols", samples.symbols, "--format", "html")
    assert done.code == 0, done.err
    tags = [tag for tag, _ in Parsed(done.text).elements]
    assert (tags.count("html"), tags.count("article"), tags.count("script")) == (1, 2, 1)
