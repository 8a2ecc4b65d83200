"""`POST /symbolicate/v5` and `/symbolicate/v4`: what profilers ask, by uploads and by the configured sources."""

from __future__ import annotations

import gzip
import json
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("litestar")

from places import CORPORA, FIXTURES
from service_process import Answer, Service, service
from symbol_server import serving
from symbolicate._native import demangle
from symbolicate.store import Store
from symbolicate.symbols.store import SymbolStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from symbol_server import Handler

SCENE_ID = "B0926908029E68ABECF3CBA3BFB235A20"
SCENE = FIXTURES / f"symbols/libscene.so/{SCENE_ID}/libscene.so.sym"
GAUGE = "FFD18B72A63D9E324C4C44205044422E1"
PROFILER = "https://profiler.firefox.com"
REQUESTS = CORPORA / "symbolicate-v5/requests"
SNAPSHOTS = CORPORA / "symbolicate-v5/snapshots"
# The builds of these answers that the corpora have: libsoftokn3.dylib, and the DLLs of mozglue.pdb and firefox.pdb.
HELD = {
    "F7DE6E25737B3B1885A5079DC41D77B40",
    "63C609072D3499F64C4C44205044422E1",
    "AA152DEB2D9B76084C4C44205044422E1",
}
SAMPLY = CORPORA / "debug-files/samply"


