"""The service asks symbol servers itself; the child processes that read crashes ask the service."""

from __future__ import annotations

import json
import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("litestar")

from large_pdb import BASE, pdb
from places import FIXTURES
from symbol_server import Handler, SymbolServer, serving
from symbolicate._native import debug_files
from symbolicate.isolation.messages import (
    FetchFile,
    FetchFiles,
    Found,
    LookedUp,
    LookUpStacks,
    MakeReport,
    Question,
    Reported,
    Response,
    Symbols,
)
from symbolicate.isolation.process import IsolatedProcess
from symbolicate.service.config import Config
from symbolicate.service.config import Symbols as Settings
from symbolicate.service.errors import ConfigError
from symbolicate.service.processing.symbol_cache import SymbolCache
from symbolicate.service.processing.symbol_servers import SymbolServers
from symbolicate.symbols.fetching import ranges
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATH = (DEBUG_FILE, DEBUG_ID, "app.sym")


@pytest.fixture
def server() -> Iterator[SymbolServer]:
    with serving() as model:
        yield model


def config(folder: Path, *sources: str, **settings: Any) -> Config:
    return Config(data=str(folder), symbols=Settings(store=str(folder / "store"), sources=sources, **settings))


def answer(servers: SymbolServers, ends: float, question: Question) -> Response:
    return servers.answer(question, ends) if isinstance(question, FetchFiles) else Found()


def report(servers: SymbolServers, folder: Path, seconds: float = 60.0, data: bytes | None = None) -> dict[str, Any]:
    """The report of a child process that may ask for files of servers."""
    engine = IsolatedProcess(256 << 20)
    try:
        symbols = Symbols(str(folder / "store"), servers.local, servers=servers.servers)
        request = MakeReport("a.dmp", symbols, 120.0)
        done = engine.ask(request, [data or tiny_dump()], partial(answer, servers, time.monotonic() + seconds))
    finally:
        engine.close()
    assert isinstance(done, Reported)
    decoded: dict[str, Any] = json.loads(done.report)
    return decoded


def test_a_child_gets_the_files_of_servers_from_its_parent(server: SymbolServer, tmp_path: Path) -> None:
    server.put(PATH, SYM)
    folder = tmp_path / "local"
    folder.mkdir()
    servers = SymbolServers(config(tmp_path, str(folder), f"breakpad+{server.url}"))
    assert servers.local == (str(folder),)
    made = report(servers, tmp_path)
    assert made["failure"]["function"] == "poke"
    assert made["modules"][0]["symbols"]["file"] == f"{server.url}/{'/'.join(PATH)}"
    assert server.requests == ["/" + "/".join(PATH)]


def test_the_modules_of_a_crash_are_fetched_side_by_side(server: SymbolServer, tmp_path: Path) -> None:
    changed = threading.Condition()
    open_now, most = 0, 0

    def wait(handler: Handler) -> None:
        nonlocal open_now, most
        with changed:
            open_now += 1
            most = max(most, open_now)
            changed.notify_all()
            # On a busy machine the first one may be asked for alone; the others follow together.
            changed.wait_for(lambda: most > 1, 2.0)
            open_now -= 1
        handler.answer(404, b"")

    server.faults["*"] = wait
    servers = SymbolServers(config(tmp_path, f"breakpad+{server.url}"))
    made = report(servers, tmp_path, data=(FIXTURES / "dumps" / "linux-gdb" / "amd64-nofp-null.dmp").read_bytes())
    assert most > 1
    missing = [one["filename"] for one in made["modules"] if one.get("symbols", {}).get("status") == "missing"]
    assert len(missing) >= 3
    assert len(server.requests) == len(set(server.requests))


def test_a_wrong_file_is_the_childs_finding_and_the_parents_memory(server: SymbolServer, tmp_path: Path) -> None:
    server.put(PATH, SYM.replace(DEBUG_ID.encode(), b"6" * 32 + b"1"))
    servers = SymbolServers(config(tmp_path, f"breakpad+{server.url}"))
    for _ in range(2):
        [candidate] = [
            one for one in report(servers, tmp_path)["modules"][0]["symbols"]["candidates"] if "http" in one["location"]
        ]
        assert (candidate["outcome"], candidate["detail"]) == ("mismatched", "6" * 32 + "1")
    assert len(server.requests) == 1


def test_a_server_that_hangs_takes_no_more_than_its_time(server: SymbolServer, tmp_path: Path) -> None:
    def drip(handler: Handler) -> None:
        for _ in range(600):
            handler.wfile.write(b"X")
            time.sleep(0.05)

    server.faults["*"] = drip
    servers = SymbolServers(config(tmp_path, server.url))
    began = time.monotonic()
    candidates = report(servers, tmp_path, seconds=0.5)["modules"][0]["symbols"]["candidates"]
    assert time.monotonic() - began < 25  # one answer takes 30 seconds
    assert "timed out" in [one["outcome"] for one in candidates]


