"""What the program says about itself, word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import symbolicate

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run

COMMANDS = [
    "",
    "bucket",
    "bucket hash",
    "bucket name",
    "bucket rules",
    "bucket rules check",
    "bucket rules diff",
    "bucket similar",
    "demangle",
    "report",
    "symbols",
    "symbols add",
    "symbols check",
    "symbols find",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help(
    command: str, run: Callable[..., Run], golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = run(*command.split(), "--help")
    assert (done.code, done.err) == (0, "")
    golden(f"help{'-'.join(['', *command.split()])}.txt", done.text)
    assert run(*command.split(), "-h").out == done.out


def test_version(run: Callable[..., Run]) -> None:
    done = run("--version")
    assert (done.code, done.text) == (0, f"symbolicate {symbolicate.__version__}\n")


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["symbols"], ["symbols", "nonsense"], ["--nonsense"]])
def test_wrong_usage(arguments: list[str], run: Callable[..., Run]) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert done.out == b""
    assert "Usage: symbolicate" in done.err