def upload(running: Service, app: str = "", token: str | None = "") -> None:
    assert running.upload_symbols(SCENE.read_bytes(), SCENE.name, app, token=token).status == 200


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with an upload in its pool, with files in sources, and with small limits."""
    sources = [FIXTURES / "windows"]
    if SAMPLY.is_dir():
        sources += [SAMPLY / name for name in ("win64-ci", "macos-ci", "android32-local", "android32-ci")]
    with service(
        tmp_path_factory.mktemp("stacks"),
        "--workers",
        "0",
        SYMBOLICATE_SYMBOLS_SOURCES=",".join(map(str, sources)),
        SYMBOLICATE_ACCESS_ORIGINS=PROFILER,
        SYMBOLICATE_STACKS_PROCESSES="2",
    ) as one:
        upload(one)
        yield one


def ask(running: Service, body: Any, version: int = 5, **more: Any) -> Answer:
    return running.ask("POST", f"/symbolicate/v{version}", body, **more)


def test_an_upload_and_a_source_in_one_request(running: Service) -> None:
    lines = [line.split(None, 4) for line in SCENE.read_text().splitlines() if line.startswith("FUNC ")]
    first, name = next((int(address, 16), demangle(name)) for _, address, _, _, name in lines)
    body = {
        "jobs": [
            {"memoryMap": [["libscene.so", SCENE_ID], ["gauge.pdb", GAUGE]], "stacks": [[[0, first], [1, 0x1000]]]},
            {
                "memoryMap": [["none.so", "A" * 33], ["libscene.so", SCENE_ID[:-2] + "11"]],
                "stacks": [[[0, 1], [1, first]]],
            },
        ]
    }
    found, lost = ask(running, body).json["results"]
    assert found["stacks"][0][0]["function"] == name
    assert set(found["stacks"][0][1]) >= {"function", "function_offset", "function_size", "file", "line"}
    assert found["found_modules"] == {f"libscene.so/{SCENE_ID}": True, f"gauge.pdb/{GAUGE}": True}
    assert "module_errors" not in found
    assert not any("function" in frame for frame in lost["stacks"][0])
    assert set(lost["found_modules"].values()) == {False}
    assert str(FIXTURES) not in json.dumps(lost), "locations on the server are not for its clients"
    old = ask(running, body["jobs"][0], version=4).json
    assert old["knownModules"] == [True, True]
    assert old["symbolicatedStacks"][0][0] == f"{name} (in libscene.so)"


def test_every_frame_is_that_of_a_look_up(running: Service, tmp_path: Path) -> None:
    symbols = SymbolStore(tmp_path, sources=[FIXTURES / "windows"]).resolve("gauge.pdb", GAUGE).symbols
    assert symbols is not None
    addresses = list(range(0x1000, 0x1400))
    expected = symbols.lookup(np.array(addresses, dtype=np.uint64))
    body = {"memoryMap": [["gauge.pdb", GAUGE]], "stacks": [[[0, address] for address in addresses]]}
    [stack] = ask(running, body).json["results"][0]["stacks"]
    inlined = 0
    for number, frame in enumerate(stack):
        assert frame["frame"] == number
        rows = expected.frames(number)
        assert ("function" in frame) == bool(rows)
        if rows:
            *inner, (function, file, line) = rows
            assert (frame["function"], frame.get("file"), frame.get("line")) == (demangle(function), file, line)
            calls = [(one["function"], one.get("file"), one.get("line")) for one in frame.get("inlines", [])]
            assert calls == [(demangle(name), file, line) for name, file, line in inner]
            inlined += bool(calls)
    assert inlined > 0


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0",
        b"{",
        b"[]",
        b'{"jobs": 1}',
        b'{"memoryMap": [["a", "1"]], "stacks": [[[0, NaN]]]}',
        b'{"memoryMap": [["a", "1"]], "stacks": [[[0, -5]]]}',
        b'{"memoryMap": [["a", "1"]], "stacks": [[[9, 1]]]}',
        b'{"memoryMap": [["a", "1"]], "stacks": [[["0", 1]]]}',
        b'{"memoryMap": [["a", 1]], "stacks": []}',
        b'{"memoryMap": [["' + b"a" * 10_000 + b'", "1"]], "stacks": []}',
        nested(500_000).encode(),
        b'{"memoryMap": [], "stacks": ' + nested(500_000).encode() + b"}",
        b'{"memoryMap": [], "stacks": [[' + b",".join([b"[-1,0]"] * 1_000_000) + b"]]}",
        b'{"jobs": [' + b",".join([b'{"memoryMap": [], "stacks": []}'] * 10_000) + b"]}",
        b'{"memoryMap": [' + b",".join([b'["a", "1"]'] * 100_000) + b'], "stacks": []}',
        b"\xff\xfe",
    ],
    ids=range(17),
)
def test_other_bodies_are_refused(running: Service, body: bytes) -> None:
    for version in (4, 5):
        answer = ask(running, body, version)
        assert answer.status == 400, answer.body[:200]
        assert len(answer.body) < 1000
        assert answer.json["code"] == "BadRequest"


def test_large_bodies_are_refused(running: Service) -> None:
    large = b'{"memoryMap": [], "stacks": []}' + b" " * (17 << 20)
    assert ask(running, large).status == 413
    assert ask(running, gzip.compress(large), headers={"Content-Encoding": "gzip"}).status == 413
    small = gzip.compress(b'{"memoryMap": [], "stacks": []}')
    assert ask(running, small, headers={"Content-Encoding": "gzip"}).json == {
        "results": [{"stacks": [], "found_modules": {}}]
    }


def test_pages_of_configured_origins_may_ask(running: Service) -> None:
    body: dict[str, Any] = {"memoryMap": [], "stacks": []}
    answer = ask(running, body, headers={"Origin": PROFILER})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, PROFILER)
    assert ask(running, b"{", headers={"Origin": PROFILER}).headers["access-control-allow-origin"] == PROFILER
    asked = {"Origin": PROFILER, "Access-Control-Request-Method": "POST"}
    for path in ("/symbolicate/v5", "/symbolicate/v4", "/-/token/symbolicate/v5"):
        preflight = running.ask("OPTIONS", path, None, asked)
        assert (preflight.status, preflight.headers["access-control-allow-methods"]) == (204, "POST")
    for other in ("https://profiler.firefox.com.example", "null", "https://example.com"):
        answer = ask(running, body, headers={"Origin": other})
        assert answer.status == 403
        assert "access-control-allow-origin" not in answer.headers
        preflight = running.ask("OPTIONS", "/symbolicate/v5", None, asked | {"Origin": other})
        assert not any(name.startswith("access-control") for name in preflight.headers)
    elsewhere = running.ask("GET", "/api/v1/queue", None, {"Origin": PROFILER})
    assert elsewhere.status == 403
    assert "access-control-allow-origin" not in elsewhere.headers


def test_servers_that_do_not_answer_are_distinguished_from_those_that_have_nothing(tmp_path: Path) -> None:
    silence = threading.Event()

    def wait(_: Handler) -> None:
        silence.wait(60)

    with serving() as server:
        server.faults[f"/slow.so/{SCENE_ID}/slow.so.sym"] = wait
        server.faults[f"/closed.so/{SCENE_ID}/closed.so.sym"] = lambda handler: handler.answer(403, b"")
        modules = [[f"{name}.so", SCENE_ID] for name in ("none", "closed", "slow")]
        with service(
            tmp_path,
            "--workers",
            "0",
            SYMBOLICATE_SYMBOLS_SOURCES=f"breakpad+{server.url}",
            SYMBOLICATE_SYMBOLS_SECONDS="10",
            SYMBOLICATE_STACKS_PROCESSES="1",
        ) as one:
            errors = {}
            for module in modules:
                body = {"memoryMap": [module], "stacks": [[[0, 1]]]}
                [result] = ask(one, body).json["results"]
                assert list(result["found_modules"].values()) == [False]
                [[error]] = result["module_errors"].values()
                errors[module[0]] = error["name"]
                assert server.url not in json.dumps(result), "the sources of the service are not for its clients"
            assert errors == {"none.so": "missing", "closed.so": "refused", "slow.so": "timed out"}
        silence.set()


def test_the_symbols_of_other_apps_are_unknown(tmp_path: Path) -> None:
    with Store.open(None, data=tmp_path) as store:
        apps = {name: store.apps.create(application_id=name, owner="own", name=name) for name in ("one", "two")}
        tokens = {name: store.tokens.create(name, ["symbols-read"], apps=[app])[1] for name, app in apps.items()}
        tokens["admin"] = store.tokens.create("admin", ["admin"])[1]
        tokens["query"] = store.tokens.create("query", ["query"])[1]
    body = {"memoryMap": [["libscene.so", SCENE_ID]], "stacks": [[[0, 0x1139]]]}
    with service(tmp_path, "--workers", "0") as one:

        def is_found(name: str) -> bool:
            answer = one.ask("POST", f"/-/{tokens[name]}/symbolicate/v5", body, token=None)
            assert answer.status == 200, answer
            return bool(answer.json["results"][0]["found_modules"][f"libscene.so/{SCENE_ID}"])

        assert [is_found(name) for name in ("one", "two", "admin")] == [False] * 3
        upload(one, "own/one", tokens["admin"])
        assert [is_found(name) for name in ("one", "two", "admin")] == [True, False, True]
        assert ask(one, body, token=None).status == 401
        assert ask(one, body, token=tokens["query"]).status == 403
        [file] = one.get("/api/v1/apps/one/symbols", token=tokens["admin"]).json
        assert one.ask("DELETE", f"/api/v1/symbols/{file['id']}", token=tokens["admin"]).status == 200
        assert not is_found("one"), "a removed file is not used any more"


@pytest.mark.corpora
@pytest.mark.parametrize("path", sorted(REQUESTS.glob("*.json")), ids=lambda path: path.stem)
def test_requests_of_profilers(running: Service, path: Path) -> None:
    body = path.read_bytes()
    asked = json.loads(body)
    answer = ask(running, body)
    assert answer.status == 200
    for job, result in zip(asked.get("jobs", [asked]), answer.json["results"], strict=True):
        assert [len(stack) for stack in result["stacks"]] == [len(stack) for stack in job["stacks"]]
        names = [name for name, _ in job["memoryMap"]]
        for stack, frames in zip(job["stacks"], result["stacks"], strict=True):
            assert [(frame["module"], int(frame["module_offset"], 16)) for frame in frames] == [
                (names[module], offset) for module, offset in stack
            ]
        for module, is_found in result["found_modules"].items():
            # The one file of these requests that the corpora have.
            assert is_found == module.startswith("libmozglue.dylib/64EC"), module


@pytest.mark.corpora
@pytest.mark.parametrize("path", sorted(SNAPSHOTS.glob("api-v5-*.txt")), ids=lambda path: path.stem)
def test_answers_of_samply(running: Service, path: Path) -> None:
    """The frames are those of samply's server, but for the functions of files that the corpora do not have.

    `docs/peer-differences.md` says why functions without a name, and those of exports, differ.
    """
    [expected] = json.loads(path.read_text())["results"]
    modules = [key.split("/") for key in expected["found_modules"]]
    names = [name for name, _ in modules]
    stacks = [
        [[names.index(frame["module"]), int(frame["module_offset"], 16)] for frame in stack]
        for stack in expected["stacks"]
    ]
    [found] = ask(running, {"memoryMap": modules, "stacks": stacks}).json["results"]
    assert {key: is_found for key, is_found in found["found_modules"].items() if is_found} == {
        key: True for key in expected["found_modules"] if key.rpartition("/")[2] in HELD
    }
    for stack, ours in zip(expected["stacks"], found["stacks"], strict=True):
        for frame, own in zip(stack, ours, strict=True):
            for key in ("frame", "module", "module_offset"):
                assert own[key] == frame[key]
            assert set(own) <= {*frame, "function", "function_offset"}
