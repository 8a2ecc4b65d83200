"""Links to source: patterns, paths and revisions; nothing that a crash or a symbol file says can change the host."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_reports import frame, report
from symbolicate import Report
from symbolicate.render.brief import brief
from symbolicate.render.html import html_pieces
from symbolicate.render.links import SourceLinks, check_pattern, link_of, links_for
from symbolicate.render.plain import source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run, Samples

HOST = "https://code.example/own/game"
PATTERN = HOST + "/blob/{revision}/{path}#L{line}"


@pytest.mark.parametrize(
    ("file", "line", "found"),
    [
        ("/build/src/game/npc.cc", 12, "/blob/v1.0/src/game/npc.cc#L12"),
        ("/build/a b#?%/\u8a9e.cc", 1, "/blob/v1.0/a%20b%23%3F%25/%E8%AA%9E.cc#L1"),
        (r"C:\agent\game\npc.cc", 7, "/blob/v1.0/game/npc.cc#L7"),
        ("/build//./x.cc", None, "/blob/v1.0/x.cc#L1"),
        ("/usr/include/c++/vector", 3, None),
        ("/build/../../../secret", 3, None),
        ("/build/a\nb", 3, None),
        ("/build/\udc80", 3, None),
        ("/build/", 3, None),
        ("/build/" + "x" * 5000, 3, None),
        ("", 3, None),
        (None, 3, None),
    ],
)
def test_addresses(file: str | None, line: int | None, found: str | None) -> None:
    links = SourceLinks(PATTERN, ("/build/", "C:\\agent\\"), "1.0", "v1.0")
    assert links.to(file, line) == ("" if found is None else HOST + found)


MOZILLA = "hg:hg.mozilla.org/mozilla-central:mozglue/misc/a b.cpp:0123abcd"
RUST = "git:github.com/rust-lang/rust:library/std/src/panicking.rs:90b35a623"
GENERATED = f"s3:gecko-generated-sources:{'0f' * 64}/ipc/ipdl/PContent.cpp:"


@pytest.mark.parametrize(
    ("file", "shown", "found"),
    [
        (MOZILLA, "misc/a b.cpp:7", "https://hg.mozilla.org/mozilla-central/file/0123abcd/mozglue/misc/a%20b.cpp#l7"),
        (
            RUST,
            "src/panicking.rs:7",
            "https://github.com/rust-lang/rust/blob/90b35a623/library/std/src/panicking.rs#L7",
        ),
        ("git:github.com/o/r.git:a.c:v1.0", "a.c:7", "https://github.com/o/r/blob/v1.0/a.c#L7"),
        ("git:gitlab.com/g/s/r:a.c:f00", "a.c:7", "https://gitlab.com/g/s/r/-/blob/f00/a.c#L7"),
        (
            GENERATED,
            "ipdl/PContent.cpp:7",
            f"https://gecko-generated-sources.s3.amazonaws.com/{'0f' * 64}/ipc/ipdl/PContent.cpp",
        ),
        (f"s3:gecko-generated-sources:{'0f' * 64}/x.cpp:", "x.cpp:7", None),
        ("s3:other:0f/x.cpp:", "0f/x.cpp:7", ""),
        ("git:git.example/own/game:src/a.c:f00", "src/a.c:7", ""),
        ("svn:svn.example/trunk:src/a.c:12", "src/a.c:7", ""),
        ("git:github.com.evil.example/o/r:a.c:f00", "a.c:7", ""),
        ("git:github.com/../o:a.c:f00", "a.c:7", ""),
        ("git:github.com@evil.example/o:a.c:f00", "a.c:7", ""),
        ("git:github.com/o/r:../../x/a.c:f00", "x/a.c:7", ""),
        ("git:github.com/o/r:a.c:f00/../../x", "a.c:7", ""),
        ("git:github.com/o/r:a.c:", "a.c:7", ""),
        ("git:github.com/o/r:a.c:f00:x", "git:github.com/o/r:a.c:f00:x:7", ""),
        ("hg:hg.mozilla.org/x:a\n.c:f00", None, ""),
        ("hg:hg.mozilla.org/x:\udc80.c:f00", None, ""),
        (r"C:\git:x:y\a.c", None, ""),
    ],
)
def test_paths_of_version_control_systems(file: str, shown: str | None, found: str | None) -> None:
    if shown is not None and not shown.startswith("git:"):
        assert source(file, 7) == shown
    if found is not None:
        assert link_of(None, file, 7) == found


@given(st.text(), st.text(), st.text())
def test_a_path_changes_no_host(repository: str, path: str, revision: str) -> None:
    for text in (f"git:github.com/{repository}:{path}:{revision}", f"hg:hg.mozilla.org/{repository}:{path}:{revision}"):
        found = link_of(None, text, 1)
        assert found == "" or re.match(r"https://(github\.com|hg\.mozilla\.org)/[^\s\"'<>\\]*#[Ll]1$", found)


def test_a_pattern_and_a_path_that_names_a_host() -> None:
    own = "git:git.example/own/game:src/npc.cc:f00d"
    assert link_of(SourceLinks(PATTERN, (), "1.0", "v1.0"), own, 3) == f"{HOST}/blob/f00d/src/npc.cc#L3"
    assert link_of(SourceLinks(PATTERN, (), "1.0", "v1.0"), RUST, 3).startswith("https://github.com/rust-lang/")
    prefixed = SourceLinks(PATTERN, ("git:git.example/own/game:", "src/"), "1.0", "v1.0")
    assert link_of(prefixed, own, 3) == f"{HOST}/blob/f00d/src/npc.cc#L3"
    assert link_of(prefixed, RUST, 3).startswith("https://github.com/rust-lang/")
    assert link_of(SourceLinks(PATTERN, ("src/",), "1.0", "v1.0"), own, 3) == f"{HOST}/blob/f00d/npc.cc#L3"
    assert link_of(SourceLinks(PATTERN, ("/build/",), "1.0", "v1.0"), own, 3) == ""


def test_reports_link_to_the_hosts_that_paths_name() -> None:
    document = report([frame(0, "f", 7, file=RUST)])
    document["failure"]["blamed"] = {"thread": 1, "frame": 0}
    made = Report.from_json(json.dumps(document).encode())
    address = "https://github.com/rust-lang/rust/blob/90b35a623/library/std/src/panicking.rs#L7"
    assert f'href="{address}"' in "".join(html_pieces(made))
    assert f'title="{RUST}"' in "".join(html_pieces(made))
    assert address in brief(made)


def test_without_a_revision_there_is_no_link() -> None:
    assert SourceLinks(PATTERN).to("a.c", 1) == ""
    assert SourceLinks(HOST + "/{path}").to("/a/b.c", 1) == f"{HOST}/a/b.c"
    assert (
        SourceLinks(HOST + "/?f={path}&v={version}", version="1&x=y/2").to("a&b.c", 1)
        == f"{HOST}/?f=a%26b.c&v=1%26x%3Dy/2"
    )


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "code.example/{path}",
        "javascript:alert(1)//{path}",
        "data:text/html,{path}",
        "//code.example/{path}",
        "https://{path}",
        "https://{revision}.example/{path}",
        "https://user:{path}@code.example/{path}",
        "https://code.example/",
        "https://code.example/{path}{name}",
        "https://code.example/{path}{",
        "https://code.example/{path}}",
        "https://code.example/{path}{0.__class__}",
        "https://code.example/{path} x",
        'https://code.example/{path}"onclick=',
        "https://code.example/\x1b{path}",
        "https://[::1/{path}",
    ],
)
def test_patterns_that_cannot_be_used(pattern: str) -> None:
    with pytest.raises(ValueError, match="a pattern of links"):
        check_pattern(pattern)


@given(st.text(max_size=200), st.text(max_size=50), st.integers(-5, 1 << 64))
def test_whatever_a_report_says_the_host_stays(file: str, version: str, line: int) -> None:
    check_pattern(PATTERN)
    link = SourceLinks(PATTERN, (), version, version).to(file, line)
    assert link == "" or re.fullmatch(rf"{re.escape(HOST)}/blob/[A-Za-z0-9%/._~-]+#L-?\d+", link)
    assert "/../" not in link


def test_revisions_of_versions() -> None:
    document = msgspec.json.encode({"app": {"version": "2.1"}})
    for revisions, found in (
        (None, "2.1"),
        ({"2.1": "abc"}, "abc"),
        ({"*": "release/{version}"}, "release/2.1"),
        ({"*": "main", "2.1": "x"}, "x"),
        ({"2.0": "x"}, "2.1"),
    ):
        assert links_for(document, PATTERN, revisions=revisions).revision == found
    nothing = links_for(b"{}", PATTERN, revisions={"*": "main"})
    assert (nothing.version, nothing.revision) == ("", "")
    assert links_for(b"{}", PATTERN, annotations={"_version": "3"}).version == "3"


def sample(file: str) -> dict[str, Any]:
    document = report([frame(0, "Npc::update", 12, file=file)]) | {"app": {"version": "1.0"}}
    document["failure"] |= {"blamed": {"thread": 1, "frame": 0}}
    return document


def test_reports_and_briefs_link_the_source() -> None:
    document = msgspec.json.encode(sample('/build/a"><script>.cc'))
    links = links_for(document, PATTERN, ("/build/",))
    page = "".join(html_pieces(Report.from_json(document), links))
    assert f'<a class="source" href="{HOST}/blob/1.0/a%22%3E%3Cscript%3E.cc#L12" rel="noreferrer">' in page
    assert "<script>" not in page
    assert f"- Source: `{HOST}/blob/1.0/a%22%3E%3Cscript%3E.cc#L12`" in brief(Report.from_json(document), links=links)
    assert "Source: " not in brief(Report.from_json(document))
    assert 'class="source"' not in "".join(html_pieces(Report.from_json(document)))


def test_the_command_line_links_the_source(run: Callable[..., Run], samples: Samples) -> None:
    given = ("--symbols", samples.symbols, "--source-url", "https://code.example/{path}#{line}")
    for command in (("brief",), ("report", "--format", "brief"), ("report", "--format", "html")):
        done = run(*command, samples.dump, *given)
        assert (done.code, done.err) == (0, "")
        assert "https://code.example/" in done.text
    assert "code.example" not in run("brief", samples.dump, *given, "--source-prefix", "/elsewhere/").text
    for wrong in (("brief", "--source-url", "ftp://x/{path}"), ("report", "--source-url", "https://x/{path}")):
        assert run(*wrong, samples.dump).code == 2


def test_the_links_of_an_app(run: Callable[..., Run], tmp_path: Path) -> None:
    place = ("--data", tmp_path)
    done = run("app", "create", "--secret", "one", "--source-url", PATTERN, "--source-prefix", "/build/", *place)
    assert done.code == 0, done.err
    run("app", "set", "one", "--source-revision", "1.0=abc", "--source-revision", "*=v{version}", *place)
    run(
        "app",
        "set",
        "one",
        "--source-revision",
        "2.0=def",
        "--source-revision",
        "1.0=",
        "--retention-days",
        "7",
        *place,
    )
    from symbolicate.store import Store

    with Store.open(data=tmp_path) as store:
        settings = json.loads(msgspec.json.encode(store.apps.list()[0].settings))
    assert settings["source_url"] == PATTERN
    assert settings["source_prefixes"] == ["/build/"]
    assert settings["source_revisions"] == {"*": "v{version}", "2.0": "def"}
    assert run("app", "set", "one", "--source-url", "javascript:{path}", *place).code == 2
    assert run("app", "set", "one", "--source-revision", "x", *place).code == 2
    assert run("app", "set", "one", "--source-url", "", *place).code == 0
