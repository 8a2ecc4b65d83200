"""Sources of symbols: typed candidates, and the interfaces that stay for one version."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest

from symbolicate import SymbolStore
from symbolicate._native import ModuleKey
from symbolicate._native import Session as NativeSession
from symbolicate.report import SymbolCandidate
from symbolicate.symbols import debug_files, resolution
from symbolicate.symbols.candidates import Candidate, CandidateOutcome
from symbolicate.symbols.resolution import Offer, Resolution, Wanted
from symbolicate.symbols.sources import DirectorySource, FileSource
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Scripted:
    """A source whose candidates are known beforehand, as a source on a network would find them."""

    name = "https://symbols.example/"

    def __init__(self, *found: Candidate | Offer) -> None:
        self._found = found

    def candidates(self, _: Wanted) -> Iterator[Offer | Candidate]:
        yield from self._found

    def search(self, _: str) -> Iterator[str]:
        return iter(())


def test_every_outcome_is_known_natively_and_in_the_schema() -> None:
    documented = SymbolCandidate.__doc__ or ""
    for outcome in get_args(CandidateOutcome):
        NativeSession().resolve(ModuleKey("a", "b"), None, [("/a.sym", "/", outcome, "")])
        assert f"`{outcome}`" in documented


def test_candidates_of_a_source_come_in_its_order_with_those_of_the_store_last(tmp_path: Path) -> None:
    late = Candidate("https://symbols.example/a.sym", Scripted.name, "timed out", "after 10 s")
    closed = Candidate("https://symbols.example/b.sym", Scripted.name, "refused", "401")
    found = SymbolStore(tmp_path, sources=[Scripted(late, closed)]).resolve(DEBUG_FILE, DEBUG_ID)
    assert found.candidates[:2] == (late, closed)
    assert found.candidates[2].source == str(tmp_path / "symbols")
    assert (found.status, found.path, found.detail, found.symbols) == ("missing", "", "", None)


def test_the_first_file_that_was_opened_decides_the_status(tmp_path: Path) -> None:
    other = tmp_path / "other.sym"
    other.write_bytes(SYM.replace(DEBUG_ID.encode(), b"1" * 33))
    noted = Candidate("/elsewhere", Scripted.name, "mismatched", "2" * 33)
    broken = tmp_path / "broken.sym"
    broken.write_bytes(b"<html>")
    source = Scripted(noted, Offer(str(other)), Offer(str(broken)))
    found = SymbolStore(tmp_path / "store", sources=[source]).resolve(DEBUG_FILE, DEBUG_ID)
    assert (found.status, found.path, found.detail) == ("mismatch", str(other), "1" * 33)
    assert [one.outcome for one in found.candidates] == ["mismatched", "mismatched", "malformed", "missing"]
    assert [one.location for one in found.candidates[1:3]] == [str(other), str(broken)]


def test_a_source_is_asked_for_no_more_once_there_are_symbols(tmp_path: Path) -> None:
    (tmp_path / "app.sym").write_bytes(SYM)
    more = Candidate("/never", Scripted.name, "missing")
    store = SymbolStore(tmp_path / "store", sources=[Scripted(Offer(str(tmp_path / "app.sym")), more)])
    found = store.resolve(DEBUG_FILE, DEBUG_ID)
    assert found.status == "loaded"
    assert found.candidates == (Candidate(str(tmp_path / "app.sym"), Scripted.name, "found"),)


def test_the_former_names_still_work(tmp_path: Path) -> None:
    (tmp_path / "x.sym").write_bytes(SYM)
    with pytest.deprecated_call(match="Offer"):
        assert resolution.Place is Offer
    sys.modules.pop("symbolicate.symbols.layout", None)
    with pytest.deprecated_call(match="layouts"):
        layout = importlib.import_module("symbolicate.symbols.layout")
    assert layout.sym_paths(DEBUG_FILE, DEBUG_ID) == ((DEBUG_FILE, DEBUG_ID, "app.sym"),)
    tried: list[str] = []
    with pytest.deprecated_call(match="candidates"):
        offers = list(DirectorySource(tmp_path).find(Wanted("b.pdb", DEBUG_ID), tried))
    assert [offer.path for offer in offers] == [str(tmp_path / "x.sym")]
    assert tried == [str(tmp_path / "b.pdb" / DEBUG_ID / "b.sym")]
    with pytest.deprecated_call(match="candidates"):
        assert list(FileSource(tmp_path / "x.sym").find(Wanted("b.pdb", "1" * 33), tried)) == []
    found = SymbolStore(tmp_path / "store", sources=[tmp_path]).resolve("b.pdb", "1" * 33)
    with pytest.deprecated_call(match="candidates"):
        assert found.tried[0] == str(tmp_path / "b.pdb" / ("1" * 33) / "b.sym")


class Former:
    """A source with the interface of earlier versions."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __repr__(self) -> str:
        return "Former()"

    def find(self, _: Wanted, tried: list[str]) -> Iterator[Offer]:
        tried += [
            "/first (permission denied)",
            f"/second (is of {'1' * 33})",
            "/third (malformed: a (b))",
            "/fourth (copy)",
        ]
        yield Offer(self._path)

    def search(self, _: str) -> Iterator[str]:
        return iter(())


