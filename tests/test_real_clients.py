"""Clients as their makers ship them, against a running server: appcenter-cli, Crashpad's handler, Breakpad's uploaders.

They are not in the lock file, so these tests skip unless `SYMBOLICATE_TEST_CLIENTS=install` lets npm and apt-get fetch
them, or `SYMBOLICATE_TEST_CRASHPAD` names a handler that is there. Breakpad's are built from the sources that npm's
package `minidump` holds; that takes g++ and libcurl.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
import uuid
import zipfile
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from client_packages import INSTALL, debian_packages, npm_program
from places import FIXTURES
from service_process import Service, service, until
from test_service_symbols import UPLOADS, packed, symbols_of
from tiny_dump import DEBUG_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", params=["2.14.0", "3.0.4"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Service]]:
    """A version of appcenter-cli, and a server that it talks to: the last one refuses plain http."""
    program = npm_program(tmp_path_factory.getbasetemp(), "appcenter-cli", request.param, "appcenter")
    secure = ["--tls-self-signed"] if request.param >= "3" else []
    with service(tmp_path_factory.mktemp("service"), *secure) as running:
        yield program, running


def upload(pair: tuple[str, Service], home: Path, *what: str) -> None:
    program, running = pair
    arguments = ["crashes", "upload-symbols", *what, "--app", "owner/app", "--token", "T", "--env", "local"]
    env = os.environ | {
        "APPCENTER_ENDPOINT": f"{running.scheme}://localhost:{running.port}",
        "NODE_EXTRA_CA_CERTS": str(running.data / "self-signed.pem") if running.scheme == "https" else "",
        "HOME": str(home),
    }
    done = subprocess.run(
        [program, *arguments, "--disable-telemetry", "--quiet"], env=env, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, (done.stdout, done.stderr, running.log)


def wait_for_indexed(running: Service) -> list[dict[str, object]]:
    def newest() -> object:
        found = max(running.get(UPLOADS).json, key=lambda one: str(one["timestamp"]))
        return found["status"] in {"indexed", "failed"} and found

    told = until(newest)
    assert told["status"] == "indexed", told
    return list(told["symbols_uploaded"])


@pytest.mark.timeout(400)
def test_appcenter_cli_uploads_a_breakpad_zip(pair: tuple[str, Service], tmp_path: Path) -> None:
    debug_id, sym = symbols_of(6)
    archive = tmp_path / "symbols.zip"
    archive.write_bytes(packed((f"symbols/{DEBUG_FILE}/{debug_id}/app.sym", sym), ("__MACOSX/._app.sym", b"junk")))
    upload(pair, tmp_path, "--breakpad", str(archive))
    [told] = wait_for_indexed(pair[1])
    assert (told["symbol_id"], told["kind"], told["used"]) == (debug_id, "breakpad", True)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "folder"])
def test_appcenter_cli_uploads_a_dsym(pair: tuple[str, Service], tmp_path: Path, *, zipped: bool) -> None:
    place = tmp_path / "gauge.dSYM"
    shutil.copytree(FIXTURES / "apple" / "macos-arm64-dwarf5" / "gauge.dSYM", place)
    if zipped:
        with zipfile.ZipFile(tmp_path / "dsyms.zip", "w") as archive:
            for file in sorted(place.rglob("*")):
                archive.write(file, file.relative_to(tmp_path))
        place = tmp_path / "dsyms.zip"
    upload(pair, tmp_path, "--symbol", str(place))
    assert sorted((told["file_name"], told["kind"], told["part"]) for told in wait_for_indexed(pair[1])) == [
        ("gauge", "dsym", "symbols"),
        ("gauge", "dsym", "unwind"),
    ]


# --- Crashpad


@pytest.fixture(scope="module")
def crashpad(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The handler that Debian's chromium comes with."""
    given = os.environ.get("SYMBOLICATE_TEST_CRASHPAD", "/usr/lib/chromium/chrome_crashpad_handler")
    if os.path.exists(given):
        return given
    folder = debian_packages(tmp_path_factory.getbasetemp(), "chromium-common")
    return str(folder / "usr" / "lib" / "chromium" / "chrome_crashpad_handler")


def pending(database: Path, dump: bytes) -> uuid.UUID:
    """A database of Crashpad with one dump that waits to be sent, and leave to send it."""
    identifier = uuid.uuid4()
    for name in ("pending", "completed", "new", "attachments"):
        (database / name).mkdir(parents=True)
    (database / "pending" / f"{identifier}.dmp").write_bytes(dump)
    # Version, attempts, time of the last one, time it was made, attributes.
    (database / "pending" / f"{identifier}.meta").write_bytes(struct.pack("<iiqqB7x", 1, 0, 0, int(time.time()), 0))
    # Magic, version, options (1: uploads are allowed), padding, time of the last attempt, the client's id.
    settings = struct.pack("<IIIIq", 0x43506473, 1, 1, 0, 0) + uuid.uuid4().bytes
    (database / "settings.dat").write_bytes(settings)
    return identifier


