"""Uploads with sentry-cli's protocol: each state, and what the client itself never sends."""

from __future__ import annotations

import gzip
import struct
import threading
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("litestar")

from places import FIXTURES
from sentry_client import SentryClient, sha1
from service_process import Service, multipart, service, until
from symbolicate.store import Store
from test_service_symbols import packed, symbols_of, symbols_with
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK_BYTES = 8 * 1024 * 1024


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with two apps of one owner and one of another, and tokens for them."""
    data = tmp_path_factory.mktemp("service")
    with Store.open(data=data) as store:
        apps = {
            f"{owner}/{name}": store.apps.create(f"secret-{name}", owner=owner, name=name)
            for owner, name in (("own", "one"), ("own", "two"), ("else", "three"))
        }
        TOKENS.clear()
        for name, app in apps.items():
            TOKENS[name] = store.tokens.create(name, ["symbols"], apps=[app])[1]
        TOKENS["all"] = store.tokens.create("all", ["admin"])[1]
        TOKENS["query"] = store.tokens.create("query", ["query"])[1]
    options = {"SYMBOLICATE_SYMBOLS_UPLOAD_BYTES": str(20 * 1024 * 1024)}
    with service(data, token=TOKENS["all"], **options) as one:
        yield one


TOKENS: dict[str, str] = {}


def client(running: Service, app: str = "own/two", token: str | None = None, **more: Any) -> SentryClient:
    owner, _, name = app.partition("/")
    return SentryClient(running, owner, name, TOKENS[token or app], **more)


def test_the_options_of_chunks(running: Service) -> None:
    options = client(running).options()
    assert options.status == 200
    assert options.json["url"] == f"{running.url}{client(running).chunks_path}"
    assert options.json["chunkSize"] == CHUNK_BYTES
    assert options.json["chunkSize"] & (options.json["chunkSize"] - 1) == 0
    assert options.json["maxFileSize"] == 20 * 1024 * 1024
    assert (options.json["hashAlgorithm"], options.json["compression"]) == ("sha1", ["gzip"])
    assert {"debug_files", "pdbs"} <= set(options.json["accept"])


def test_a_file_goes_through_its_states_and_its_crash_is_processed_again(running: Service) -> None:
    debug_id, sym = symbols_of(1)
    dump = tiny_dump(debug_id=debug_id)
    sent, content_type = multipart({}, [("upload_file_minidump", "a.dmp", dump)])
    answer = running.ask("POST", "/submit/secret-two", sent, {"Content-Type": content_type}, token=None)
    identifier = answer.body.decode()
    before = running.wait_until_done(identifier)
    assert "crash_here" not in before["failure_name"]

    two = client(running, chunk=100)
    first = two.state(sym)
    assert first == {"state": "not_found", "missingChunks": [sha1(part) for part in two.cut(sym)]}
    two.send_chunks(sym, first["missingChunks"][1:])
    assert two.state(sym) == {"state": "not_found", "missingChunks": first["missingChunks"][:1]}
    two.send_chunks(sym, first["missingChunks"][:1])
    done = two.upload(sym)
    assert done["state"] == "ok"
    dif = done["dif"]
    assert (dif["sha1"], dif["objectName"], dif["cpuName"]) == (sha1(sym), "app.pdb", "x86_64")
    assert dif["debugId"] == "00000001-2872-41c1-838e-d98914e9b7ff-1"
    assert dif["data"]["features"] == ["symtab", "debug", "unwind"]
    assert two.upload(sym) == done
    after = until(lambda: (found := running.report(identifier))["failure_hash"] != before["failure_hash"] and found)
    assert after["failure_name"].endswith(("!crash_here", "!poke"))
    again = running.ask("POST", "/api/0/projects/own/two/reprocessing/", {}, token=TOKENS["own/two"])
    assert again.status == 200


def test_each_format_in_one_request(running: Service) -> None:
    two = client(running)
    paths = [
        "elf/x86_64-gcc-dwarf5/gauge",
        "elf/x86_64-gcc-dwarf5/gauge.debug",
        "windows/x64/gauge.exe",
        "windows/x64/gauge.pdb",
        "apple/macos-arm64-dwarf5/gauge.dSYM/Contents/Resources/DWARF/gauge",
    ]
    files = [(FIXTURES / path).read_bytes() for path in paths] + [symbols_of(2)[1], packed(("a.sym", symbols_of(3)[1]))]
    wanted = {sha1(data): {"name": "file", "chunks": [sha1(part) for part in two.cut(data)]} for data in files}
    for data in files:
        for start in range(0, len(data), 32 * 1024):
            two.send_chunks(data[start : start + 32 * 1024])

    def finished() -> Any:
        states = two.ask(wanted).json.values()
        return all(one["state"] in {"ok", "error"} for one in states) and states

    states = until(finished)
    assert [one["state"] for one in states] == ["ok"] * len(files)
    assert {one["dif"]["symbolType"] for one in states} == {"elf", "pe", "pdb", "mach-o", "breakpad"}


def test_a_file_whose_symbols_were_removed_is_asked_for_again(running: Service) -> None:
    two = client(running)
    debug_id, sym = symbols_of(4)
    assert two.upload(sym)["state"] == "ok"
    files = running.get(f"/api/v1/apps/secret-two/symbols?debug_id={debug_id}").json
    for file in files:
        assert running.ask("DELETE", f"/api/v1/symbols/{file['id']}").status == 200
    assert two.state(sym)["state"] == "not_found"
    assert two.upload(sym)["state"] == "ok"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"SYSB" + struct.pack("<I", 2) + packed(("files/a.c", b"int main;")), "bundle of source code"),
        (b"no symbols at all", "no symbols in it"),
        (b"\x7fELF" + bytes(60), ""),
        (packed(("a.sym", symbols_of(9)[1]))[:-30], "cut short or damaged"),
        (b"MODULE Linux x86_64", ""),
    ],
    ids=["source-bundle", "text", "elf", "zip", "breakpad"],
)
def test_files_that_are_refused(running: Service, data: bytes, reason: str) -> None:
    state = client(running).upload(data, "file")
    assert state["state"] == "error"
    assert reason in state["detail"]
    assert client(running).state(data, "file") == state, "until a client that waits has seen it"


def test_chunks_that_are_refused(running: Service) -> None:
    two = client(running)
    name = sha1(b"data")
    large = bytes(CHUNK_BYTES + 1)
    for files, status in (
        ([("file", name, b"other")], 400),
        ([("file", name.upper(), b"data")], 400),
        ([("file", "../" + name, b"data")], 400),
        ([("other", name, b"data")], 400),
        ([("file_gzip", name, b"data")], 400),
        ([("file_gzip", name, gzip.compress(b"data")[:-9])], 400),
        ([("file", sha1(large), large)], 413),
        ([("file_gzip", sha1(large), gzip.compress(large, 1))], 413),
        ([], 400),
    ):
        answer = two.send(*files)
        assert (answer.status, list(answer.json)) == (status, ["detail"]), (files and files[0][:2], answer)
    assert two.state(b"data") == {"state": "not_found", "missingChunks": [name]}


def test_requests_that_are_refused(running: Service) -> None:
    two, name = client(running), sha1(b"data")
    refused: tuple[Any, ...] = (
        {"short": {"name": "a", "chunks": []}},
        {name.upper(): {"name": "a", "chunks": []}},
        {name: {"name": "a", "chunks": ["../x"]}},
        {name: {"name": "a", "chunks": [name] * 5000}},
        {name: {"name": 1, "chunks": []}},
        {name: []},
        [],
    )
    for asked in refused:
        answer = two.ask(asked)
        assert (answer.status, list(answer.json)) == (400, ["detail"]), asked
    assert two.ask({}).json == {}
    assert two.ask({name: {}}).json == {name: {"state": "not_found", "missingChunks": []}}
    assert two.state(b"data", "../../\0" + "n" * 10_000)["state"] == "not_found"


def test_a_file_that_is_too_large_or_another_than_it_says(running: Service) -> None:
    two = client(running)
    zeros = bytes(CHUNK_BYTES)
    assert two.send(("file_gzip", sha1(zeros), gzip.compress(zeros, 1))).status == 200
    answer = two.ask({"1" * 40: {"name": "a", "chunks": [sha1(zeros)] * 3}}).json["1" * 40]
    assert (answer["state"], "larger than" in answer["detail"]) == ("error", True)
    wanted = {"2" * 40: {"name": "a", "chunks": [sha1(zeros)]}}
    state = until(lambda: (found := two.ask(wanted).json["2" * 40])["state"] == "error" and found)
    assert "another file" in state["detail"]


def test_few_chunks_do_not_occupy_the_service(tmp_path: Path) -> None:
    """One chunk makes a file of any size; only what may be a file is put together, within a limit."""
    chunk, tail = bytes(CHUNK_BYTES), b"tail"
    zeros = sha1(chunk)
    with service(tmp_path, SYMBOLICATE_SYMBOLS_UPLOAD_BYTES=str(12 * CHUNK_BYTES)) as one:
        anybody = SentryClient(one, "own", "app")
        sent = anybody.send(("file_gzip", zeros, gzip.compress(chunk, 1)), ("file", sha1(tail), tail))
        assert sent.status == 200

        def states(*lists: list[str]) -> list[str]:
            """The last states of files that these chunks do not make."""
            asked = {f"{number}" * 40: {"name": "a", "chunks": chunks} for number, chunks in enumerate(lists)}
            answer = anybody.ask(asked).json
            return [answer[name].get("detail", answer[name]["state"]) for name in asked]

        assert states([zeros] * 11, [sha1(tail), zeros], [zeros, sha1(tail), zeros], [zeros] * 13) == [
            f"the same chunks are repeated too often: {11 * CHUNK_BYTES} bytes of only {CHUNK_BYTES} that differ",
            *["the chunks of a file have one size, but for a smaller one at the end"] * 2,
            f"the file is larger than {12 * CHUNK_BYTES} bytes",
        ]
        # Zeros that repeat in a file are no reason.
        lists = [[zeros] * 8] * 7
        done = until(lambda: "assembling" not in (found := states(*lists)) and found)
        assert sorted(text[:20] for text in done) == ["its chunks make anot"] * 6 + ["not put together: th"]
        assert states(*lists) == done, "it is remembered"
        # The chunks are gone with the last of these files; and with them nothing is put together.
        until(lambda: states(*lists, [zeros] * 2)[-1] == "not_found")
        assert anybody.send(("file_gzip", zeros, gzip.compress(chunk, 1))).status == 200
        assert states(*lists, [zeros] * 2)[-1].startswith("the chunks of earlier files")


def test_tokens_and_apps(running: Service) -> None:
    _, sym = symbols_of(5)
    assert client(running, "own/two", "query").options().status == 403
    assert running.ask("GET", client(running).chunks_path, token=None).status == 401
    for app, token in (("own/two", "else/three"), ("else/three", "own/one"), ("nobody/two", "own/two")):
        stranger = client(running, app, token)
        assert stranger.options().status == 404
        assert stranger.send(("file", sha1(sym), sym)).status == 404
        assert stranger.ask({}).status == 404
    assert client(running, "own/one", "own/two").ask({}).status == 404
    assert client(running, "nobody/two", "all").options().status == 404

    # The chunks of one app are not there for a token of another one of the same owner.
    client(running, "own/two").send_chunks(sym)
    assert client(running, "own/one").state(sym)["state"] == "not_found"
    assert client(running, "own/two", "all").state(sym)["state"] == "not_found"
    assert client(running, "own/two").upload(sym)["state"] == "ok"
    assert client(running, "own/one").state(sym)["state"] == "not_found"

    info = running.ask("GET", "/api/0/", token=TOKENS["own/two"])
    assert info.json["auth"]["scopes"] == ["symbols"]


def test_a_quota_that_is_used_up(running: Service) -> None:
    with Store.open(data=running.data) as store:
        [three] = [app for app in store.apps.list() if app.name == "three"]
        settings = type(three.settings)(quota_bytes=10)
        store.apps.update(three.id, settings=settings)
    _, sym = symbols_of(6)
    client(running, "else/three").send_chunks(sym)
    given = {sha1(sym): {"name": "a", "chunks": [sha1(part) for part in client(running).cut(sym)]}}
    refused = until(lambda: (found := client(running, "else/three").ask(given)).status == 403 and found)
    assert "quota" in refused.json["detail"]


def test_many_clients_upload_the_same_and_other_files_at_the_same_time(running: Service) -> None:
    shared = symbols_of(7)[1]
    states: list[str] = []

    def work(number: int) -> None:
        own = symbols_with(f"{number + 100:08X}" + "AAAAAAAABBBBBBBBCCCCCCCC1")[1]
        states.extend(client(running, chunk=64).upload(data)["state"] for data in (shared, own))

    crew = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert states == ["ok"] * 12
