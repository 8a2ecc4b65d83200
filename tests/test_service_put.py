"""Uploads by PUT to the path under which a symbol server has the file."""

from __future__ import annotations

import base64
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from places import FIXTURES
from service_process import Answer, Service, service
from symbolicate._native import debug_files
from symbolicate.store import Store
from test_service_symbols import packed, symbols_of
from tiny_dump import DEBUG_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WINDOWS = FIXTURES / "windows" / "x64"
ELF = FIXTURES / "elf" / "x86_64-gcc-dwarf5"
MACH_O = FIXTURES / "apple" / "macos-arm64-dwarf5" / "gauge.dSYM" / "Contents" / "Resources" / "DWARF" / "gauge"
TOKENS: dict[str, str] = {}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("service")
    with Store.open(data=data) as store:
        for name in ("one", "two"):
            app = store.apps.create(f"secret-{name}", owner="own", name=name)
            TOKENS[name] = store.tokens.create(name, ["symbols"], apps=[app])[1]
        TOKENS["query"] = store.tokens.create("query", ["query"])[1]
        admin = store.tokens.create("admin", ["admin"])[1]
    with service(data, token=admin) as one:
        yield one


def put(running: Service, path: str, data: bytes, caller: str = "one", query: str = "") -> Answer:
    return running.ask("PUT", f"/symbols/{path}{query}", data, token=TOKENS[caller])


def ids_of(path: Path) -> tuple[str, str]:
    """The debug id and the code id of a file."""
    [found] = debug_files(str(path))
    return found.debug_id or "", found.code_id or ""


def stored(running: Service, identifier: str) -> set[str]:
    listed = running.get(f"/api/v1/apps/secret-one/symbols?debug_id={identifier}").json
    return {file["debug_file"] for file in listed}


def test_files_under_the_paths_of_each_layout(running: Service) -> None:
    debug_id, sym = symbols_of(1)
    pdb, (exe, exe_code) = ids_of(WINDOWS / "gauge.pdb")[0], ids_of(WINDOWS / "gauge.exe")
    _, build_id = ids_of(ELF / "gauge")
    uuid, _ = ids_of(MACH_O)
    lldb = "/".join(uuid[at : at + 4] for at in range(0, 20, 4)) + f"/{uuid[20:32]}"
    for path, file in (
        (f"{DEBUG_FILE}/{debug_id}/app.sym", None),
        (f"gauge.pdb/{pdb}/gauge.pdb", WINDOWS / "gauge.pdb"),
        (f"gauge.exe/{exe_code}/gauge.exe", WINDOWS / "gauge.exe"),
        (f"buildid/{build_id}/executable", ELF / "gauge"),
        (f"buildid/{build_id}/debuginfo", ELF / "gauge.debug"),
        (f".build-id/{build_id[:2]}/{build_id[2:]}.debug", ELF / "gauge.debug"),
        (lldb, MACH_O),
        (f"gauge.pdb/{pdb}/gauge.pd_", WINDOWS / "gauge.pdb"),
    ):
        answer = put(running, path, sym if file is None else file.read_bytes())
        assert (answer.status, answer.body) == (201, b"OK"), (path, answer)
    assert stored(running, debug_id) == {DEBUG_FILE}
    assert put(running, "gauge.dSYM.zip", packed(("gauge", MACH_O.read_bytes()))).status == 201
    for identifier in (pdb, exe, ids_of(ELF / "gauge")[0], uuid):
        assert stored(running, identifier), identifier


def test_the_id_in_the_path_is_that_of_the_file(running: Service) -> None:
    debug_id, sym = symbols_of(2)
    other, _ = symbols_of(3)
    for path in (f"{DEBUG_FILE}/{other}/app.sym", f"buildid/{'ab' * 20}/debuginfo"):
        answer = put(running, path, sym)
        assert answer.status == 400
        assert f"another id: {DEBUG_FILE} {debug_id}".encode() in answer.body
    answer = put(running, f"buildid/{'ab' * 20}/debuginfo", (ELF / "gauge.debug").read_bytes())
    assert (answer.status, b"another id" in answer.body) == (400, True)
    assert stored(running, debug_id) == stored(running, other) == set()
    # Of an archive, the files of the id are used.
    both = packed(("a.sym", sym), ("b.sym", symbols_of(3)[1]))
    answer = put(running, f"{DEBUG_FILE}/{debug_id}/app.sym", both)
    assert (answer.status, other.encode() in answer.body) == (201, True)
    assert stored(running, debug_id) == {DEBUG_FILE}
    assert stored(running, other) == set()


def test_what_is_refused(running: Service) -> None:
    _, sym = symbols_of(4)
    for path, data, status in (
        ("app.pdb/zz/app.sym", sym, 400),
        ("a/b/c/d/e/f/g/h/i", sym, 400),
        ("..%2F..%2Fapp.sym", sym, 400),
        ("C:app.sym", sym, 400),
        ("app.sym", b"", 400),
        ("app.sym", b"nothing of use", 400),
        ("n" * 5000, sym, 400),
    ):
        answer = put(running, path, data)
        assert answer.status == status, (path[:80], answer)
    assert running.ask("PUT", "/symbols/app.sym", sym, token=None).status == 401
    assert put(running, "app.sym", sym, caller="query").status == 403
    assert put(running, "app.sym", sym, query="?app=own/two").status == 404
    assert put(running, "app.sym", sym, query="?app=own/one").status == 201


def test_the_address_from_which_files_are_read_takes_them(running: Service) -> None:
    """A token is the password in the address, or a part of its path, for `PUT` as for `GET`."""
    token, query = TOKENS["one"], TOKENS["query"]

    def basic(text: str) -> dict[str, str]:
        return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}

    for number, (prefix, headers) in enumerate(
        (("", basic(f"any:{token}")), ("", basic(f"{token}:")), (f"/-/{token}", {})), 50
    ):
        debug_id, sym = symbols_of(number)
        path = f"{prefix}/symbols/{DEBUG_FILE}/{debug_id}/app.sym"
        assert running.ask("PUT", path, sym, headers, token=None).status == 201
        assert running.ask("GET", path, None, headers, token=None).body == sym
        assert stored(running, debug_id) == {DEBUG_FILE}
    _, sym = symbols_of(60)
    for prefix, headers, status in (
        ("", basic("any:wrong"), 401),
        ("/-/wrong", {}, 401),
        ("", basic(f"any:{query}"), 403),
        (f"/-/{query}", {}, 403),
        ("/-/wrong", {"Authorization": f"Bearer {token}"}, 201),
    ):
        answer = running.ask("PUT", f"{prefix}/symbols/app.sym", sym, headers, token=None)
        assert answer.status == status, (prefix, headers, answer)
        assert ("basic" in answer.headers.get("www-authenticate", "").lower()) is (status == 401)
    assert token not in running.log


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl_uploads_a_file(running: Service, tmp_path: Path) -> None:
    debug_id, sym = symbols_of(5)
    (tmp_path / "app.sym").write_bytes(sym)
    command = ["curl", "-sS", "--fail-with-body", "-T", str(tmp_path / "app.sym")]
    command += ["-H", f"Authorization: Bearer {TOKENS['one']}", f"{running.url}/symbols/"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"OK"), done
    assert stored(running, debug_id) == {DEBUG_FILE}
