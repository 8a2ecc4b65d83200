"""Symbols in buckets, and of one crash in places of every kind, by one command."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from large_pdb import BASE, pdb
from places import FIXTURES
from symbol_server import serving
from symbolicate import SymbolStore, process
from symbolicate.errors import SymbolSourceError
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.fetching import ranges
from symbolicate.symbols.fetching.failure import FetchError
from symbolicate.symbols.fetching.fetcher import Fetcher
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.fetching.servers import Server
from symbolicate.symbols.fetching.urls import Url
from symbolicate.symbols.layouts.table import LAYOUTS
from symbolicate.symbols.resolution import Wanted
from symbolicate.symbols.sources.environment import environment_locations
from symbolicate.symbols.sources.fetching_modules import fetch_module
from symbolicate.symbols.sources.opening import open_sources
from symbolicate.symbols.sources.remote import RemoteFile
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run
    from symbol_server import Handler
    from symbolicate.symbols.layouts.layout import FileKind, Parts

    Program = Callable[..., Run]

DUMP = FIXTURES / "dumps" / "linux-gdb" / "i386-nofp-abort.dmp"
SYMBOLS = FIXTURES / "symbols"


def put(s3: str, path: Parts, data: bytes) -> None:
    import obstore
    from obstore.store import from_url

    obstore.put(from_url(s3), "/".join(path), data)


def of_bucket(found: Any) -> list[tuple[str, str]]:
    return [(one.location, one.outcome) for one in found.candidates if one.location.startswith("s3://")]


def test_a_bucket_is_a_source(s3: str, tmp_path: Path) -> None:
    path = (DEBUG_FILE, DEBUG_ID, "app.sym")
    url = f"{s3}/{tmp_path.name}"
    before = SymbolStore(tmp_path / "a", sources=[f"breakpad+{url}"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert of_bucket(before) == [("/".join((url, *path)), "missing")]
    put(url, path, gzip.compress(SYM))
    report = process(tiny_dump(), symbols=SymbolStore(tmp_path / "b", sources=[url]))
    assert report.failure is not None
    assert report.failure.function == "poke"
    put(url, path, SYM.replace(DEBUG_ID.encode(), b"6" * 32 + b"1"))
    cached = SymbolStore(tmp_path / "b", sources=[url]).resolve(DEBUG_FILE, DEBUG_ID)
    assert cached.status == "loaded"
    wrong = SymbolStore(tmp_path / "c", sources=[f"breakpad+{url}"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert of_bucket(wrong) == [("/".join((url, *path)), "mismatched")]


def test_a_bucket_that_is_not_there(s3: str, tmp_path: Path) -> None:
    place = s3.replace("bucket", "nobodys")
    found = SymbolStore(tmp_path, sources=[f"breakpad+{place}"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert [outcome for _, outcome in of_bucket(found)] == ["missing"]


def test_a_provider_that_does_not_answer_is_one_candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "ENDPOINT_URL": "http://127.0.0.1:1",
        "ALLOW_HTTP": "true",
        "ACCESS_KEY_ID": "a",
        "SECRET_ACCESS_KEY": "s3cret",
    }
    for name, value in {**settings, "REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    store = SymbolStore(tmp_path, sources=["s3://bucket/prefix"])
    for module in (DEBUG_FILE, "other.pdb"):
        found = store.resolve(module, DEBUG_ID)
        assert of_bucket(found) == [("s3://bucket/prefix", "refused")]
        assert "s3cret" not in repr(found.candidates)


def test_buckets_of_every_provider_have_names_of_their_own(tmp_path: Path) -> None:
    fetcher = Fetcher(str(tmp_path), Network(offline=True))
    for url, name in (
        ("gs://bucket/a/", "gs://bucket/a"),
        ("az://account/container/a", "az://account/container/a"),
        ("abfss://container@account.dfs.core.windows.net/a", "abfss://container@account.dfs.core.windows.net/a"),
        ("s3://user:s3cret@bucket/a?sig=s3cret", "s3://user@bucket/a"),
    ):
        [source] = open_sources(url, fetcher)
        assert source.name == name
        [candidate] = source.candidates(Wanted(DEBUG_FILE, DEBUG_ID))
        assert candidate == Candidate(name, name, "denied", "offline")


@pytest.mark.parametrize("url", ["s3://", "az:///folder", "gs://me:s3cret@", "abfss://@host/a", "s3://[::1?sig=s3cret"])
def test_an_address_without_a_bucket_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SymbolSourceError, match=r"no bucket is named|not a valid address") as error:
        open_sources(url, Fetcher(str(tmp_path), Network(offline=True)))
    assert "s3cret" not in str(error.value)


def test_a_file_of_a_bucket_is_fetched_on_from_where_it_was_cut(s3: str, tmp_path: Path) -> None:
    import obstore
    from obstore.store import from_url

    url = f"{s3}/{tmp_path.name}"
    put(url, ("a.sym",), SYM)
    tag = obstore.head(from_url(url), "a.sym")["e_tag"]
    [source] = open_sources(url, fetcher := Fetcher(str(tmp_path), Network()))
    root: Any = source.root  # type: ignore[attr-defined]
    origin = root.origin(("a.sym",))
    place = fetcher._cache.place(origin.server, origin.key, origin.name)
    with fetcher._cache.fetching(place, 1 << 20, 1e12) as part:
        assert part is not None
        part.restart(tag or "")
        part.append(SYM[:100])
    fetched = root.fetch(("a.sym",))
    with open(fetched.path, "rb") as file:
        assert file.read() == SYM


def test_a_large_pdb_in_a_bucket_is_read_in_part(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "HEAD", 8 << 10)
    one, url = pdb("x64"), f"{s3}/{tmp_path.name}"
    put(url, one.path, one.data)
    dump = one.dump(0x1200, [BASE + at for at in range(0x1001, 0x1FFF, 0x80)])
    found = process(dump, symbols=SymbolStore(tmp_path / "a", sources=[f"symstore+{url}"]))
    whole = process(dump, symbols=[FIXTURES / "windows" / "x64" / "gauge.pdb"])
    [module] = found.modules
    assert module.symbols is not None
    assert (module.symbols.status, module.symbols.file) == ("loaded", "/".join((url, *one.path)))
    assert found.crashing_thread == whole.crashing_thread
    assert not list(tmp_path.rglob("gauge.pdb"))


def test_ranges_of_a_file_in_a_bucket(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "HEAD", 64)
    url, path = f"{s3}/{tmp_path.name}", ("a.sym",)
    put(url, path, SYM)
    put(url, ("empty",), b"")
    [source] = open_sources(url, Fetcher(str(tmp_path), Network()))
    root: Any = source.root  # type: ignore[attr-defined]
    head = root.fetch_or_head(path, 100).head
    assert (head.data, head.size, bool(head.tag)) == (SYM[:64], len(SYM), True)
    assert [one.data for one in root.fetch_ranges(path, [(0, 5), (7, 20)], head.tag)] == [SYM[:5], SYM[7:27]]
    assert root.fetch_ranges(path, [(len(SYM) - 3, 10)])[0].data == SYM[-3:]
    put(url, path, SYM + b"\n")
    with pytest.raises(FetchError, match="changed"):
        root.fetch_ranges(path, [(0, 5)], head.tag)
    small = root.fetch_or_head(path, 1 << 20)
    assert Path(small.path).read_bytes() == SYM + b"\n"
    assert root.fetch_or_head(("empty",), 100).outcome == "malformed"
    assert root.fetch_or_head(("none",), 100).outcome == "missing"


def _modules() -> dict[str, Wanted]:
    """The modules of the dump that are on its stacks, by their names."""
    report = process(DUMP, symbols=[SYMBOLS])
    return {
        str(module.filename): Wanted(str(module.debug_file), str(module.debug_id), "", str(module.code_id))
        for module in report.modules
        if module.symbols is not None and module.symbols.status == "loaded"
    }


def _frames(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    keys = ("offset", "module", "function", "file", "line", "trust")
    return [tuple(frame.get(key) for key in keys) for thread in document["threads"] for frame in thread["frames"]]


def test_a_crash_whose_modules_have_their_symbols_in_four_kinds_of_places(
    run: Program, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = _modules()
    assert sorted(modules) == ["crash", "libc.so.6", "libscene.so", "linux-gate.so"]

    def sym(name: str) -> bytes:
        wanted = modules[name]
        return (SYMBOLS / wanted.debug_file / wanted.debug_id / f"{wanted.debug_file}.sym").read_bytes()

    def path(layout: str, name: str, kind: FileKind) -> Parts:
        return LAYOUTS[layout].paths(modules[name], kind)[0]

    with ExitStack() as stack:
        tecken, debuginfod, symbol_path = (stack.enter_context(serving()) for _ in range(3))
        tecken.put(path("breakpad", "crash", "symbol file"), gzip.compress(sym("crash")))
        debuginfod.put(path("debuginfod", "libc.so.6", "debug file"), sym("libc.so.6"))
        symbol_path.put(path("symstore", "linux-gate.so", "debug file"), sym("linux-gate.so"))
        bucket = f"{s3}/{tmp_path.name}"
        put(bucket, path("unified", "libscene.so", "symbol file"), sym("libscene.so"))
        monkeypatch.setenv("_NT_SYMBOL_PATH", f"C:\\symbols;srv*C:\\cache*{symbol_path.url}")
        monkeypatch.setenv("DEBUGINFOD_URLS", f"{debuginfod.url} ima:ignore")
        named = ["--symbols", tecken.url, "--symbols", f"unified+{bucket}"]
        done = run("report", DUMP, "--format", "json", "-v", *named)
        assert done.code == 0, done.err
        report = json.loads(done.out)
        local = run(
            "report", DUMP, "--format", "json", "--symbols", SYMBOLS, "--offline", "--store", tmp_path / "other"
        )
        assert _frames(report) == _frames(json.loads(local.out))
        files = {one["filename"]: one["symbols"]["file"] for one in report["modules"] if one["filename"] in modules}
        assert {name: file.partition("://")[0] for name, file in files.items()} == {
            "crash": "http",
            "libc.so.6": "http",
            "libscene.so": "s3",
            "linux-gate.so": "http",
        }
        for server in (tecken.url, debuginfod.url, symbol_path.url, bucket):
            assert done.err.count(f"asking {server} for symbols") == 1
        asked = len(tecken.requests)
        again = run("report", DUMP, "--format", "json", *named)
        assert (again.err, _frames(json.loads(again.out))) == ("", _frames(report))
        assert len(tecken.requests) == asked


def test_offline_cuts_what_the_environment_names(run: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dump = tmp_path / "a.dmp"
    dump.write_bytes(tiny_dump())
    with serving() as server:
        monkeypatch.setenv("_NT_SYMBOL_PATH", f"srv*{server.url}")
        done = run("report", dump, "--offline", "-v", "--format", "json")
        assert (done.code, done.err, server.requests) == (0, "", [])
        candidates = json.loads(done.out)["modules"][0]["symbols"]["candidates"]
        assert ("denied", "offline") in [(one["outcome"], one.get("detail")) for one in candidates]


def test_an_interrupt_does_not_wait_for_servers() -> None:
    asked = threading.Event()
    ended = threading.Event()

    def hang(_: Handler) -> None:
        asked.set()
        ended.wait(100)

    with serving() as server:
        server.faults["*"] = hang
        command = [sys.executable, "-m", "symbolicate", "report", str(DUMP), "--symbols", server.url]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert asked.wait(60)
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(60) != 0
        finally:
            process.kill()
            ended.set()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, []),
        ({"_NT_SYMBOL_PATH": r"C:\nowhere;;cache*C:\c;srv*"}, [r"cache*C:\c", "srv*"]),
        (
            {"_NT_SYMBOL_PATH": "https://a/b ; symsrv*symsrv.dll*c:\\x*https://c"},
            ["srv*https://a/b", "symsrv*symsrv.dll*c:\\x*https://c"],
        ),
        (
            {"DEBUGINFOD_URLS": "https://a http://b ima:enforcing file:///c"},
            ["debuginfod+https://a", "debuginfod+http://b"],
        ),
    ],
)
def test_what_the_environment_names(environ: dict[str, str], expected: list[str]) -> None:
    ignored: list[SymbolSourceError] = []
    assert (environment_locations(ignored.append, environ), ignored) == (expected, [])


def test_broken_parts_of_the_environment_are_ignored_with_a_line_each(
    run: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dump = tmp_path / "a.dmp"
    dump.write_bytes(tiny_dump())
    with serving() as server:
        server.put((DEBUG_FILE, DEBUG_ID, "app.sym"), SYM)
        monkeypatch.setenv(
            "_NT_SYMBOL_PATH", rf"srv*ftp://x;C:\nowhere;http://me:s3cret@[::1/a;srv*{server.url};ftp://y"
        )
        monkeypatch.setenv("_NT_ALT_SYMBOL_PATH", f"srv*c:\\x*https://a:99999/?sig=s3cret*{server.url}/chained")
        monkeypatch.setenv("DEBUGINFOD_URLS", f"nonsense ima:enforcing http:// {server.url}/debuginfod")
        done = run("report", dump, "-v")
        assert done.err.splitlines() == [
            "symbolicate: _NT_SYMBOL_PATH: ignored: not a valid address: ftp://x",
            "symbolicate: _NT_SYMBOL_PATH: ignored: not a valid address: http://[::1/a",
            "symbolicate: _NT_SYMBOL_PATH: ignored: not a valid address: ftp://y",
            "symbolicate: _NT_ALT_SYMBOL_PATH: ignored: not a valid address: https://a:99999/",
            "symbolicate: DEBUGINFOD_URLS: ignored: not a valid address: nonsense",
            "symbolicate: DEBUGINFOD_URLS: ignored: not a valid address: http://",
            f"symbolicate: asking {server.url} for symbols",
        ]
        assert done.code == 0
        assert {path.split("/")[1] for path in server.requests} >= {DEBUG_FILE}
        assert any(path.startswith("/chained/") for path in server.requests), "the good part of a chain is used"
        for named in ("srv*ftp://x", "srv*http://[::1"):
            refused = run("report", dump, "--symbols", named)
            assert (refused.code, "not a valid address" in refused.err) == (2, True)


def test_elements_of_symbol_paths_are_servers_and_folders(tmp_path: Path) -> None:
    fetcher = Fetcher(str(tmp_path), Network())
    element = f"symsrv*symsrv.dll*{tmp_path}*C:\\nowhere*https://symbols.example/a"
    assert [source.name for source in open_sources(element, fetcher)] == [str(tmp_path), "https://symbols.example/a"]
    assert open_sources("srv*", fetcher) == []


@pytest.mark.parametrize(
    "arguments",
    [("symbols", "find", f"{DEBUG_FILE}/{DEBUG_ID}"), ("addr", "--module", f"{DEBUG_FILE}/{DEBUG_ID}", "1018")],
)
def test_a_module_of_a_server_is_named_by_name_and_id(run: Program, arguments: tuple[str, ...]) -> None:
    with serving() as server:
        path = server.put((DEBUG_FILE, DEBUG_ID, "app.sym"), SYM)
        done = run(*arguments, "--symbols", server.url)
        assert done.code == 0
        assert (server.url + path if arguments[0] == "symbols" else "poke") in done.text


def test_compressed_files_of_a_folder_are_found_at_their_paths(tmp_path: Path) -> None:
    module = Wanted(DEBUG_FILE, DEBUG_ID)
    for number, layout in enumerate(("symstore", "symstore2", "unified")):
        kind: FileKind = "symbol file" if layout == "unified" else "debug file"
        [*folders, name] = LAYOUTS[layout].paths(module, kind)[0]
        file = (tmp_path / layout).joinpath(*folders) / (name if layout == "unified" else "app.pd_")
        file.parent.mkdir(parents=True)
        file.write_bytes(SYM if layout == "unified" else gzip.compress(SYM))
        store = SymbolStore(tmp_path / f"store{number}", sources=[tmp_path / layout], network=Network(offline=True))
        found = store.resolve(DEBUG_FILE, DEBUG_ID)
        assert (found.status, found.path) == ("loaded", str(file))
    damaged = tmp_path / "symstore" / DEBUG_FILE / DEBUG_ID / "app.pd_"
    damaged.write_bytes(gzip.compress(SYM)[:-20])
    store = SymbolStore(tmp_path / "other", sources=[tmp_path / "symstore"])
    [candidate] = [one for one in store.resolve(DEBUG_FILE, DEBUG_ID).candidates if one.location == str(damaged)]
    assert candidate.outcome == "malformed"
    assert damaged.exists()


def test_a_pointer_in_a_folder_is_reported_and_not_followed(tmp_path: Path) -> None:
    pointer = tmp_path / "symbols" / DEBUG_FILE / DEBUG_ID / "file.ptr"
    pointer.parent.mkdir(parents=True)
    elsewhere = tmp_path / "app.sym"
    elsewhere.write_bytes(SYM)
    pointer.write_text(f"PATH:{elsewhere}")
    found = SymbolStore(tmp_path / "store", sources=[tmp_path / "symbols"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert found.status == "missing"
    assert [one.detail for one in found.candidates if one.location == str(pointer)] == [
        f"says that the file is elsewhere: {elsewhere}"
    ]


# Both halves of a module, and ranges


def test_both_halves_of_a_windows_program_are_fetched(tmp_path: Path) -> None:
    dump = FIXTURES / "dumps" / "images" / "windows-x64-null.dmp"
    local = process(dump, symbols=[SYMBOLS, FIXTURES / "images"])
    [module] = [one for one in local.modules if one.filename == "core.exe"]
    wanted = Wanted(str(module.debug_file), str(module.debug_id), "core.exe", str(module.code_id))
    with serving() as server:
        lines = (SYMBOLS / wanted.debug_file / wanted.debug_id / "core.sym").read_bytes().splitlines(keepends=True)
        # Without rules, so that the other half is needed.
        sym = b"".join(line for line in lines if not line.startswith(b"STACK"))
        server.put(LAYOUTS["breakpad"].paths(wanted, "symbol file")[0], sym)
        [binary] = LAYOUTS["symstore"].paths(wanted, "binary")
        exe = FIXTURES / "images" / "windows-x64" / "core.exe"
        server.put(binary, exe.read_bytes())
        remote = process(dump, symbols=SymbolStore(tmp_path, sources=[f"breakpad,symstore+{server.url}"]))
        assert local.crashing_thread is not None
        assert remote.crashing_thread is not None
        assert remote.crashing_thread.frames == local.crashing_thread.frames
        [found] = [one.symbols for one in remote.modules if one.filename == "core.exe"]
        assert found is not None
        assert [one.location for one in found.unwind or ()] == ["/".join((server.url, *binary))]


def test_both_halves_of_a_linux_program_are_fetched_from_debuginfod(tmp_path: Path) -> None:
    from symbolicate._native import find_debug_files

    builds, *_ = find_debug_files(FIXTURES / "elf" / "x86_64-gcc-dwarf5")
    debug = next(build for build in builds if build.kind == "debug")
    image = next(build for build in builds if build.kind != "debug" and build.code_id == debug.code_id)
    with serving() as server:
        server.put(("buildid", str(debug.code_id), "debuginfo"), Path(debug.path).read_bytes())
        server.put(("buildid", str(debug.code_id), "executable"), Path(image.path).read_bytes())
        store = SymbolStore(tmp_path, sources=[f"debuginfod+{server.url}"])
        found = store.resolve(debug.name, str(debug.debug_id), image.name, str(debug.code_id))
        assert found.path.endswith("/debuginfo")
        assert found.symbols is not None
        assert found.symbols.counts["lines"]
        assert [one.location.rpartition("/")[2] for one in found.unwind_candidates] == ["executable"]
        assert sorted(server.requests) == [f"/buildid/{debug.code_id}/{name}" for name in ("debuginfo", "executable")]
        files = list(fetch_module(store.sources, Wanted(debug.name, "", "", str(debug.code_id))))
        assert [one.kind for one in files if isinstance(one, RemoteFile)] == ["debug file", "binary"]
        assert len(server.requests) == 2


def test_a_range_of_a_file(tmp_path: Path) -> None:
    data = bytes(range(256)) * 40
    with serving() as server:
        server.put(("a.pdb",), data)
        root = Server(Url.parse(server.url), Fetcher(str(tmp_path), Network()))
        first = root.fetch_ranges(("a.pdb",), [(1000, 500)])[0]
        assert (first.data, first.size) == (data[1000:1500], len(data))
        assert root.fetch_ranges(("a.pdb",), [(len(data) - 10, 500)], first.tag)[0].data == data[-10:]
        assert server.headers[-1]["if-match"] == first.tag
        assert list((tmp_path).rglob("*.pdb")) == []
        server.faults["*"] = lambda handler: handler.answer(200, data)
        with pytest.raises(FetchError, match="does not answer ranges"):
            root.fetch_ranges(("a.pdb",), [(0, 10)])[0]
        server.faults["*"] = lambda handler: handler.answer(412, b"")
        with pytest.raises(FetchError, match="HTTP 412"):
            root.fetch_ranges(("a.pdb",), [(0, 10)], first.tag)[0]
        server.faults["*"] = lambda handler: handler.answer(206, b"x" * 20, {"Content-Range": "bytes 5-24/100"})
        with pytest.raises(FetchError, match="another range"):
            root.fetch_ranges(("a.pdb",), [(0, 20)])[0]
        server.faults["*"] = lambda handler: handler.answer(206, b"x" * 9, {"Content-Range": "bytes 0-19/100"})
        with pytest.raises(FetchError, match="another range"):
            root.fetch_ranges(("a.pdb",), [(0, 20)])[0]
        offline = Server(Url.parse(server.url), Fetcher(str(tmp_path), Network(offline=True)))
        with pytest.raises(FetchError, match="offline"):
            offline.fetch_ranges(("a.pdb",), [(0, 10)])[0]
