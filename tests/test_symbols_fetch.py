"""`symbolicate symbols fetch`: from a server into the store."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING

import pytest

from symbol_server import SymbolServer, serving
from tiny_dump import DEBUG_FILE, DEBUG_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Run, Samples

    Program = Callable[..., Run]

OTHER = "0123456789ABCDEF0123456789ABCDEF1"


@pytest.fixture
def server(samples: Samples) -> Iterator[SymbolServer]:
    [sym] = samples.symbols.rglob("*.sym")
    with serving() as server:
        server.put(sym.relative_to(samples.symbols).parts, sym.read_bytes())
        yield server


@pytest.fixture
def program(run: Program, tmp_path: Path) -> Program:
    def with_store(*arguments: str | Path, stdin: bytes = b"") -> Run:
        return run(*arguments, "--store", tmp_path / "store", stdin=stdin)

    return with_store


def test_what_a_report_lacks_is_in_the_store_then(program: Program, server: SymbolServer, samples: Samples) -> None:
    report = program("report", "--format", "json", samples.dump).out
    assert DEBUG_ID in [one["debug_id"] for one in json.loads(report)["symbols_needed"]]
    done = program("symbols", "fetch", "--symbols", server.url, "--json", "-", stdin=report)
    assert (done.code, done.err) == (0, "")
    outcomes = {one["debug_id"]: one for one in map(json.loads, done.text.splitlines())}
    assert len(outcomes) == len(json.loads(report)["symbols_needed"])
    assert outcomes[DEBUG_ID]["outcome"] == "found"
    assert outcomes[DEBUG_ID]["files"][0]["location"].startswith(server.url)
    assert {one["outcome"] for key, one in outcomes.items() if key != DEBUG_ID} <= {"missing"}
    # Without the server.
    again = json.loads(program("report", "--format", "json", samples.dump).out)
    loaded = {module["debug_id"] for module in again["modules"] if module["loaded_symbols"]}
    assert loaded == {DEBUG_ID}


def test_a_module_by_its_id(program: Program, server: SymbolServer) -> None:
    name = f"{DEBUG_FILE}/{DEBUG_ID}"
    done = program("symbols", "fetch", name, "--symbols", server.url)
    assert (done.code, done.err) == (0, "")
    assert done.text.split()[:3] == ["found", DEBUG_ID, DEBUG_FILE]
    done = program("symbols", "fetch", f"{DEBUG_FILE}/{OTHER}", "--symbols", server.url)
    assert (done.code, done.text.split()[:2]) == (1, ["missing", OTHER])


def test_a_server_that_fails_is_an_error(program: Program, server: SymbolServer, samples: Samples) -> None:
    report = program("report", "--format", "json", samples.dump).out
    server.faults["*"] = lambda handler: handler.answer(403, b"no")
    done = program("symbols", "fetch", "--symbols", server.url, stdin=report)
    assert done.code == 1
    assert all(line.startswith("refused") for line in done.text.splitlines())
    assert "403" in done.text


def test_the_time_is_for_all_files_of_a_module(program: Program, server: SymbolServer) -> None:
    server.faults["*"] = lambda _: time.sleep(2)
    name = f"{DEBUG_FILE}/{DEBUG_ID}"
    done = program("symbols", "fetch", name, "--symbols", server.url, "--symbols-seconds", "0.4", "--json")
    found = json.loads(done.out)
    assert (done.code, found["outcome"], len(found["candidates"])) == (1, "timed out", 1)
    assert len(server.requests) == 1


def test_wrong_usage(program: Program, server: SymbolServer) -> None:
    assert program("symbols", "fetch", DEBUG_ID).code == 2
    assert program("symbols", "fetch", "neither", "--symbols", server.url).code == 2
    done = program("symbols", "fetch", "--symbols", server.url, stdin=b"no report")
    assert (done.code, done.text) == (1, "")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        done = program("symbols", "fetch", f"{DEBUG_FILE}/{DEBUG_ID}", "--symbols", url)
    assert done.code == 1
