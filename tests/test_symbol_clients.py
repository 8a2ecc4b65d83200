"""Uploaders and readers of symbols as their makers ship them, against one running server.

sentry-cli is npm's; gdb, lldb and debuginfod are Debian's. They are used if they are installed, else fetched as
`client_packages` states.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from client_packages import npm_program
from places import FIXTURES
from service_process import Service, multipart, service, until
from symbolicate.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DUMP = FIXTURES / "dumps" / "images" / "macos-arm64-null.dmp"


SENTRY_VERSIONS = ("2.58.2", "3.8.0")
TOKENS: dict[str, str] = {}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with an app for each client, and the tokens for these apps."""
    data = tmp_path_factory.mktemp("service")
    with Store.open(data=data) as store:
        for name in SENTRY_VERSIONS:
            app = store.apps.create(f"secret-{name}", owner="owner", name=name)
            TOKENS[name] = store.tokens.create(name, ["symbols"], apps=[app])[1]
        admin = store.tokens.create("admin", ["admin"])[1]
    with service(data, token=admin) as one:
        yield one


@pytest.fixture(scope="module", params=SENTRY_VERSIONS)
def sentry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The program, and its version, for which an app is named."""
    return npm_program(tmp_path_factory.getbasetemp(), "@sentry/cli", request.param, "sentry-cli"), request.param


def run_sentry(sentry: tuple[str, str], running: Service, home: Path, *arguments: str | Path) -> tuple[int, str]:
    program, version = sentry
    environment = {"SENTRY_URL": running.url, "SENTRY_AUTH_TOKEN": TOKENS[version], "HOME": str(home)}
    environment |= {"SENTRY_ORG": "owner", "SENTRY_PROJECT": version}
    done = subprocess.run(
        [program, *arguments],
        env={"PATH": os.environ["PATH"], "NO_COLOR": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
        timeout=120,
        cwd=home,
    )
    return done.returncode, done.stdout


@pytest.mark.timeout(400)
def test_sentry_cli_uploads_every_format_and_a_crash_has_its_names(
    sentry: tuple[str, str], running: Service, tmp_path: Path
) -> None:
    sent, content_type = multipart({}, [("upload_file_minidump", "a.dmp", DUMP.read_bytes())])
    answer = running.ask("POST", f"/submit/secret-{sentry[1]}", sent, {"Content-Type": content_type}, token=None)
    report = answer.body.decode()
    before = running.wait_until_done(report)
    assert before["failure_name"].endswith("core!Unknown")

    code, said = run_sentry(sentry, running, tmp_path, "info")
    assert (code, "symbols" in said) == (0, True), said
    upload = ["debug-files", "upload", "--wait"]
    places = [FIXTURES / "symbols" / "core", FIXTURES / "elf" / "x86_64-gcc-dwarf5", FIXTURES / "windows" / "x64"]
    places.append(FIXTURES / "apple" / "macos-arm64-dwarf5")
    code, said = run_sentry(sentry, running, tmp_path, *upload, *places)
    assert code == 0, said
    assert said.count(" OK ") == 8, said
    assert {"core", "gauge", "gauge.debug", "gauge.exe", "gauge.pdb"} <= set(re.split("[ (;]+", said))
    code, said = run_sentry(sentry, running, tmp_path, *upload, *places)
    assert (code, "Nothing to upload" in said) == (0, True), said
    after = until(
        lambda: (found := running.report(report)).get("failure_hash") not in {None, before["failure_hash"]} and found
    )
    assert not after["failure_name"].endswith("!Unknown")


@pytest.mark.timeout(400)
def test_sentry_cli_prints_why_a_file_is_refused(sentry: tuple[str, str], running: Service, tmp_path: Path) -> None:
    (tmp_path / "a.sym").write_text("MODULE Linux x86_64 AAAAAAAABBBBCCCCDDDDEEEEEEEEEEEE0 a\nFUNC zz\n")
    upload = ["debug-files", "upload", "--wait", "a.sym"]
    code, said = run_sentry(sentry, running, tmp_path, *upload)
    assert (code, "ERROR" in said) == (1, True), said
