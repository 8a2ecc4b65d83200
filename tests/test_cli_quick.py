"""Plain command lines are read as click reads them, and all others are left to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from symbolicate.cli import main
from symbolicate.cli.options import FILE, declared
from symbolicate.cli.quick import values_of
from symbolicate.cli.report_options import REPORT_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_by_click(arguments: Sequence[str]) -> dict[str, Any] | None:
    """What click passes to a command with the options of `report`; None if it refuses the command line."""
    seen: dict[str, Any] = {}

    @click.command()
    @click.argument("files", nargs=-1, required=True, type=FILE)
    @declared(*REPORT_OPTIONS)
    def command(**values: Any) -> None:
        seen.update(values)

    try:
        command.main(list(arguments), standalone_mode=False)
    except click.ClickException:
        return None
    return seen or None


WORDS = [
    *(name for option in REPORT_OPTIONS for name in option.names),
    *("json", "human", "wer", "windbg", "2410", "1", "0", "65536", "1.5", "-1", "nan", "1_000", " 1", "\u0661"),
    *("-", "--", "a.dmp", "", "--format=json", "--format=", "--full=1", "-ofile", "-o=file", "-vj1", "-vo", "--help"),
    *("--symbols=x=y", "--nonsense", "-x", "/", "/dev/null", "/nowhere/at/all", "--sym"),
]


@settings(max_examples=400, deadline=None)
@given(some.lists(some.sampled_from(WORDS), max_size=6))
def test_what_is_read_without_click_is_what_click_reads(arguments: list[str]) -> None:
    quick = values_of(REPORT_OPTIONS, arguments)
    assert quick is None or quick == read_by_click(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.dmp"],
        ["a.dmp", "--symbols", "s", "--symbols=microsoft", "--format", "json", "-o", "out", "-j", "4", "-v"],
        ["--brief", "--", "-dashed.dmp"],
        ["-", "--offline", "--symbols-seconds", "1.5", "--explain", "--profile", "windbg", "--rules", "/nowhere"],
    ],
)
def test_usual_command_lines_are_plain(arguments: list[str]) -> None:
    assert values_of(REPORT_OPTIONS, arguments) == read_by_click(arguments) is not None


@pytest.mark.parametrize(
    "arguments",
    [[], ["--help"], ["a", "--format", "xml"], ["a", "-j", "0"], ["a", "--nonsense"], ["a", "-o"], ["a", "-vfull"]],
)
def test_help_and_errors_are_left_to_click(arguments: list[str]) -> None:
    assert values_of(REPORT_OPTIONS, arguments) is None


@pytest.mark.parametrize("more", [["--brief", "--all-threads"], ["--symbols", "/nowhere/at/all"]])
def test_an_error_that_is_seen_later_is_shown_as_click_shows_it(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = []
    for arguments in (["report", "a.dmp", *more], ["report", *more, "a.dmp", "-vv"]):  # click alone reads the latter
        assert (values_of(REPORT_OPTIONS, arguments[1:]) is None) == ("-vv" in arguments)
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        shown.append((ended.value.code, capsys.readouterr()))
    assert shown[0] == shown[1]
    assert shown[0][0] == 2
    # The usage is of use only where it was not followed.
    assert ("Usage: symbolicate report" in shown[0][1].err) == ("--all-threads" in more)
