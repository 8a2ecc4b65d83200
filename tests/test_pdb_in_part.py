"""PDBs on servers that answer ranges: the answers are those of the whole file, from a part of its bytes."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import pytest

from places import FIXTURES
from symbol_server import SymbolServer, serving
from symbolicate._native import PartialPdb, debug_files
from symbolicate.errors import SymbolFileError
from symbolicate.symbols.fetching import ranges
from symbolicate.symbols.fetching.failure import FetchError
from symbolicate.symbols.fetching.fetcher import Fetcher
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.fetching.pdb_in_part import PdbInPart
from symbolicate.symbols.fetching.servers import Server
from symbolicate.symbols.fetching.urls import Url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Run
    from symbol_server import Handler
    from symbolicate._native import Lookup

PDB = FIXTURES / "windows" / "x64" / "gauge.pdb"
# Bytes after the last page belong to no stream; with them it is large enough to be fetched in part.
LARGE = PDB.read_bytes().ljust(6 << 20, b"\xa5")
ID = debug_files(PDB)[0].debug_id or ""
PATH = ("gauge.pdb", ID, "gauge.pdb")
ADDRESSES = list(range(0x1000, 0x2000, 5))


@pytest.fixture(autouse=True, scope="module")
def _small_heads() -> Iterator[None]:
    """The head of a file, which is fetched first, has less than all that is in the fixtures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranges, "HEAD", 8 << 10)
        yield


@pytest.fixture
def server() -> Iterator[SymbolServer]:
    with serving() as model:
        model.put(PATH, LARGE)
        yield model


def opened(server: SymbolServer, folder: Path, identifier: str = ID) -> PdbInPart:
    root = Server(Url.parse(server.url), Fetcher(os.fspath(folder), Network()))
    found = root.fetch_or_head(PATH, 1 << 20)
    if found.head is None:
        raise FetchError(found.outcome, found.detail)
    return PdbInPart(partial(root.fetch_ranges, PATH), found.head, "gauge.pdb", identifier)


def frames(found: Lookup) -> list[object]:
    return [found.frames(at) for at in range(len(found))]


def test_answers_are_those_of_the_whole_file(server: SymbolServer, tmp_path: Path) -> None:
    whole = debug_files(PDB)[0].open()[0]
    pdb = opened(server, tmp_path)
    for addresses in (ADDRESSES[100:101], ADDRESSES[:30], ADDRESSES):
        symbols = pdb.open_for(addresses)
        assert (symbols.name, symbols.debug_id, symbols.arch) == ("gauge.pdb", ID, "x86_64")
        assert frames(symbols.lookup(addresses)) == frames(whole.lookup(addresses))
    assert any(frames(whole.lookup(ADDRESSES)))
    assert pdb.size == len(LARGE)
    assert pdb.bytes_fetched < len(PDB.read_bytes()) + (64 << 10)
    assert all("range" in headers for headers in server.headers)


def test_a_file_of_another_id_is_left_after_its_head(server: SymbolServer, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as failed:
        opened(server, tmp_path, "0" * 32 + "1")
    assert (failed.value.outcome, failed.value.detail) == ("mismatched", ID)


def test_what_is_not_fetched_in_part(server: SymbolServer, tmp_path: Path) -> None:
    server.files["/" + "/".join(PATH)] = PDB.read_bytes()
    with pytest.raises(FetchError, match="found"):
        opened(server, tmp_path / "one")
    assert [path.read_bytes() for path in tmp_path.rglob("gauge.pdb")] == [PDB.read_bytes()]
    server.files["/" + "/".join(PATH)] = LARGE[32:]
    with pytest.raises(FetchError, match="malformed"):
        opened(server, tmp_path / "two")
    del server.files["/" + "/".join(PATH)]
    with pytest.raises(FetchError, match="missing"):
        opened(server, tmp_path / "three")


def _without_ranges(handler: Handler) -> None:
    handler.answer(200, LARGE)


def test_a_file_that_changes_meanwhile_is_not_used(server: SymbolServer, tmp_path: Path) -> None:
    pdb = opened(server, tmp_path)
    server.files["/" + "/".join(PATH)] = LARGE + b"\0"
    needed = PartialPdb(len(LARGE), "gauge.pdb")
    needed.provided(0, LARGE[: 8 << 10])
    assert needed.needed(ADDRESSES), "the head of this file has not all of it"
    with pytest.raises(FetchError, match="changed"):
        pdb.open_for(ADDRESSES)


@pytest.mark.parametrize("fault", [None, _without_ranges], ids=["ranges", "no ranges"])
def test_addr_asks_for_parts(
    server: SymbolServer, tmp_path: Path, run: Callable[..., Run], fault: Callable[[Handler], None] | None
) -> None:
    local = run("addr", "--store", tmp_path / "one", "--symbols", PDB, "--json", *map(hex, ADDRESSES[:40]))
    if fault is not None:
        server.faults["*"] = lambda handler: fault(handler) if "gauge" in handler.path else handler.answer(404, b"")
    module = ["--module", f"gauge.pdb/{ID}", "--json"]
    source = ["--store", tmp_path / "two", "--symbols", f"symstore+{server.url}"]
    done = run("addr", *source, *module, *map(hex, ADDRESSES[:40]))
    assert done.code == 0, done.err
    assert [line.partition('"frames"')[2] for line in done.text.splitlines()] == [
        line.partition('"frames"')[2] for line in local.text.splitlines()
    ]
    asked = [headers for path, headers in zip(server.requests, server.headers, strict=True) if "gauge.pdb" in path[-9:]]
    assert asked
    assert fault is not None or all("range" in headers for headers in asked)


def test_parts_by_hand() -> None:
    data = PDB.read_bytes()
    pdb = PartialPdb(len(data), "gauge.pdb")
    assert pdb.debug_id is None
    with pytest.raises(SymbolFileError, match="not there"):
        pdb.open_for(ADDRESSES)
    with pytest.raises(ValueError, match="after the end"):
        pdb.provided(len(data) - 1, b"12")
    rounds = 0
    while needed := pdb.needed(ADDRESSES):
        for offset, length in needed:
            pdb.provided(offset, data[offset : offset + length])
        rounds += 1
    assert pdb.debug_id == ID
    assert rounds <= 20
    assert pdb.open_for(ADDRESSES).name == "gauge.pdb"
