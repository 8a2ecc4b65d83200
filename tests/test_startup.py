"""Nobody waits for an import: what a start loads and opens is counted in fresh interpreters."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest

# Loaded when they are used; any of them at start-up would be felt.
HEAVY = {"numpy", "msgspec", "symbolicate._native", "concurrent.futures", "importlib.metadata", "asyncio", "rich"}

# Python 3.11 loads 30 modules for the package and 77 for the help; other versions differ by a few.
IMPORT_MODULES = 45
HELP_MODULES = 100
# A module's source, its compiled form, and that under its temporary name.
MODULE_FILE = re.compile(r"\.py$|\.pyc|\.so$")

COUNTED = """
import atexit, os, sys
before = set(sys.modules)
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
def report():
    modules = sorted(set(sys.modules) - before)
    os.write(2, repr((modules, opened)).encode())
atexit.register(report)
"""


@dataclass(frozen=True)
class Start:
    """The modules that a program had loaded when it ended, and the files that it had opened besides theirs."""

    modules: set[str]
    files: list[str]

    @property
    def own(self) -> set[str]:
        return {name for name in self.modules if name.partition(".")[0] == "symbolicate"}


def start(code: str, *arguments: str) -> Start:
    done = subprocess.run([sys.executable, "-c", COUNTED + code, *arguments], check=True, capture_output=True)
    modules, opened = ast.literal_eval(done.stderr.decode())
    return Start(set(modules), [path for path in opened if not MODULE_FILE.search(path)])


def help_of(*arguments: str) -> Start:
    return start("from symbolicate.cli import main; main()", *arguments, "--help")


def test_import_loads_little() -> None:
    loaded = start("import symbolicate")
    assert loaded.own == {"symbolicate"}
    assert not loaded.modules & HEAVY
    assert len(loaded.modules) <= IMPORT_MODULES
    assert not loaded.files


def test_help_loads_little() -> None:
    loaded = help_of()
    assert not loaded.modules & {*HEAVY, "symbolicate.engine", "symbolicate.symbols.store"}
    assert loaded.own == {"symbolicate", "symbolicate.cli", "symbolicate.cli.lazy"}
    assert len(loaded.modules) <= HELP_MODULES
    assert not loaded.files


def test_the_command_line_loads_nothing_heavy() -> None:
    assert not start("import symbolicate.cli").modules & {*HEAVY, "symbolicate.engine", "symbolicate.symbols.store"}


def test_a_start_that_loads_more_is_seen() -> None:
    loaded = start("import symbolicate; symbolicate.Report")
    assert loaded.own > {"symbolicate"}
    assert loaded.modules & HEAVY
    assert start("open(__import__('os').devnull)").files


@pytest.mark.parametrize("command", [("report",), ("addr",), ("symbols", "add"), ("serve",), ("bucket", "similar")])
def test_the_help_of_a_command_loads_its_own_modules_and_nothing_heavy(command: tuple[str, ...]) -> None:
    assert not help_of(*command).modules & {"numpy", "msgspec", "symbolicate._native", "sqlalchemy", "litestar"}