def test_a_source_with_the_former_interface_is_used(tmp_path: Path) -> None:
    (tmp_path / "app.sym").write_bytes(SYM)
    with pytest.deprecated_call(match="Former"):
        store = SymbolStore(tmp_path / "store", sources=[Former(str(tmp_path / "app.sym"))])  # type: ignore[list-item]
    found = store.resolve(DEBUG_FILE, DEBUG_ID)
    assert found.candidates == (
        Candidate("/first", "Former()", "refused", "permission denied"),
        Candidate("/second", "Former()", "mismatched", "1" * 33),
        Candidate("/third", "Former()", "malformed", "a (b)"),
        Candidate("/fourth (copy)", "Former()", "missing"),
        Candidate(str(tmp_path / "app.sym"), "Former()", "found"),
    )


def test_a_report_with_a_later_outcome_is_read() -> None:
    assert msgspec.json.decode(b'{"outcome":"a later word"}', type=SymbolCandidate).outcome == "a later word"


class Overriding(DirectorySource):
    """A source of earlier versions that changes what a folder offers."""

    def find(self, wanted: Wanted, tried: list[str]) -> Iterator[Offer]:
        tried.append("/before")
        yield from super().find(wanted, tried)


def test_a_source_that_overrides_find_is_used_through_it(tmp_path: Path) -> None:
    (tmp_path / "app.sym").write_bytes(SYM)
    with pytest.deprecated_call(match="Overriding") as warned:
        store = SymbolStore(tmp_path / "store", sources=[Overriding(tmp_path)])
    assert warned[0].filename == __file__
    with pytest.deprecated_call(match="candidates"):
        found = store.resolve(DEBUG_FILE, DEBUG_ID)
    assert found.status == "loaded"
    assert found.candidates[0].location == "/before"


def test_an_object_that_is_not_a_source_is_refused(tmp_path: Path) -> None:
    class Nameless:
        def candidates(self, _: Wanted) -> Iterator[Offer]:
            return iter(())

    with pytest.raises(TypeError, match="it needs name, candidates"):
        SymbolStore(tmp_path, sources=[Nameless()])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("given", "named", "expected"),
    [
        (("loaded", None, "/a.sym"), {}, ("loaded", "/a.sym", "", ())),
        (
            ("missing",),
            {"tried": ("/a", "/b (permission denied)")},
            ("missing", "", "", ("/a", "/b (permission denied)")),
        ),
        ((), {"status": "mismatch", "path": "/a", "detail": "1" * 33}, ("mismatch", "/a", "1" * 33, None)),
        (("malformed",), {"path": "/a", "detail": "no lines"}, ("malformed", "/a", "no lines", None)),
    ],
)
def test_a_resolution_is_made_from_the_former_arguments(
    given: tuple[Any, ...], named: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    with pytest.deprecated_call(match="Resolution") as warned:
        found = Resolution(*given, **named)
    assert warned[0].filename == __file__
    status, path, detail, tried = expected
    assert (found.status, found.path, found.detail, found.symbols) == (status, path, detail, None)
    if tried is not None:
        with pytest.deprecated_call(match="candidates"):
            assert found.tried == tried
    assert Resolution() == Resolution(None, (), None)


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("symbolicate.symbols.directory", ["DirectorySource"]),
        ("symbolicate.symbols.id_folders", ["IdFolders"]),
        ("symbolicate.symbols.debug_files", ["DebugFileSource", "DebugFiles", "addable", "best", "losses"]),
        ("symbolicate.symbols.sources", ["DirectorySource", "FileSource", "open_source", "is_no_symbol_file"]),
    ],
)
def test_names_are_found_where_they_were(module: str, names: list[str]) -> None:
    fresh = "import importlib, sys, warnings; warnings.simplefilter('always')\n"
    fresh += f"found = importlib.import_module({module!r})\nfor name in {names!r}: getattr(found, name)"
    done = subprocess.run([sys.executable, "-c", fresh], capture_output=True, text=True, check=True)
    assert ("DeprecationWarning" in done.stderr) == (not module.endswith("sources"))


def test_former_helpers_warn() -> None:
    with pytest.deprecated_call(match="is_uuid"):
        assert debug_files.is_uuid("1" * 32 + "0")
    with pytest.deprecated_call(match="location"):
        assert Offer("/a.sym").shown == "/a.sym"


def test_the_former_error_is_among_all_names() -> None:
    names: dict[str, object] = {}
    with pytest.deprecated_call(match="SymbolStoreError"):
        exec("from symbolicate.errors import *", names)  # noqa: S102
    assert names["StoreError"] is names["SymbolStoreError"]
