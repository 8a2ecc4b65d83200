"""Where symbols are found, and what is reported if they are not."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from symbolicate import SymbolFileError, SymbolSourceError, SymbolStore, SymbolStoreError
from symbolicate.symbols.candidates import Candidate, sentence
from symbolicate.symbols.store import default_dir
from tiny_dump import DEBUG_FILE, DEBUG_ID, SYM

if TYPE_CHECKING:
    from symbolicate.symbols.resolution import Resolution

OTHER_ID = "B88EFD66844D598F2AB8AC49848281B20"


def put(root: Path, text: bytes = SYM, *, parts: tuple[str, ...] = (DEBUG_FILE, DEBUG_ID, "app.sym")) -> Path:
    path = root.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return path


def tried(found: Resolution) -> tuple[str, ...]:
    """The candidates that are not used, as sentences."""
    return tuple(sentence(one) for one in found.candidates if one.outcome != "found")


def test_found_in_breakpad_layout(tmp_path: Path) -> None:
    path = put(tmp_path / "a")
    found = SymbolStore(tmp_path / "store", sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert (found.status, found.path, tried(found)) == ("loaded", str(path), ())
    assert found.candidates == (Candidate(str(path), str(tmp_path / "a"), "found"),)
    assert found.symbols is not None
    assert found.symbols.debug_id == DEBUG_ID


def test_the_index_is_kept_by_debug_id(tmp_path: Path) -> None:
    put(tmp_path / "a")
    SymbolStore(tmp_path / "store", sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert (tmp_path / "store" / "index" / DEBUG_ID[:2] / f"{DEBUG_ID}-{DEBUG_FILE}.syx").is_file()


@pytest.mark.parametrize("damage", ["nothing", "garbage", "cut", "other text"])
def test_a_bad_index_is_rebuilt(tmp_path: Path, damage: str) -> None:
    put(tmp_path / "a")
    store = tmp_path / "store"
    SymbolStore(store, sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID)
    index = store / "index" / DEBUG_ID[:2] / f"{DEBUG_ID}-{DEBUG_FILE}.syx"
    if damage == "other text":
        put(tmp_path / "a", SYM.replace(b"crash_here", b"elsewhere!"))
    else:
        index.write_bytes({"nothing": b"", "garbage": b"x" * 500, "cut": index.read_bytes()[:-9]}[damage])
    found = SymbolStore(store, sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert found.symbols is not None
    assert found.symbols.counts["functions"] == 2


def test_case_is_tolerated(tmp_path: Path) -> None:
    path = put(tmp_path / "a", parts=("APP.pdb", DEBUG_ID.lower(), "App.SYM"))
    found = SymbolStore(tmp_path / "store", sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert (found.status, found.path) == ("loaded", str(path))


def test_the_first_source_wins(tmp_path: Path) -> None:
    first, second = put(tmp_path / "a"), put(tmp_path / "b")
    for order in ([tmp_path / "a", tmp_path / "b"], [tmp_path / "b", tmp_path / "a"]):
        found = SymbolStore(tmp_path / "store", sources=order).resolve(DEBUG_FILE, DEBUG_ID)
        assert found.path == str(first if order[0].name == "a" else second)


def test_the_search_goes_on_behind_a_mismatch(tmp_path: Path) -> None:
    wrong = put(tmp_path / "a", SYM.replace(DEBUG_ID.encode(), OTHER_ID.encode()))
    right = put(tmp_path / "b")
    found = SymbolStore(tmp_path / "store", sources=[tmp_path / "a", tmp_path / "b"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert (found.status, found.path) == ("loaded", str(right))
    assert tried(found) == (f"{wrong} (is of {OTHER_ID})",)


def test_a_mismatch_names_both_ids(tmp_path: Path) -> None:
    wrong = put(tmp_path / "a", SYM.replace(DEBUG_ID.encode(), OTHER_ID.encode()))
    found = SymbolStore(tmp_path / "store", sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert (found.status, found.path, found.detail, found.symbols) == ("mismatch", str(wrong), OTHER_ID, None)
    assert str(wrong) in tried(found)[0]
    assert found.candidates[0] == Candidate(str(wrong), str(tmp_path / "a"), "mismatched", OTHER_ID)
    assert DEBUG_ID in tried(found)[1]  # the store's own path


@pytest.mark.parametrize(
    "before",
    [b"\n", b"\r\n\r\n", b"# a comment\n", b"INFO GENERATOR x 1\n", b"FILE 9 a.c\n", b"FILE 9 a.c\n" * 900],
    ids=["blank", "CR LF", "comment", "INFO", "FILE", "far down"],
)
def test_the_id_counts_wherever_it_stands(tmp_path: Path, before: bytes) -> None:
    wrong = put(tmp_path / "a", before + SYM.replace(DEBUG_ID.encode(), OTHER_ID.encode()))
    found = SymbolStore(tmp_path / "store", sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert (found.status, found.path, found.detail) == ("mismatch", str(wrong), OTHER_ID)
    put(tmp_path / "a", before + SYM)
    assert SymbolStore(tmp_path / "store", sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID).status == "loaded"


def test_the_id_counts_without_a_name(tmp_path: Path) -> None:
    nameless = SYM.replace(b" app.pdb", b"", 1)
    put(tmp_path / "a", nameless)
    assert SymbolStore(tmp_path / "store", sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID).status == "loaded"
    put(tmp_path / "a", nameless.replace(DEBUG_ID.encode(), OTHER_ID.encode()))
    assert SymbolStore(tmp_path / "store", sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID).status == "mismatch"


@pytest.mark.parametrize("before", [b"\n", b"# a comment\n", b"INFO GENERATOR x 1\n"])
def test_a_module_line_need_not_be_the_first(tmp_path: Path, before: bytes) -> None:
    path = put(tmp_path / "flat", before + SYM, parts=("x.sym",))
    for source in (path, path.parent):
        assert SymbolStore(tmp_path / "store", sources=[source]).resolve(DEBUG_FILE, DEBUG_ID).path == str(path)
    assert SymbolStore(tmp_path / "store").add(path).symbols.debug_id == DEBUG_ID


def test_an_id_is_compared_without_case(tmp_path: Path) -> None:
    put(tmp_path / "a", SYM.replace(DEBUG_ID.encode(), DEBUG_ID.lower().encode()))
    assert SymbolStore(tmp_path / "s", sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID).status == "loaded"


@pytest.mark.parametrize("text", [b"", b"\x00\xff" * 400, b"hello\nworld\n"])
def test_a_file_without_symbols_is_malformed(tmp_path: Path, text: bytes) -> None:
    path = put(tmp_path / "a", text)
    found = SymbolStore(tmp_path / "store", sources=[tmp_path / "a"]).resolve(DEBUG_FILE, DEBUG_ID)
    assert (found.status, found.path) == ("malformed", str(path))
    assert found.detail


def test_missing_says_where_it_looked_in_order(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    found = SymbolStore(tmp_path / "store", sources=[tmp_path / "a", tmp_path / "b"]).resolve("app.exe", DEBUG_ID)
    names = ("app.exe.sym", "app.sym")
    roots = (tmp_path / "a", tmp_path / "b", tmp_path / "store" / "symbols")
    assert found.status == "missing"
    assert tried(found) == tuple(str(root / "app.exe" / DEBUG_ID / name) for root in roots for name in names)


@pytest.mark.parametrize("identifier", ["", "0" * 33, "../../etc", DEBUG_ID + "/.."])
def test_an_unusable_id_is_not_looked_for(tmp_path: Path, identifier: str) -> None:
    put(tmp_path / "a")
    found = SymbolStore(tmp_path / "store", sources=[tmp_path / "a"]).resolve(DEBUG_FILE, identifier)
    assert (found.status, found.candidates) == ("missing", ())


def test_what_was_not_found_is_remembered_until_the_store_changes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "a"], recheck_seconds=3600)
    missing = store.resolve(DEBUG_FILE, DEBUG_ID)
    assert missing.status == "missing"
    put(tmp_path / "a")
    assert store.resolve(DEBUG_FILE, DEBUG_ID) is missing
    put(tmp_path / "store" / "symbols")
    assert store.resolve(DEBUG_FILE, DEBUG_ID).status == "loaded"
    assert SymbolStore(tmp_path / "store").resolve(DEBUG_FILE, DEBUG_ID).status == "loaded"


def test_a_single_file_is_a_source(tmp_path: Path) -> None:
    path = put(tmp_path, parts=("any-name.sym",))
    store = SymbolStore(tmp_path / "store", sources=[path])
    assert store.resolve(DEBUG_FILE, DEBUG_ID).path == str(path)
    assert store.resolve(DEBUG_FILE, OTHER_ID).status == "mismatch"
    assert store.resolve("other.pdb", OTHER_ID).status == "missing"


def test_a_flat_folder_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "flat" / "deeper").mkdir(parents=True)
    (tmp_path / "flat" / "notes.txt").write_text("MODULE of nothing")
    other = SYM.replace(DEBUG_ID.encode(), OTHER_ID.encode())
    put(tmp_path / "flat", other, parts=("1.sym",))
    path = put(tmp_path / "flat", parts=("2.SYM",))
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "flat"])
    assert store.resolve(DEBUG_FILE, DEBUG_ID).path == str(path)
    assert store.resolve("renamed.pdb", OTHER_ID).status == "loaded"  # the id is what counts


CODE_ID = "e532985a7228c141838ed98914e9b7ff"


@pytest.mark.parametrize(
    "parts", [(DEBUG_FILE, DEBUG_ID, "app.sym"), ("app.exe", CODE_ID.upper(), "app.sym"), ("x.sym",)]
)
def test_an_image_without_a_debug_id_is_found_by_its_code_id(tmp_path: Path, parts: tuple[str, ...]) -> None:
    path = put(tmp_path / "a", parts=parts)
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "a"])
    found = store.resolve("", "", "app.exe", CODE_ID)
    assert (found.status, found.path) == ("loaded", str(path))
    missing = store.resolve("", "", "app.exe", CODE_ID[::-1])
    assert missing.status == "missing"
    assert tried(missing)[0] == str(tmp_path / "a" / "app.exe" / CODE_ID[::-1].upper() / "app.sym")
    assert store.resolve("", "", "..", CODE_ID).path == str(path)  # the id is what counts


@pytest.mark.parametrize("location", ["ftp://symbols.example.org/", "no/such/place"])
def test_an_invalid_location_is_refused(location: str) -> None:
    with pytest.raises(SymbolSourceError, match=location):
        SymbolStore(sources=[location])


def test_an_unwritable_store_costs_nothing_but_time(tmp_path: Path) -> None:
    put(tmp_path / "a")
    (tmp_path / "store").write_text("a file where the folder would be")
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "a"])
    found = store.resolve(DEBUG_FILE, DEBUG_ID)
    assert found.status == "loaded"
    with pytest.raises(SymbolStoreError):
        store.add(tmp_path / "a" / DEBUG_FILE / DEBUG_ID / "app.sym")


def test_added_files_lie_in_breakpad_layout(tmp_path: Path) -> None:
    source = put(tmp_path, parts=("build", "whatever.sym"))
    added = SymbolStore(tmp_path / "store").add(source)
    assert added.path == str(tmp_path / "store" / "symbols" / DEBUG_FILE / DEBUG_ID / "app.sym")
    assert Path(added.path).read_bytes() == SYM
    assert [path.name for path in Path(added.path).parent.iterdir()] == ["app.sym"]
    shutil.rmtree(tmp_path / "build")
    assert SymbolStore(tmp_path / "store").resolve(DEBUG_FILE, DEBUG_ID).status == "loaded"


@pytest.mark.parametrize("head", [b"", b"MODULE Linux x86_64\n", b"MODULE Linux x86_64 " + b"0" * 33 + b" app.pdb\n"])
def test_a_file_that_names_no_build_is_not_added(tmp_path: Path, head: bytes) -> None:
    source = put(tmp_path, head + SYM.split(b"\n", 2)[2], parts=("x.sym",))
    with pytest.raises(SymbolFileError):
        SymbolStore(tmp_path / "store").add(source)


def test_a_missing_file_is_not_added(tmp_path: Path) -> None:
    with pytest.raises(SymbolFileError, match="no such file"):
        SymbolStore(tmp_path / "store").add(tmp_path / "nothing.sym")


@pytest.mark.parametrize("text", [DEBUG_ID, DEBUG_ID.lower(), DEBUG_FILE, "APP.PDB"])
def test_find_by_id_and_by_name(tmp_path: Path, text: str) -> None:
    layout, flat = put(tmp_path / "a"), put(tmp_path / "b", parts=("x.sym",))
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "a", tmp_path / "b", flat])
    assert list(store.find(text)) == [str(layout), str(flat), str(flat)]
    assert list(store.find("other.pdb")) == []


def test_many_threads_build_one_index(tmp_path: Path) -> None:
    put(tmp_path / "a")
    store = SymbolStore(tmp_path / "store", sources=[tmp_path / "a"])
    found = []
    threads = [threading.Thread(target=lambda: found.append(store.resolve(DEBUG_FILE, DEBUG_ID))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one.symbols) for one in found}) == 1


def test_the_default_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("SYMBOLICATE_STORE", "/chosen")
    assert default_dir() == "/chosen"
    monkeypatch.delenv("SYMBOLICATE_STORE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert default_dir() == os.path.join("/cache", "symbolicate")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_dir() == os.path.join("/home/me", ".cache", "symbolicate")
