"""The documents say what the program does."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest

from places import ROOT
from symbolicate.cli import program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# A command and its output, in an indented block.
EXAMPLE = re.compile(r"^    \$ symbolicate (?P<arguments>.*)\n(?P<output>(?:    .*\n|\n(?=    ))*)", re.MULTILINE)


def test_the_output_in_the_readme_is_real(run: Callable[..., Run], update_golden: bool) -> None:
    page = README.read_text()
    example = EXAMPLE.search(page)
    assert example is not None
    done = run(*shlex.split(example["arguments"]), cwd=ROOT)
    shown = "".join(f"    {line}".rstrip() + "\n" for line in done.text.splitlines())
    if update_golden:
        README.write_text(page[: example.start("output")] + shown + page[example.end("output") :])
        return
    assert example["output"] == shown, "`make golden` rewrites it"


def test_the_readme_names_every_command() -> None:
    section = README.read_text().partition("## As a command")[2].partition("\n## ")[0]
    context = click.Context(program)
    named = {word for words in re.findall(r"symbolicate (\S+)|`(\w+)`", section) for word in words}
    assert set(program.list_commands(context)) <= named
    symbols = program.get_command(context, "symbols")
    assert isinstance(symbols, click.Group)
    of_symbols = set(re.findall(r"symbolicate symbols (\S+)|`(\w+)`", section))
    assert set(symbols.list_commands(context)) <= {word for words in of_symbols for word in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"`make ([a-z-]+)`|^    make ([a-z-]+)", page.read_text(), re.MULTILINE))
        assert {one or other for one, other in named} <= targets


def test_make_golden_runs_every_native_test_with_golden_files() -> None:
    makefile = (ROOT / "Makefile").read_text()
    tests = [path for path in (ROOT / "native").glob("*/tests/*.rs") if "UPDATE_GOLDEN" in path.read_text()]
    assert tests
    for test in tests:
        assert f"--package symbolicate-{test.parent.parent.name} --test {test.stem}" in makefile, test


# A path in backticks, from the root of the project or of the package.
PATH_NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.*-]*)`")


@pytest.mark.parametrize(
    "page", [p for p in PAGES if p.name in {"CONTRIBUTING.md", "architecture.md"} or "adr" in p.parts]
)
def test_paths_that_are_named_exist(page: Path) -> None:
    roots = [ROOT, ROOT / "src" / "symbolicate"]
    # What is made into `build` is there or not.
    folders = {
        entry.name: root for root in roots for entry in root.iterdir() if entry.is_dir() and entry.name != "build"
    }
    for path in PATH_NAMED.findall(page.read_text()):
        root = folders.get(path.partition("/")[0])
        assert root is None or list(root.glob(path.rstrip("/"))), path


def test_every_decision_is_in_the_list() -> None:
    adr = ROOT / "docs" / "adr"
    for page in sorted(adr.glob("0*.md")):
        number, title = page.read_text().splitlines()[0].removeprefix("# ").split(". ", 1)
        assert f"| [{number}]({page.name}) | {title} |" in (adr / "README.md").read_text()


# Phrases that are not plain English: see the style and the glossary in CONTRIBUTING.md.
UNCLEAR = re.compile(r"nobody's business|\bspeaks? for\b|\bstands? behind\b|\blets? go of\b|\bin vain\b")


def test_texts_and_comments_have_no_unclear_phrases() -> None:
    code = [*(ROOT / "src").rglob("*.py"), *(ROOT / "native").glob("*/src/**/*.rs")]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in [*PAGES, *code]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNCLEAR.search(line)
    ]
    assert not found, "\n".join(found)


def test_an_unclear_phrase_is_found() -> None:
    assert UNCLEAR.search("// A scanned word that nothing else speaks for.")
    assert not UNCLEAR.search("// A scanned word without supporting evidence.")