@pytest.mark.parametrize("packing", [[], ["--no-upload-gzip"]], ids=["gzip", "plain"])
def test_crashpads_handler_uploads_a_dump(crashpad: str, tmp_path: Path, packing: list[str]) -> None:
    database = tmp_path / "crashes"
    dump = (FIXTURES / "dumps" / "linux-clients" / "crashpad-amd64-null.dmp").read_bytes()
    identifier = pending(database, dump)
    with service(tmp_path / "data") as running:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [
            f"--database={database}",
            f"--url={running.url}/submit",
            "--no-rate-limit",
            f"--initial-client-fd={theirs.fileno()}",
            *packing,
        ]
        with subprocess.Popen(
            [crashpad, *arguments], pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as handler:
            theirs.close()
            try:
                until(lambda: any((database / "completed").glob("*.meta")), 20, "the upload")
            finally:
                ours.close()
                handler.kill()
                assert handler.stdout is not None
                said = handler.stdout.read()
        meta = (database / "completed" / f"{identifier}.meta").read_bytes()
        told = meta[32:].decode()  # what the server answered is the id of the upload
        done = running.wait_until_done(told)
        assert done["state"] == "done", said
        assert done["log_id"] == str(identifier)
        assert done["annotations"]["ver"] == "1.2.3"
        with_dump = running.get(f"/v1.0/my/analytics/desktop/cabdownload?applicationId=fixture&cabIdHash={told}")
        assert with_dump.status == 302, (with_dump, done)
        assert running.get(with_dump.headers["location"], token=None).body == dump


# --- Breakpad

# What its Makefile.am links into each program.
_UPLOADERS = {
    "minidump_upload": ["common/linux/http_upload", "common/path_helper", "tools/linux/symupload/minidump_upload"],
    "sym_upload": [
        "common/linux/http_upload",
        "common/linux/libcurl_wrapper",
        "common/linux/symbol_collector_client",
        "common/linux/symbol_upload",
        "common/path_helper",
        "tools/linux/symupload/sym_upload",
    ],
}


@pytest.fixture(scope="module")
def breakpad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of Breakpad's uploaders."""
    if not INSTALL or not shutil.which("npm") or not shutil.which("g++"):
        pytest.skip("Breakpad's uploaders are not built: SYMBOLICATE_TEST_CLIENTS=install, npm and g++")
    folder = tmp_path_factory.mktemp("breakpad")
    command = ["npm", "pack", "--silent", "minidump@0.26.0"]
    subprocess.run(command, cwd=folder, check=True, timeout=300, stdout=subprocess.DEVNULL)
    subprocess.run(["tar", "-xzf", "minidump-0.26.0.tgz"], cwd=folder, check=True)
    source = folder / "package" / "deps" / "breakpad" / "src"
    for name, files in _UPLOADERS.items():
        # Its sources get <cstring> from older headers by chance.
        options = ["-std=c++17", "-O1", "-w", "-include", "cstring", "-I", str(source), "-o", str(folder / name)]
        sources = [str(source / f"{file}.cc") for file in files]
        subprocess.run(["g++", *options, *sources, "-ldl"], check=True, timeout=300)
    return folder


def cli(running: Service, *arguments: str) -> str:
    """What a command of ours prints, for the store of a service."""
    command = [sys.executable, "-m", "symbolicate", *arguments, "--data", str(running.data)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def run_uploader(program: Path, *arguments: str | Path) -> str:
    done = subprocess.run([program, *arguments], capture_output=True, check=False, text=True, timeout=60)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout + done.stderr


@pytest.mark.timeout(400)
def test_breakpads_minidump_upload(breakpad: Path, tmp_path: Path) -> None:
    dump = FIXTURES / "dumps" / "linux-clients" / "crashpad-amd64-null.dmp"
    with service(tmp_path / "data") as running:
        said = run_uploader(breakpad / "minidump_upload", "-p", "Demo", "-v", "7.8.9", dump, f"{running.url}/submit")
        assert "Successfully sent the minidump file" in said
        [app] = cli(running, "app", "list").splitlines()
        assert app.split("\t")[1] == "Demo"
        until(lambda: running.get("/api/v1/apps/Demo/buckets").json, what="the report")
        [line] = cli(running, "store", "export", "--format", "ndjson").splitlines()
        assert json.loads(line)["annotations"]["ver"] == "7.8.9"


@pytest.mark.timeout(400)
@pytest.mark.parametrize("protocol", ["sym-upload-v1", "sym-upload-v2"])
@pytest.mark.parametrize("configured", [False, True], ids=["open", "configured"])
def test_breakpads_sym_upload(breakpad: Path, tmp_path: Path, protocol: str, *, configured: bool) -> None:
    _, sym = symbols_of(7)
    file = tmp_path / "app.sym"
    file.write_bytes(sym)
    with service(tmp_path / "data") as running:
        key = "K"
        if configured:
            cli(running, "app", "create", "--name", "owner/app")
            key = cli(running, "token", "create", "ci", "--scope", "symbols", "--app", "owner/app").strip()
        url = running.url
        if protocol == "sym-upload-v1":
            url += f"/symbols?app=owner/app&key={key}"
        said = run_uploader(breakpad / "sym_upload", "-p", protocol, "-k", key, file, url)
        assert "Successfully sent the symbol file" in said
        if protocol == "sym-upload-v2":
            again = run_uploader(breakpad / "sym_upload", "-p", protocol, "-k", key, file, url)
            assert "already exists" in again, again
