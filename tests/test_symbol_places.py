"""Symbols in buckets, and of one crash in places of every kind, by one command."""

from __future__ import annotations

import gzip
import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from places import FIXTURES
from symbol_server import serving
from symbolicate import SymbolStore, process
from symbolicate.symbols.fetching.fetcher import Fetcher
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.layouts.table import LAYOUTS
from symbolicate.symbols.resolution import Wanted
from symbolicate.symbols.sources.environment import environment_locations
from symbolicate.symbols.sources.opening import open_sources
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM, tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run
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
    assert environment_locations(environ) == expected


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