@pytest.mark.parametrize(
    "question",
    [
        FetchFile(1, PATH),
        FetchFile(-1, PATH),
        FetchFile(0, ()),
        FetchFile(0, ("..", "a")),
        FetchFile(0, ("a/../../b",)),
        FetchFile(0, ("a\0b",)),
        FetchFile(0, ("a",) * 100),
    ],
)
def test_a_child_that_was_taken_over_reaches_nothing_else(
    server: SymbolServer, tmp_path: Path, question: FetchFile
) -> None:
    servers = SymbolServers(config(tmp_path, server.url))
    [found] = servers.answer(FetchFiles([question]), time.monotonic() + 9).files
    assert (found.path, found.outcome) == ("", "denied")
    assert server.requests == []


def test_settings_that_are_not_valid_are_refused_at_the_start(tmp_path: Path) -> None:
    for sources, settings in ((("nonsense+https://a/",), {}), (("https://a/",), {"tokens": ("s3cret",)})):
        with pytest.raises(ConfigError) as error:
            SymbolServers(config(tmp_path, *sources, **settings))
        assert "s3cret" not in str(error.value)


def test_offline_is_a_setting(server: SymbolServer, tmp_path: Path) -> None:
    servers = SymbolServers(config(tmp_path, server.url, offline=True))
    [found] = servers.answer(FetchFiles([FetchFile(0, PATH)]), time.monotonic() + 9).files
    assert found.outcome == "denied"
    assert server.requests == []


def test_the_least_recently_used_files_of_the_local_cache_are_removed(tmp_path: Path) -> None:
    names = [digit * 64 + suffix for digit, suffix in (("a", ".sym"), ("b", ".unwind"), ("c", ".file"))]
    for at, name in enumerate([*names, "d" * 64 + ".sym", "of others.sym"]):
        (tmp_path / name).write_bytes(b"x" * 1000)
        if at != 3:  # that one was used just now
            os.utime(tmp_path / name, (1000 + at, 1000 + at))
    for limit, left in ((4000, names), (2500, names[2:]), (0, [])):
        SymbolCache(store=None, folder=str(tmp_path), limit=limit)._trim()  # type: ignore[arg-type]
        assert sorted(os.listdir(tmp_path)) == [*left, "d" * 64 + ".sym", "of others.sym"]


def test_a_large_pdb_is_read_in_part_and_the_whole_file_follows(
    server: SymbolServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All of the fixture would be in the head.
    monkeypatch.setattr(ranges, "HEAD", 8 << 10)
    large = pdb("x64")
    path = server.put(large.path, large.data)
    servers = SymbolServers(config(tmp_path, f"symstore+{server.url}"))
    words = [BASE + at for at in range(0x1001, 0x1FFF, 0x80)]
    first = report(servers, tmp_path, data=large.dump(0x1200, words))
    assert first["modules"][0]["symbols"]["status"] == "loaded"
    assert servers.wait_for_whole_files(60)
    assert [file.stat().st_size for file in tmp_path.rglob("gauge.pdb") if file.is_file()] == [len(large.data)]
    asked = [
        headers.get("range") for name, headers in zip(server.requests, server.headers, strict=True) if name == path
    ]
    assert asked.count(None) == 1, "the whole file, once"
    again = report(servers, tmp_path, data=large.dump(0x1200, words))
    assert again["threads"] == first["threads"]
    assert server.requests.count(path) == len(asked), "nothing is asked for again"


def test_stacks_need_a_part_of_a_large_pdb(server: SymbolServer, tmp_path: Path) -> None:
    large = pdb("x64")
    path = server.put(large.path, large.data)

    def only_ranges(handler: Handler) -> None:
        if "range" in handler.headers:
            handler.answer_file(path)
        else:
            handler.answer(503, b"")

    server.faults[path] = only_ranges
    servers = SymbolServers(config(tmp_path, f"symstore+{server.url}"))
    symbols = Symbols(str(tmp_path / "store"), servers.local, servers=servers.servers)
    offsets = range(0x1001, 0x1FFF, 0x80)
    body = {"memoryMap": [["gauge.pdb", large.debug_id]], "stacks": [[[0, offset] for offset in offsets]]}
    engine = IsolatedProcess(256 << 20)
    try:
        asked = LookUpStacks(symbols, 5, 60.0, 1 << 20)
        find = partial(answer, servers, time.monotonic() + 60)
        done = engine.ask(asked, [json.dumps({"jobs": [body]}).encode()], find)
    finally:
        engine.close()
    assert isinstance(done, LookedUp)
    [result] = json.loads(b"".join(done.parts))["results"]
    whole = debug_files(FIXTURES / "windows" / "x64" / "gauge.pdb")[0].open()[0]
    found = whole.lookup(np.array(offsets, dtype=np.uint64))
    expected = [found.frames(at)[-1][0] if found.frames(at) else None for at in range(len(offsets))]
    assert [frame.get("function") for frame in result["stacks"][0]] == expected
    assert any(expected)


def test_ranges_that_a_child_may_not_ask_for(server: SymbolServer, tmp_path: Path) -> None:
    large = pdb("x64")
    server.put(large.path, large.data)
    servers = SymbolServers(config(tmp_path, f"symstore+{server.url}"))

    def asked(*ranges: tuple[int, int]) -> str:
        [found] = servers.answer(FetchFiles([FetchFile(0, large.path, ranges=ranges)]), time.monotonic() + 9).files
        return found.detail

    assert asked((-1, 5)) == asked((0, 0)) == asked((0, 2 << 20)) == "not a range"
    assert asked(*[(0, 1 << 20)] * 33) == "too many bytes"
    assert server.requests == []
