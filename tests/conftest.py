"""Fixtures that the tests share: the program, a small dump with its symbols, golden texts."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # the sample makers beside the tests

from buckets import s3  # noqa: F401 - a fixture
from object_stores import object_store  # noqa: F401 - a fixture
from places import CORPORA, HERE
from stores import database_url, postgresql, postgresql_migrated, sqlite_template, store  # noqa: F401 - fixtures
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable

_SHORT = 16

# The same examples each time, so that a test does not fail by chance with an unrelated change; others on request.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2000, deadline=None)
settings.load_profile("explore" if os.environ.get("SYMBOLICATE_EXPLORE") else "repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        default=bool(os.environ.get("UPDATE_GOLDEN")),
        help="rewrite the golden files from the output (or UPDATE_GOLDEN=1, as in the native tests)",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that can rewrite a golden file: `make golden` runs those."""
    for item in items:
        if "update_golden" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.golden)


def pytest_make_parametrize_id(val: object) -> str | None:
    """The name of a case with binary data: archives contain the time, and each process must find the same names."""
    return "bytes" if isinstance(val, bytes) and len(val) > _SHORT else None


@pytest.fixture(autouse=True)
def own_store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep every test away from the user's own store and symbol servers."""
    folder = tmp_path_factory.mktemp("store")
    monkeypatch.setenv("SYMBOLICATE_STORE", str(folder))
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("_NT_SYMBOL_PATH", "_NT_ALT_SYMBOL_PATH", "DEBUGINFOD_URLS", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten instead of compared."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def golden(update_golden: bool) -> Callable[[str, str], None]:
    """Compare a text with the golden file of a name, or rewrite that file."""

    def check(name: str, text: str) -> None:
        path = HERE / "golden" / name
        if update_golden:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no {path}: `make golden` writes it"
        assert text == path.read_text(encoding="utf-8"), f"differs from {path}: `make golden` rewrites it"

    return check


@dataclass(frozen=True)
class Samples:
    dump: Path
    symbols: Path


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    """A small dump, and a folder in Breakpad layout with its symbols."""
    dump = tmp_path / "crash.dmp"
    dump.write_bytes(tiny_dump())
    file = tmp_path / "symbols" / DEBUG_FILE / DEBUG_ID / "app.sym"
    file.parent.mkdir(parents=True)
    file.write_bytes(SYM)
    return Samples(dump, tmp_path / "symbols")


@dataclass(frozen=True)
class Run:
    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


@pytest.fixture
def run() -> Callable[..., Run]:
    """Run the program as a user would, in a process of its own."""

    def program(*arguments: str | os.PathLike[str], stdin: bytes = b"", cwd: Path | None = None) -> Run:
        done = subprocess.run(
            [sys.executable, "-m", "symbolicate", *(os.fspath(argument) for argument in arguments)],
            input=stdin,
            capture_output=True,
            cwd=cwd,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr.decode())

    return program


@pytest.fixture(scope="session")
def corpora() -> Path:
    if not CORPORA.is_dir():
        pytest.skip("no shared corpora beside the project")
    return CORPORA
