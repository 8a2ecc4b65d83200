"""Uploaders and readers of symbols as their makers ship them, against one running server; and Debian's debuginfod.

sentry-cli is npm's; gdb, lldb and debuginfod are Debian's. They are used if they are installed, else fetched as
`client_packages` states.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from client_packages import debian_packages, npm_program
from places import FIXTURES
from service_process import Service, multipart, service, until
from symbolicate._native import debug_files
from symbolicate.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

DUMP = FIXTURES / "dumps" / "images" / "macos-arm64-null.dmp"
STRIPPED = FIXTURES / "elf" / "x86_64-gcc-dwarf5" / "gauge"


SENTRY_VERSIONS = ("2.58.2", "3.8.0")
TOKENS: dict[str, str] = {}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with an app for each client, and the tokens for these apps."""
    data = tmp_path_factory.mktemp("service")
    with Store.open(data=data) as store:
        for name in (*SENTRY_VERSIONS, "debuggers"):
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


@pytest.mark.timeout(400)
def test_sources_that_sentry_cli_sends_are_served(sentry: tuple[str, str], running: Service, tmp_path: Path) -> None:
    if (gcc := shutil.which("gcc")) is None:
        pytest.skip("no gcc")
    source, program = tmp_path / "hello.c", tmp_path / "hello"
    source.write_text(f"int main(void) {{ return {len(sentry[1])}; }} // {sentry[1]}\n")
    subprocess.run([gcc, "-g", "-Wl,--build-id", "-o", program, source], check=True)
    upload = ("debug-files", "upload", "--wait", "--include-sources")
    code, said = run_sentry(sentry, running, tmp_path, *upload, program)
    assert code == 0, said
    path = f"/symbols/buildid/{build_id_of(program)}/source{source}"
    answer = running.ask("GET", path, None, token=TOKENS[sentry[1]])
    assert (answer.status, answer.body) == (200, source.read_bytes()), said


# --- debuginfod


@pytest.fixture(scope="module")
def debuginfod(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """Debian's server, and the environment that it needs."""
    if (installed := shutil.which("debuginfod")) is not None:
        return installed, {}
    folder = debian_packages(
        tmp_path_factory.getbasetemp(),
        *("debuginfod", "libmicrohttpd12", "libdebuginfod1", "libelf1", "libdw1", "libarchive13", "libsqlite3-0"),
    )
    [libraries] = (folder / "usr" / "lib").glob("*-linux-gnu")
    return str(folder / "usr" / "bin" / "debuginfod"), {"LD_LIBRARY_PATH": str(libraries)}


@contextlib.contextmanager
def serving(debuginfod: tuple[str, dict[str, str]], folder: Path, log: Path) -> Iterator[str]:
    """A server of the ELF files of a folder; its address."""
    program, environment = debuginfod
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "-v", "-F", "-d", ":memory:", "-p", str(port), "-t", "0", "-g", "0", "--disable-source-scan"]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*command, str(folder)], stdout=stream, stderr=subprocess.STDOUT, env=os.environ | environment
        )
        try:
            until(lambda: b"groomed database" in log.read_bytes() or process.poll() is not None, 60, "debuginfod")
            assert process.poll() is None, log.read_text(errors="replace")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


@pytest.mark.corpora
@pytest.mark.timeout(400)
def test_a_crash_gets_its_names_from_debians_debuginfod(
    debuginfod: tuple[str, dict[str, str]], corpora: Path, tmp_path: Path
) -> None:
    live = corpora / "live"
    truth = json.loads((live / "linux_crash.x86_64_null.truth.json").read_text())["crashed_thread"]
    with serving(debuginfod, live / "binaries", tmp_path / "log") as address:
        command = [
            sys.executable,
            "-m",
            "symbolicate",
            "report",
            "--format",
            "json",
            "--store",
            str(tmp_path / "store"),
        ]
        command += ["--symbols", f"debuginfod+{address}", str(live / "linux_crash.x86_64_null.dmp")]
        done = subprocess.run(command, capture_output=True, check=True)
    report = json.loads(done.stdout)
    calls = [
        (call["function"].split("(")[0], call["line"])
        for frame in report["crashing_thread"]["frames"]
        for call in [*(frame.get("inlines") or []), frame]
        if call["function"]
    ]
    assert calls[: len(truth)] == [(call["func"].split("(")[0], call["line"]) for call in truth]
    [module] = [one for one in report["modules"] if one["filename"].endswith("crash.x86_64")]
    assert module["symbols"]["status"] == "loaded"
    assert str(module["symbols"]["file"]).startswith(address)


# --- Readers


@pytest.fixture(scope="module")
def elf_server(running: Service) -> str:
    """The address for debuggers of the server, with the token; it has the debug file of `STRIPPED`."""
    token = TOKENS["debuggers"]
    build_id = build_id_of(STRIPPED)
    for name, kind in (("gauge", "executable"), ("gauge.debug", "debuginfo")):
        data = (STRIPPED.parent / name).read_bytes()
        answer = running.ask("PUT", f"/symbols/buildid/{build_id}/{kind}", data, token=token)
        assert answer.status == 201, answer
    return f"{running.scheme}://any:{token}@127.0.0.1:{running.port}/symbols"


