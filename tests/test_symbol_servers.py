"""Symbols from servers: each layout, each fault, and what is remembered; with a real server on loopback."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from symbol_server import SymbolServer, serving
from symbolicate import SymbolStore, process, process_many
from symbolicate.engine import Session
from symbolicate.symbols.fetching import http
from symbolicate.symbols.fetching.content import install
from symbolicate.symbols.fetching.failure import FetchError
from symbolicate.symbols.fetching.fetcher import Fetcher
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.fetching.partial import Partial
from symbolicate.symbols.fetching.servers import Server
from symbolicate.symbols.fetching.urls import Url
from symbolicate.symbols.layouts.layout import FILE_KINDS
from symbolicate.symbols.layouts.symstore import compressed
from symbolicate.symbols.layouts.table import LAYOUTS
from symbolicate.symbols.resolution import Wanted
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from symbol_server import Handler
    from symbolicate.symbols.layouts.layout import FileKind
    from symbolicate.symbols.resolution import Resolution

SYM_PATH = f"/{DEBUG_FILE}/{DEBUG_ID}/app.sym"


@pytest.fixture
def server() -> Iterator[SymbolServer]:
    with serving() as model:
        yield model


def ask(
    server: SymbolServer, folder: Path, *, layout: str = "breakpad", network: Network | None = None, **wanted: str
) -> Resolution:
    """The symbols of a module, from a server and a store of its own."""
    store = SymbolStore(folder / "store", sources=[f"{layout}+{server.url}"], network=network)
    wanted = wanted or {"debug_file": DEBUG_FILE, "debug_id": DEBUG_ID}
    return store.resolve(wanted.pop("debug_file", ""), wanted.pop("debug_id", ""), **wanted)


def outcomes(found: Resolution) -> list[tuple[str, str]]:
    return [(one.outcome, one.detail) for one in found.candidates if one.source.startswith("http")]


# What is found


def test_a_report_uses_the_symbols_of_a_server(server: SymbolServer) -> None:
    server.put((DEBUG_FILE, DEBUG_ID, "app.sym"), SYM)
    report = process(tiny_dump(), symbols=server.url)
    assert report.failure is not None
    assert report.failure.function == "poke"
    symbols = report.modules[0].symbols
    assert symbols is not None
    assert symbols.file == server.url + SYM_PATH
    [own, remote] = symbols.candidates or ()
    assert (own.outcome, remote.outcome, remote.source) == ("missing", "found", server.url + "/")


def test_one_request_is_enough_for_symbols_with_lines_and_rules(server: SymbolServer, tmp_path: Path) -> None:
    server.put((DEBUG_FILE, DEBUG_ID, "app.sym"), SYM)
    assert ask(server, tmp_path).status == "loaded"
    assert server.requests == [SYM_PATH]
    assert ask(server, tmp_path).status == "loaded"  # another store object, as another process
    assert server.requests == [SYM_PATH]


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: data], ids=["gzip", "plain"])
def test_bodies_are_unpacked_by_their_content(
    server: SymbolServer, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    server.put((DEBUG_FILE, DEBUG_ID, "app.sym"), pack(SYM))
    assert ask(server, tmp_path).status == "loaded"


def test_local_symbols_with_lines_leave_a_server_unasked(server: SymbolServer, tmp_path: Path) -> None:
    local = tmp_path / "app.sym"
    local.write_bytes(SYM)
    store = SymbolStore(tmp_path / "store", sources=[server.url, local])
    assert store.resolve(DEBUG_FILE, DEBUG_ID).path == str(local)
    assert server.requests == []


def test_the_stores_own_files_come_before_a_server(server: SymbolServer, tmp_path: Path) -> None:
    (tmp_path / "app.sym").write_bytes(SYM)
    store = SymbolStore(tmp_path / "store", sources=[server.url])
    store.add(tmp_path / "app.sym")
    assert store.resolve(DEBUG_FILE, DEBUG_ID).path.startswith(str(tmp_path))
    assert server.requests == []


# What is not found, and why


def _status(code: int, headers: dict[str, str] | None = None) -> Callable[[Handler], None]:
    return lambda handler: handler.answer(code, b"no", headers)


def _page(handler: Handler) -> None:
    handler.answer(200, b"\n<!DOCTYPE html><html><body>Sign in</body></html>", {"Content-Type": "text/html"})


def _other_module(handler: Handler) -> None:
    handler.answer(200, SYM.replace(DEBUG_ID.encode(), b"6" * 32 + b"1"))


def _garbage(handler: Handler) -> None:
    handler.answer(200, b"\x00\x01\x02 something else")


def _cut(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(SYM)))
    handler.end_headers()
    handler.wfile.write(SYM[: len(SYM) // 2])
    handler.end()


def _never_ending(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for _ in range(300):
        handler.wfile.write(b"5\r\nSTACK\r\n")
        time.sleep(0.02)
    handler.end()


def _endless(handler: Handler) -> None:
    """Bytes without an end, quickly."""
    handler.send_response(200)
    handler.end_headers()
    handler.end()
    while True:
        handler.wfile.write(b"STACK CFI " * 10_000)


def _silent(handler: Handler) -> None:
    time.sleep(1.0)
    handler.end()


def _dripping_head(handler: Handler) -> None:
    for character in b"HTTP/1.1 200 OK\r\nX-Y: " + b"z" * 400:
        handler.wfile.write(bytes((character,)))
        time.sleep(0.05)
    handler.end()


_BOMB = gzip.compress(b"\0" * (32 << 20), 1)


def _bomb(handler: Handler) -> None:
    handler.answer(200, _BOMB)


def _loop(handler: Handler) -> None:
    handler.answer(302, b"", {"Location": handler.path + "x"})


def _empty(handler: Handler) -> None:
    handler.answer(200, b"")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (_status(404), ("missing", "")),
        (_status(410), ("missing", "")),
        (_status(401), ("refused", "HTTP 401")),
        (_status(403), ("refused", "HTTP 403")),
        (_status(418), ("refused", "HTTP 418")),
        (_status(429, {"Retry-After": "100"}), ("refused", "HTTP 429")),
        (_status(503), ("refused", "HTTP 503")),
        (_page, ("malformed", "an HTML page")),
        (_other_module, ("mismatched", "6" * 32 + "1")),
        (_garbage, ("malformed", "neither a symbol file nor a debug file")),
        (_empty, ("malformed", "an empty file")),
        (_loop, ("refused", "more than 5 redirects")),
        (_bomb, ("malformed", "the archive unpacks to more than it may")),
        (_endless, ("denied", "larger than 8,388,608 bytes")),
        (_silent, ("timed out", "the server stopped sending")),
        (_never_ending, ("timed out", "the time for the symbols of a report is over")),
        (_dripping_head, ("timed out", "the time for the symbols of a report is over")),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_fault_is_the_outcome_of_the_candidate(
    server: SymbolServer, tmp_path: Path, fault: Callable[[Handler], None], expected: tuple[str, str]
) -> None:
    server.faults["*"] = fault
    # Only where the time ends it: a busy machine may be slower than any other limit.
    seconds = 1.0 if fault in {_never_ending, _dripping_head} else 60.0
    network = Network(file_bytes=8 << 20, seconds=seconds, stall_seconds=0.3 if fault is _silent else 60.0)
    found = ask(server, tmp_path, network=network)
    assert found.symbols is None
    assert outcomes(found)[0] == expected
    left = [path for path in (tmp_path / "store").rglob("*") if path.is_file() and path.suffix != ".absent"]
    assert left == []


def test_a_cut_body_is_asked_for_again_from_where_it_was_cut(server: SymbolServer, tmp_path: Path) -> None:
    server.put((DEBUG_FILE, DEBUG_ID, "app.sym"), SYM)
    cuts = iter(range(2))

    def cut_twice(handler: Handler) -> None:
        if next(cuts, None) is None:
            handler.answer_file(SYM_PATH)
            return
        start = int(handler.headers.get("range", "bytes=0-")[6:-1])
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(SYM) - start))
        handler.send_header("Content-Range", f"bytes {start}-{len(SYM) - 1}/{len(SYM)}")
        handler.send_header("ETag", f'"{len(SYM)}"')
        handler.end_headers()
        handler.wfile.write(SYM[start : start + 200])
        handler.end()

    server.faults[SYM_PATH] = cut_twice
    found = ask(server, tmp_path)
    assert found.status == "loaded"
    assert [one.get("range") for one in server.headers] == [None, "bytes=200-", "bytes=400-"]
    assert [one.get("if-range") for one in server.headers][1:] == [f'"{len(SYM)}"'] * 2


def test_a_body_that_is_cut_each_time_is_malformed(server: SymbolServer, tmp_path: Path) -> None:
    server.faults[SYM_PATH] = _cut
    [(outcome, detail)] = outcomes(ask(server, tmp_path))
    assert outcome == "malformed"
    assert detail.startswith("the connection broke")
    assert len(server.requests) == 3


def test_a_file_that_changed_meanwhile_is_fetched_anew(server: SymbolServer, tmp_path: Path) -> None:
    server.put((DEBUG_FILE, DEBUG_ID, "app.sym"), SYM)

    def cut(handler: Handler) -> None:
        server.faults.clear()
        handler.send_response(200)
        handler.send_header("Content-Length", "9000")
        handler.send_header("ETag", '"another version"')
        handler.end_headers()
        handler.wfile.write(b"x" * 1000)
        handler.end()

    server.faults[SYM_PATH] = cut
    assert ask(server, tmp_path).status == "loaded"
    assert server.headers[1]["if-range"] == '"another version"'


def test_a_server_that_asks_for_patience_is_asked_again(server: SymbolServer, tmp_path: Path) -> None:
    server.put((DEBUG_FILE, DEBUG_ID, "app.sym"), SYM)

    def busy(handler: Handler) -> None:
        server.faults.clear()
        handler.answer(429, b"", {"Retry-After": "0"})

    server.faults[SYM_PATH] = busy
    assert ask(server, tmp_path).status == "loaded"
    assert len(server.requests) == 2


def test_a_server_that_hangs_takes_no_more_than_the_time_for_a_report(server: SymbolServer, tmp_path: Path) -> None:
    server.faults["*"] = _dripping_head
    session = Session(SymbolStore(tmp_path, sources=[server.url], network=Network(seconds=0.5)))
    began = time.monotonic()
    report = session.report(tiny_dump())
    assert time.monotonic() - began < 20  # one header takes 21 seconds
    symbols = report.modules[0].symbols
    assert symbols is not None
    assert "timed out" in [one.outcome for one in symbols.candidates or ()]


def _without_pause(head: bytes, more: bytes) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        handler.wfile.write(head)
        while True:
            handler.wfile.write(more)

    return answer


@pytest.mark.parametrize(
    ("head", "more"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", SYM * 100),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n" * 1000),
    ],
)
def test_a_server_that_never_pauses_takes_no_more_than_the_time(
    server: SymbolServer, tmp_path: Path, head: bytes, more: bytes
) -> None:
    server.faults["*"] = _without_pause(head, more)
    # The answer without an end is beyond this size long after the time.
    network = Network(seconds=0.3, file_bytes=1 << 31)
    assert outcomes(ask(server, tmp_path, network=network))[0][0] == "timed out"


def test_a_server_that_was_silent_is_not_asked_by_the_next_report(
    server: SymbolServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_PATIENCE", 0.1)
    server.faults["*"] = lambda _: time.sleep(2)
    store = SymbolStore(tmp_path, sources=[f"breakpad+{server.url}"], network=Network(seconds=0.3))
    for number in "12":
        assert outcomes(store.resolve(DEBUG_FILE, DEBUG_ID[:-1] + number))[0][0] == "timed out"
    assert len(server.requests) == 1


def test_unpacking_takes_no_more_than_the_time(tmp_path: Path) -> None:
    path = tmp_path / "app.sym.part"
    path.write_bytes(gzip.compress(SYM))
    with path.open("r+b") as stream, pytest.raises(FetchError, match="takes longer to unpack") as error:
        install(Partial(stream, str(path), 1 << 20), str(tmp_path / "app" / "app.sym"), time.monotonic())
    assert error.value.outcome == "timed out"
    assert not list(tmp_path.rglob(".unpacking-*"))


def test_nobody_listens(tmp_path: Path) -> None:
    with serving() as model:
        pass
    found = ask(model, tmp_path)
    assert outcomes(found) == [("refused", "no connection: connection refused")]
    # It is the server that fails, and not each of its files.
    assert found.candidates[-1].location == model.url + "/"
    assert ask(model, tmp_path, debug_file="other.pdb", debug_id=DEBUG_ID).candidates[-1].location == model.url + "/"


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    found = ask(SymbolServer("http://symbols.invalid"), tmp_path)
    assert outcomes(found)[0][0] in {"refused", "timed out"}


# What is remembered


def test_negative_answers_are_remembered_with_their_reason(server: SymbolServer, tmp_path: Path) -> None:
    server.faults["*"] = _status(403)
    first = outcomes(ask(server, tmp_path))
    asked = len(server.requests)
    assert outcomes(ask(server, tmp_path)) == first
    assert len(server.requests) == asked


def test_answers_are_remembered_for_the_query_that_they_were_asked_with(server: SymbolServer, tmp_path: Path) -> None:
    def of_app(handler: Handler) -> None:
        if urlsplit(handler.path).query == "app=b":
            handler.answer(200, SYM)
        else:
            handler.answer(404, b"")

    server.faults["*"] = of_app
    for query, expected, requests in (
        ("?app=a", "missing", 1),
        ("?app=a", "missing", 1),
        ("?app=b", "found", 2),
        ("?app=b", "found", 2),
        ("", "missing", 3),
    ):
        root = Server(Url.parse(server.url + query), Fetcher(str(tmp_path), Network()))
        assert root.fetch((DEBUG_FILE, DEBUG_ID, "app.sym")).outcome == expected
        assert len(server.requests) == requests


def test_the_lack_of_credentials_is_soon_forgotten(server: SymbolServer, tmp_path: Path) -> None:
    server.faults["*"] = lambda handler: handler.answer(401, b"")
    assert outcomes(ask(server, tmp_path)) == [("refused", "HTTP 401")]
    [absent] = (tmp_path / "store").rglob("*.absent")
    assert json.loads(absent.read_bytes())["until"] - time.time() < 20


def test_what_is_missing_is_asked_for_again_after_its_time(server: SymbolServer, tmp_path: Path) -> None:
    fetcher = Fetcher(str(tmp_path), Network())
    root = Server(Url.parse(server.url), fetcher)
    path = (DEBUG_FILE, DEBUG_ID, "app.sym")
    assert root.fetch(path).outcome == "missing"
    server.put(path, SYM)
    assert root.fetch(path).outcome == "missing"
    [absent] = tmp_path.rglob("*.absent")
    absent.write_text(absent.read_text().replace('"until": ', '"until": -'))
    assert root.fetch(path).outcome == "found"
    assert not absent.exists()


def test_offline_asks_nobody_and_uses_what_was_fetched(server: SymbolServer, tmp_path: Path) -> None:
    server.put((DEBUG_FILE, DEBUG_ID, "app.sym"), SYM)
    offline = Network(offline=True)
    assert outcomes(ask(server, tmp_path, network=offline))[0] == ("denied", "offline")
    assert server.requests == []
    assert ask(server, tmp_path).status == "loaded"
    assert ask(server, tmp_path, network=offline).status == "loaded"


def test_threads_and_processes_that_ask_for_one_file_make_one_request(server: SymbolServer, tmp_path: Path) -> None:
    server.put((DEBUG_FILE, DEBUG_ID, "app.sym"), SYM)
    server.latency = 0.3
    script = (
        "import sys; from symbolicate import SymbolStore;"
        "print(SymbolStore(sys.argv[1], sources=[sys.argv[2]]).resolve(sys.argv[3], sys.argv[4]).status)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "store"), f"breakpad+{server.url}", DEBUG_FILE, DEBUG_ID]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    found: list[Resolution] = []
    threads = [threading.Thread(target=lambda: found.append(ask(server, tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.communicate()[0] for other in others] == ["loaded\n"] * 2
    assert [one.status for one in found] == ["loaded"] * 4
    assert server.requests == [SYM_PATH]


def test_threads_that_ask_for_a_missing_file_make_one_request(server: SymbolServer, tmp_path: Path) -> None:
    server.latency = 0.1
    root = Server(Url.parse(server.url), Fetcher(str(tmp_path), Network()))
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(root.fetch(("a.sym",)).outcome)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["missing"] * 16
    assert server.requests == ["/a.sym"]
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".absent"]


def test_the_cache_stays_below_its_limit(server: SymbolServer, tmp_path: Path) -> None:
    import os

    fetcher = Fetcher(str(tmp_path), Network(fetched_bytes=15_000))
    root = Server(Url.parse(server.url), fetcher)
    for number in range(4):
        server.put((f"{number}.sym",), SYM + b"x" * 9_000)
        fetched = root.fetch((f"{number}.sym",))
        os.utime(fetched.path, (1000 + number, 1000 + number))
    fetcher._cache._trim()
    assert [root.fetch((f"{number}.sym",)).path != "" for number in range(4)] == [True] * 4
    assert server.requests.count("/0.sym") == 2
    assert server.requests.count("/3.sym") == 1


def test_a_corpus_asks_once_for_each_id(server: SymbolServer, tmp_path: Path) -> None:
    server.put((DEBUG_FILE, DEBUG_ID, "app.sym"), SYM)
    dumps = [tiny_dump()] * 20 + [tiny_dump(debug_file="other.pdb")] * 20
    store = SymbolStore(tmp_path, sources=[f"breakpad+{server.url}"])
    reports = list(process_many(dumps, symbols=store, jobs=4))
    assert len(reports) == 40
    assert sorted(server.requests) == [SYM_PATH, f"/other.pdb/{DEBUG_ID}/other.sym"]


# Layouts

_PDB = Wanted(DEBUG_FILE, DEBUG_ID, "app.exe", "5A9832E53000")


@pytest.mark.parametrize("layout", ["breakpad", "symstore", "symstore2", "ssqp", "unified"])
def test_each_layout_has_the_file_under_its_path(server: SymbolServer, tmp_path: Path, layout: str) -> None:
    kinds: list[FileKind] = [kind for kind in FILE_KINDS[:2] if LAYOUTS[layout].paths(_PDB, kind)]
    server.put(LAYOUTS[layout].paths(_PDB, kinds[-1])[0], SYM)
    found = ask(server, tmp_path, layout=layout, debug_file=DEBUG_FILE, debug_id=DEBUG_ID, code_id=_PDB.code_id)
    assert found.status == "loaded"


@pytest.mark.parametrize("layout", ["breakpad", "symstore", "symstore2", "ssqp", "unified"])
def test_a_layout_that_nobody_names_is_found_and_remembered(server: SymbolServer, tmp_path: Path, layout: str) -> None:
    if layout == "symstore2":
        server.put(("index2.txt",), b"")
    other = DEBUG_ID[:-2] + "A1"
    for identifier in (DEBUG_ID, other):
        wanted = Wanted(DEBUG_FILE, identifier)
        sym = SYM.replace(DEBUG_ID.encode(), identifier.encode())
        kind = next(kind for kind in FILE_KINDS[:2] if LAYOUTS[layout].paths(wanted, kind))
        server.put(LAYOUTS[layout].paths(wanted, kind)[0], sym)
    store = SymbolStore(tmp_path, sources=[server.url])
    assert store.resolve(DEBUG_FILE, DEBUG_ID).status == "loaded"
    asked = len(server.requests)
    assert store.resolve(DEBUG_FILE, other).status == "loaded"
    assert len(server.requests) - asked <= 3


def test_symstore_files_may_be_compressed_or_elsewhere(server: SymbolServer, tmp_path: Path) -> None:
    [path] = LAYOUTS["symstore"].paths(_PDB, "debug file")
    packed = compressed(path)
    assert packed is not None
    server.put(packed, gzip.compress(SYM))
    assert ask(server, tmp_path / "a", layout="symstore", debug_file=DEBUG_FILE, debug_id=DEBUG_ID).status == "loaded"
    server.files.clear()
    server.put((*path[:-1], "file.ptr"), rb"PATH:\\internal\share\app.pdb")
    found = ask(server, tmp_path / "b", layout="symstore", debug_file=DEBUG_FILE, debug_id=DEBUG_ID)
    assert outcomes(found)[2] == ("missing", r"says that the file is elsewhere: \\internal\share\app.pdb")


# Names of a dump


@pytest.mark.parametrize(
    "name", ["..", "../../etc/passwd", "a\0b", "C:evil.pdb", "x" * 10_000, "a?b#c%2e.pdb", "\ud800"]
)
def test_no_name_leads_out_of_the_cache_or_the_server(server: SymbolServer, tmp_path: Path, name: str) -> None:
    server.faults["*"] = lambda handler: handler.answer(200, SYM)
    ask(server, tmp_path, debug_file=name, debug_id=DEBUG_ID)
    assert {path.parts[: len(tmp_path.parts) + 1] for path in tmp_path.rglob("*")} <= {(tmp_path / "store").parts}
    assert all(".." not in path.split("/") for path in server.requests)
