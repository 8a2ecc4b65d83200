"""Parts of large files on disk: the next process has them, damaged ones are fetched again, versions are never mixed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from large_pdb import BASE, pdb
from symbol_server import SymbolServer, serving
from symbolicate.engine import Session
from symbolicate.symbols.fetching import ranges
from symbolicate.symbols.fetching.failure import FetchError
from symbolicate.symbols.fetching.fetcher import Fetcher
from symbolicate.symbols.fetching.kept_ranges import RANGES, KeptRanges
from symbolicate.symbols.fetching.network import Network
from symbolicate.symbols.fetching.ranges import Range
from symbolicate.symbols.fetching.servers import Server
from symbolicate.symbols.fetching.urls import Url
from symbolicate.symbols.store import SymbolStore
from symbolicate.symbols.trim import trim, unused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONE = pdb("x64")
BLOCK = 4096
DATA = bytes(at * 7 % 251 for at in range(10 * BLOCK + 100))


@pytest.fixture(autouse=True, scope="module")
def _small_heads() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranges, "HEAD", 2 * BLOCK)
        yield


@pytest.fixture
def server() -> Iterator[SymbolServer]:
    with serving() as model:
        model.put(ONE.path, ONE.data)
        yield model


def kept(folder: Path) -> Path:
    [path] = folder.rglob(f"*{RANGES}")
    return path


def report(server: SymbolServer, folder: Path, *, offline: bool = False) -> tuple[str, int]:
    """What became of the module's symbols, with a new store as of a new process, and the number of requests."""
    before = len(server.requests)
    store = SymbolStore(folder, sources=[f"symstore+{server.url}"], network=Network(offline=offline))
    dump = ONE.dump(0x1200, [BASE + at for at in range(0x1001, 0x1FFF, 0x80)])
    [module] = Session(store, jobs=1).report(dump).modules
    assert module.symbols is not None
    return str(module.symbols.status), len(server.requests) - before


def test_the_next_process_has_the_parts_of_the_last_one(server: SymbolServer, tmp_path: Path) -> None:
    assert report(server, tmp_path)[0] == "loaded"
    assert report(server, tmp_path) == ("loaded", 0)
    assert report(server, tmp_path, offline=True) == ("loaded", 0)
    assert kept(tmp_path).stat().st_size < len(ONE.data) // 10


def test_gc_removes_parts_and_they_are_fetched_again(server: SymbolServer, tmp_path: Path) -> None:
    report(server, tmp_path)
    assert [one.kind for one in unused(os.fspath(tmp_path)) if one.path.endswith(RANGES)] == ["fetched"]
    trim(os.fspath(tmp_path), max_size=0)
    assert not list(tmp_path.rglob(f"*{RANGES}"))
    status, requests = report(server, tmp_path)
    assert (status, requests > 0) == ("loaded", True)


def test_the_whole_file_replaces_its_parts(server: SymbolServer, tmp_path: Path) -> None:
    report(server, tmp_path)
    root = Server(Url.parse(server.url), Fetcher(os.fspath(tmp_path), Network()))
    root.follow(ONE.path)
    assert not list(tmp_path.rglob(f"*{RANGES}"))
    assert len(list(tmp_path.rglob("gauge.pdb"))) == 1


def test_parts_of_a_file_that_has_changed_are_removed(server: SymbolServer, tmp_path: Path) -> None:
    root = Server(Url.parse(server.url), Fetcher(os.fspath(tmp_path), Network()))
    head = root.fetch_or_head(ONE.path, 1 << 20).head
    assert head is not None
    assert kept(tmp_path).exists()
    server.faults["*"] = lambda handler: handler.answer(412, b"")
    with pytest.raises(FetchError, match="412"):
        root.fetch_ranges(ONE.path, [(4 * BLOCK, BLOCK)], head.tag)
    server.faults.clear()
    server.put(ONE.path, ONE.data + b"\0")
    [found] = root.fetch_ranges(ONE.path, [(4 * BLOCK, BLOCK)], head.tag)
    assert found.tag != head.tag
    again = root.fetch_ranges(ONE.path, [(4 * BLOCK, BLOCK)], found.tag)
    assert again == [found]


def test_a_server_that_does_not_name_versions_is_asked_again(server: SymbolServer, tmp_path: Path) -> None:
    server.tags = False
    assert report(server, tmp_path)[0] == "loaded"
    assert not list(tmp_path.rglob(f"*{RANGES}"))


@given(
    records=st.lists(st.tuples(st.integers(0, len(DATA) - 1), st.integers(1, 5 * BLOCK)), max_size=6),
    asked=st.tuples(st.integers(0, len(DATA) - 1), st.integers(1, len(DATA))),
    cut=st.integers(0, 200),
    flipped=st.integers(0, 60_000),
)
def test_what_is_kept_is_what_was_fetched(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[tuple[int, int]],
    asked: tuple[int, int],
    cut: int,
    flipped: int,
) -> None:
    """Whatever was added, in whatever order, and however the file is damaged: bytes are right, or not there."""
    path = tmp_path_factory.mktemp("kept") / "a.ranges"
    one = KeptRanges.created(os.fspath(path), len(DATA), "tag")
    assert one is not None
    parts = [(at, Range(DATA[at : at + length], len(DATA), "tag")) for at, length in records]
    one.add(parts)
    other = KeptRanges.opened(os.fspath(path))
    assert other is not None
    offset, length = asked
    expected = DATA[offset : offset + length]
    for reader in (one, other):
        found = reader.get(offset, length)
        assert found is None or found == Range(expected, len(DATA), "tag")
    for at, length in records:
        if at % BLOCK == 0 and length % BLOCK == 0:
            assert other.get(at, length) is not None

    damaged = bytearray(path.read_bytes())
    damaged = damaged[: len(damaged) - cut]
    if flipped < len(damaged):
        damaged[flipped] ^= 1
    path.write_bytes(damaged)
    reader_of_damaged = KeptRanges.opened(os.fspath(path))
    if reader_of_damaged is not None and reader_of_damaged.tag == "tag" and reader_of_damaged.size == len(DATA):
        found = reader_of_damaged.get(*asked)
        assert found is None or found.data == expected
        # What follows the damage is gone, so that what is added now can be read.
        reader_of_damaged.add([(0, Range(DATA[:BLOCK], len(DATA), "tag"))])
        last = KeptRanges.opened(os.fspath(path))
        assert last is not None
        assert last.get(0, BLOCK) == Range(DATA[:BLOCK], len(DATA), "tag")