@pytest.fixture(scope="module")
def sources(elf_server: str, running: Service) -> bytes:  # noqa: ARG001 - the app has a debug file
    """The source file `/src/gauge/plain.c`, which the server has in a bundle as sentry-cli makes them."""
    text = (FIXTURES / "apple" / "src" / "plain.c").read_bytes()
    # sentry-cli itself takes only those sources that are on this machine at the place that debug information says.
    files = {"files/src/gauge/plain.c": {"type": "source", "path": "/src/gauge/plain.c"}}
    [build] = debug_files(str(STRIPPED))
    manifest = {"files": files, "arch": "x86_64", "debug_id": build.debug_id, "object_name": "gauge"}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("files/src/gauge/plain.c", text)
        archive.writestr("manifest.json", json.dumps(manifest))
    data = b"SYSB\x02\0\0\0" + stream.getvalue()
    answer = running.ask("PUT", "/symbols/gauge.src.zip", data, token=TOKENS["debuggers"])
    assert answer.status == 201, answer
    return text


def build_id_of(path: Path) -> str:
    [file] = debug_files(str(path))
    return str(file.code_id)


def run_reader(command: list[str], home: Path, elf_server: str, **environment: str) -> str:
    given = {"HOME": str(home), "DEBUGINFOD_URLS": elf_server, "DEBUGINFOD_CACHE_PATH": str(home / "cache")}
    done = subprocess.run(
        command,
        cwd=home,
        env={"PATH": os.environ["PATH"]} | given | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def run_gdb(command: str, home: Path, elf_server: str) -> str:
    """What gdb says of the stripped program, whose debug files it gets from the server."""
    if (gdb := shutil.which("gdb")) is None:
        pytest.skip("no gdb")
    shutil.copy(STRIPPED, home)
    options = ["-nx", "-batch", "-iex", "set debuginfod enabled on", "-ex", command, "gauge"]
    said = run_reader([gdb, *options], home, elf_server)
    if "debuginfod" in said and "not supported" in said:
        pytest.skip("gdb was built without debuginfod")
    return said


def test_gdb_gets_the_debug_file_of_a_stripped_program(elf_server: str, tmp_path: Path) -> None:
    said = run_gdb("info line main", tmp_path, elf_server)
    assert 'of "plain.c" starts at address' in said, said


def test_gdb_lists_the_source_of_a_stripped_program(elf_server: str, sources: bytes, tmp_path: Path) -> None:
    said = run_gdb("list main", tmp_path, elf_server)
    shown = [line.partition("\t")[2] for line in said.splitlines() if re.match(r"\d+\t", line)]
    assert shown, said
    assert set(shown) <= set(sources.decode().splitlines())


@pytest.mark.timeout(400)
def test_lldb_gets_the_debug_file_of_a_stripped_program(
    elf_server: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Since version 18 lldb asks debuginfod; Debian 12 has 19."""
    folder = debian_packages(
        tmp_path_factory.getbasetemp(),
        *("lldb-19", "liblldb-19", "libllvm19", "libclang-cpp19", "libpython3.11", "libedit2", "libz3-4", "libxml2"),
        *("libcurl4", "libbsd0", "libmd0", "libncurses6", "libtinfo6", "liblua5.3-0"),
    )
    libraries = sorted({str(path.parent) for path in folder.rglob("*.so*")})
    shutil.copy(STRIPPED, tmp_path)
    commands = [
        f"settings set plugin.symbol-locator.debuginfod.server-urls {elf_server}",
        "settings set symbols.enable-external-lookup true",
        "settings set symbols.auto-download foreground",
        "target create gauge",
        "image lookup -v -n main",
    ]
    options = [part for command in commands for part in ("-o", command)]
    program = str(folder / "usr" / "lib" / "llvm-19" / "bin" / "lldb")
    said = run_reader([program, "-b", *options], tmp_path, elf_server, LD_LIBRARY_PATH=":".join(libraries))
    assert "main at plain.c:" in said, said


def test_debuginfod_find_gets_files_as_they_were_sent(
    debuginfod: tuple[str, dict[str, str]], elf_server: str, sources: bytes, tmp_path: Path
) -> None:
    program, environment = debuginfod
    find = str(Path(program).parent / "debuginfod-find")
    said = run_reader(
        [find, "source", build_id_of(STRIPPED), "/src/gauge/plain.c"], tmp_path, elf_server, **environment
    )
    assert Path(said.strip()).read_bytes() == sources
    for kind, name in (("debuginfo", "gauge.debug"), ("executable", "gauge")):
        said = run_reader([find, kind, build_id_of(STRIPPED)], tmp_path, elf_server, **environment)
        assert Path(said.strip()).read_bytes() == (STRIPPED.parent / name).read_bytes()
