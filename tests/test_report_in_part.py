"""Reports and stacks with a large PDB on a server: the same as from the whole file, from a small part of its bytes."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from large_pdb import BASE, FOLDERS, pdb
from stack_dump import STACK
from symbol_server import SymbolServer, serving
from symbolicate.engine import Session
from symbolicate.symbols.fetching import ranges
from symbolicate.symbols.store import SymbolStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from symbol_server import Handler


class _Whole(SymbolStore):
    """A store that fetches whole files."""

    resolve_in_part = SymbolStore.resolve


def session(server: SymbolServer, folder: Path, kind: type[SymbolStore] = SymbolStore) -> Session:
    return Session(kind(os.fspath(folder), sources=[f"symstore+{server.url}"]), jobs=1)


def sent(server: SymbolServer) -> int:
    """Bytes of the answers to ranges; a request for a whole file is a failure."""
    total = 0
    for path, headers in zip(server.requests, server.headers, strict=True):
        if path.endswith("gauge.pdb"):
            first, _, last = headers["range"].removeprefix("bytes=").partition("-")
            total += int(last) - int(first) + 1
    return total


@pytest.fixture(autouse=True, scope="module")
def _small_heads() -> Iterator[None]:
    """The head of a file, which is fetched first, has less than all that is in the fixtures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranges, "HEAD", 8 << 10)
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[SymbolServer]:
    with serving() as model:
        for folder in FOLDERS:
            model.put(pdb(folder).path, pdb(folder).data)
        yield model


@pytest.fixture(scope="module")
def sessions(server: SymbolServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, Session]:
    folder = tmp_path_factory.mktemp("stores")
    return session(server, folder / "part"), session(server, folder / "whole", _Whole)


_WORD = st.one_of(
    st.integers(BASE + 0x1000, BASE + 0x3000),
    st.integers(0, 64).map(lambda at: STACK + 8 * at),
    st.integers(0, 64),
)


@pytest.mark.parametrize("folder", FOLDERS)
@settings(max_examples=60, deadline=None)
@given(rva=st.integers(0xFF0, 0x3000), words=st.lists(_WORD, min_size=1, max_size=64))
def test_a_report_is_that_of_the_whole_file(
    sessions: tuple[Session, Session], folder: str, rva: int, words: list[int]
) -> None:
    dump = pdb(folder).dump(rva, words)
    part, whole = (_report(one, dump) for one in sessions)
    assert part.pop("inlines") in {whole.pop("inlines"), None}
    assert part == whole


def _report(crash: Session, dump: bytes) -> dict[str, Any]:
    """A report without the path of the store; whether symbols have inlined calls is a key of its own."""
    report: dict[str, Any] = json.loads(crash.report_json(dump).replace(crash.store.dir.encode(), b"/store"))
    report["inlines"] = report["modules"][0]["symbols"].pop("inlines", None)
    return report


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_report_needs_a_small_part_of_the_file(server: SymbolServer, tmp_path: Path, folder: str) -> None:
    one = pdb(folder)
    server.requests.clear()
    server.headers.clear()
    crash = session(server, tmp_path)
    report = crash.report(one.dump(0x1200, [BASE + at for at in range(0x1001, 0x1FFF, 0x80)]))
    [module] = report.modules
    assert module.symbols is not None
    assert module.symbols.status == "loaded"
    assert module.symbols.file == f"{server.url}/{'/'.join(one.path)}"
    assert sent(server) < len(one.data) // 10
    assert not list(tmp_path.rglob("gauge.pdb"))
    # The same addresses need no further bytes.
    before = len(server.requests)
    crash.report(one.dump(0x1200, [BASE + at for at in range(0x1001, 0x1FFF, 0x80)]))
    assert len(server.requests) == before


def _small(handler: Handler) -> None:
    """Answer as a server of a file that is not large."""
    handler.model.faults.clear()
    handler.model.files[handler.path] = handler.model.files[handler.path][: 1 << 20]
    handler.answer_file(handler.path)


def _without_ranges(handler: Handler) -> None:
    handler.answer(200, handler.model.files[handler.path])


@pytest.mark.parametrize(("fault", "requests"), [(_small, 2), (_without_ranges, 1)], ids=["small", "no ranges"])
def test_a_file_that_is_not_read_in_part_is_fetched_at_once(tmp_path: Path, fault: Any, requests: int) -> None:
    one = pdb("x64")
    with serving() as model:
        path = model.put(one.path, one.data)
        model.faults[path] = fault
        report = session(model, tmp_path).report(one.dump(0x1200, [BASE + 0x1101]))
        assert report.modules[0].symbols is not None
        assert report.modules[0].symbols.status == "loaded"
        assert len([asked for asked in model.requests if asked == path]) == requests
        assert len(list(tmp_path.rglob("gauge.pdb"))) == 1


def test_a_server_that_ends_answering_ranges_gives_the_whole_file(tmp_path: Path) -> None:
    one = pdb("x64")
    with serving() as model:
        path = model.put(one.path, one.data)

        def only_the_head(handler: Handler) -> None:
            if handler.headers.get("range", "").startswith("bytes=0-"):
                handler.answer_file(path)
            else:
                handler.answer(200, one.data)

        model.faults[path] = only_the_head
        dump = one.dump(0x1200, [BASE + 0x1101])
        whole = _report(session(model, tmp_path / "whole", _Whole), dump)
        assert _report(session(model, tmp_path / "part"), dump) == whole


def test_a_large_file_of_another_module_is_left_after_its_head(tmp_path: Path) -> None:
    one = pdb("x64")
    other = pdb("x86")
    with serving() as model:
        path = model.put(one.path, other.data)
        report = session(model, tmp_path).report(one.dump(0x1200, []))
        assert report.modules[0].symbols is not None
        assert report.modules[0].symbols.outcome == "mismatched"
        assert sum(asked == path for asked in model.requests) < 10
        assert sent(model) < 1 << 20
