"""Nobody waits for an import: what a start loads and opens is counted in fresh interpreters."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[1] / "symbols-fixtures"

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
    assert loaded.own == {"symbolicate", "symbolicate.cli", "symbolicate.cli.group", "symbolicate.cli.lazy"}
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


# What a plain `report` must do without; each takes milliseconds.
SLOW = {"click", "dataclasses", "enum", "inspect", "re", "threading", "typing", "collections", "contextlib"}
REPORT_MODULES = 95


def report_of(*more: str, store: Path) -> Start:
    dump, symbols = FIXTURES / "dumps/linux-gdb/arm64-nofp-callbad.dmp", FIXTURES / "symbols"
    arguments = ("report", str(dump), "--symbols", str(symbols), "--store", str(store), *more)
    return start("from symbolicate.cli import main; main()", *arguments)


def test_report_in_json_loads_its_own_modules_and_the_engine(tmp_path: Path) -> None:
    report_of("--format", "json", store=tmp_path)  # the symbols are indexed
    loaded = report_of("--format", "json", "-o", str(tmp_path / "out.json"), store=tmp_path)
    assert not loaded.modules & (HEAVY - {"symbolicate._native"})
    assert loaded.modules & SLOW <= {"contextlib", "collections"}  # of the file that is written whole or not at all
    loaded = report_of("--format", "json", store=tmp_path)
    assert not loaded.modules & {*SLOW, *HEAVY} - {"symbolicate._native"}
    # The folder has symbol files in text alone, and other layouts nothing in it.
    assert not loaded.modules & {"symbolicate.symbols.sources.exact_paths", "symbolicate.symbols.layouts.table"}
    assert len(loaded.modules) <= REPORT_MODULES


def test_report_as_text_needs_no_parser_of_command_lines_and_no_numpy(tmp_path: Path) -> None:
    assert not report_of(store=tmp_path).modules & {"click", "numpy"}


@pytest.mark.parametrize("style", [("--json",), ("--output-style", "LLVM")])
@pytest.mark.parametrize("is_text", [True, False])
def test_addresses_need_no_numpy(is_text: bool, style: tuple[str, ...], tmp_path: Path) -> None:
    symbols = FIXTURES / "elf/x86_64-gcc-dwarf5/gauge.debug"
    if is_text:
        symbols = tmp_path / "tiny.sym"
        symbols.write_text("MODULE mac arm64 000102030405060708090A0B0C0D0E0F0 tiny\nFUNC 1000 10 0 f\n")
    store = str(tmp_path / "store")
    arguments = ("addr", "--symbols", str(symbols), "--store", store, *style, "0x1004")
    loaded = start("from symbolicate.cli import main; main()", *arguments)
    assert "symbolicate._native" in loaded.modules
    assert "numpy" not in loaded.modules


def test_a_worker_of_a_batch_loads_neither_the_plan_nor_archives() -> None:
    """There is one for each core, and each pays for its start."""
    loaded = start("import symbolicate.corpus.runners.worker").modules
    assert not loaded & {"tarfile", "zipfile", "glob", "logging", "numpy", "obstore", "sqlalchemy", "click"}
    assert not loaded & {"symbolicate.corpus.planning", "symbolicate.symbols.archives", "concurrent.futures"}
    assert len(loaded) <= 210


# An object that is freed when Python ends, and a function that is called before.
ENDING = """
import atexit, os, sys
class Freed:
    def __del__(self, write=os.write):
        write(2, b"freed ")
kept = Freed()
atexit.register(os.write, 2, b"ended ")
"""


@pytest.mark.parametrize(("before", "said"), [("", "ended "), ("import threading", "ended freed ")])
def test_a_report_leaves_the_process_unless_others_use_it(before: str, said: str, tmp_path: Path) -> None:
    dump = FIXTURES / "dumps/linux-gdb/arm64-nofp-callbad.dmp"
    code = f"{ENDING}{before}\nfrom symbolicate.cli import main; main()"
    command = [sys.executable, "-c", code, "report", str(dump), "--store", str(tmp_path), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, said)
    assert done.stdout.endswith("}\n")
    done = subprocess.run([*command, str(tmp_path / "none")], capture_output=True, text=True, check=False)
    assert done.returncode == 1
