"""The Python examples in the documents pass type checkers, with the settings that are strictest."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What the examples use and leave to the reader.
GIVEN = """
from collections.abc import AsyncIterator
import numpy as np
import numpy.typing as npt
import polars as pl
crashes = pl.scan_parquet("crashes.parquet")
paths: list[str] = []
starts = ends = addresses = np.zeros(1, dtype=np.uint64)
"""


def examples() -> dict[str, str]:
    found = {}
    for page in PAGES:
        for number, block in enumerate(BLOCK.findall(page.read_text())):
            name = re.sub(r"\W", "_", f"{page.relative_to(ROOT).with_suffix('')}_{number}")
            found[name] = GIVEN + textwrap.dedent(block)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    for name, text in examples().items():
        (folder / f"{name}.py").write_text(text)
    return folder


def environment() -> dict[str, str]:
    return {**os.environ, "MYPYPATH": str(ROOT / "src")}


def test_there_are_examples() -> None:
    assert any(name.startswith("README") for name in examples())


def test_mypy_accepts_the_examples(folder: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder / "cache"), "."]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_mypy_sees_an_error_in_an_example(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("import symbolicate\nsymbolicate.process(3)\nsymbolicate.Wanted('a')\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder / "cache"), "wrong.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert [line.rpartition("[")[2] for line in done.stdout.splitlines()[:2]] == ["arg-type]", "call-arg]"]


@pytest.mark.skipif(os.environ.get("SYMBOLICATE_TEST_CLIENTS") != "install", reason="SYMBOLICATE_TEST_CLIENTS=install")
def test_pyright_accepts_the_examples(folder: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv/bin/python")
    subprocess.run([python, "-m", "pip", "install", "-q", "pyright[nodejs]==1.1.407"], check=True)
    settings = {
        "include": [str(folder)],
        "extraPaths": [str(ROOT / "src")],
        "typeCheckingMode": "standard",
        "venvPath": str(Path(sys.prefix).parent),
        "venv": Path(sys.prefix).name,
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [python, "-m", "pyright", "--outputjson", "-p", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    problems = [one for one in json.loads(done.stdout)["generalDiagnostics"] if one["severity"] == "error"]
    assert not problems, problems
