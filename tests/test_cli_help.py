"""The help texts of the program, word for word."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import click
import pytest

import symbolicate
from places import ROOT
from symbolicate.cli import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Run, Samples

COMMANDS = [
    "",
    "addr",
    "batch",
    "brief",
    "bucket",
    "bucket hash",
    "bucket name",
    "bucket rules",
    "bucket rules check",
    "bucket rules diff",
    "bucket similar",
    "demangle",
    "mcp",
    "query",
    "query brief",
    "query compare",
    "query failuredetails",
    "query failurehits",
    "query health",
    "query missing-symbols",
    "query stacktrace",
    "report",
    "store",
    "store export",
    "store import",
    "symbols",
    "symbols add",
    "symbols again",
    "symbols check",
    "symbols fetch",
    "symbols find",
    "symbols gc",
    "symbols list",
    "symbols missing",
    "symbols remove",
]
# These need the libraries of the service.
SERVICE_COMMANDS = [
    "app",
    "app create",
    "app list",
    "app set",
    "queue",
    "queue again",
    "queue dead-letters",
    "queue requeue",
    "queue show",
    "serve",
    "token",
    "token create",
    "token list",
    "token revoke",
    "worker",
]


@pytest.mark.parametrize("command", COMMANDS + SERVICE_COMMANDS)
def test_help(
    command: str, run: Callable[..., Run], golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    if command in SERVICE_COMMANDS:
        pytest.importorskip("litestar")
    monkeypatch.setenv("COLUMNS", "80")
    done = run(*command.split(), "--help")
    assert (done.code, done.err) == (0, "")
    golden(f"help{'-'.join(['', *command.split()])}.txt", done.text)
    assert run(*command.split(), "-h").out == done.out


def test_no_command_is_left_out() -> None:
    pytest.importorskip("litestar")
    assert set(commands(program)) == {*COMMANDS, *SERVICE_COMMANDS}


def commands(group: click.Group, name: str = "") -> Iterator[str]:
    """The group and all commands below it, each by its full name; without former names, which are hidden."""
    yield name
    context = click.Context(group)
    for below in group.list_commands(context):
        full = f"{name} {below}".strip()
        command = group.get_command(context, below)
        if isinstance(command, click.Group):
            yield from commands(command, full)
        elif command is not None and not command.hidden:
            yield full


def test_version(run: Callable[..., Run]) -> None:
    done = run("--version")
    assert (done.code, done.text) == (0, f"symbolicate {symbolicate.__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["bucket", "similar", "x.json", "--threshold", "nan"],
        ["batch", "x.dmp", "-o", "x.ndjson", "--seconds-per-input", "nan"],
        ["report", "x.dmp", "--symbols-seconds", "nan"],
        ["symbols", "gc", "--unused-for", "NaN"],
    ],
)
def test_what_is_not_a_number_is_in_no_range(arguments: list[str], run: Callable[..., Run]) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert f"Error: Invalid value for '{arguments[-2]}': '{arguments[-1]}' is not a number." in done.err


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["symbols"], ["symbols", "nonsense"], ["--nonsense"]])
def test_wrong_usage(arguments: list[str], run: Callable[..., Run]) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert done.out == b""
    assert "Usage: symbolicate" in done.err


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [(["rport"], "'report'"), (["bucket", "nam"], "'name'"), (["report", "--formt"], "'--format'")],
)
def test_a_mistyped_name_is_told_what_it_may_have_meant(
    arguments: list[str], meant: str, run: Callable[..., Run]
) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert f"Did you mean {meant}?" in done.err


def test_a_file_without_a_command_is_told_which(samples: Samples, run: Callable[..., Run]) -> None:
    done = run(samples.dump.name, cwd=samples.dump.parent)
    assert done.code == 2
    assert "Did you mean 'report crash.dmp'?" in done.err
    assert "Did you mean" not in run("no.dmp").err


@pytest.mark.parametrize("command", ["", "bucket", "bucket rules", "symbols", "queue"])
def test_summaries_are_whole(command: str, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "..." not in run(*command.split(), "--help").text.partition("Commands:")[2]


def test_classes_of_click_are_taken_as_its_oldest_version_has_them() -> None:
    """Before click 8.4, a class with a parameter in brackets is not a class."""
    for path in (ROOT / "src").rglob("*.py"):
        classes = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef))
        generic = [base for one in classes for base in one.bases if isinstance(base, ast.Subscript)]
        assert not any(ast.unparse(base).startswith("click.") for base in generic), path
