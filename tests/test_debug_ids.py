"""One debug id has one spelling, whichever entrance it comes in by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store_samples import SECRET, symbol_file
from symbolicate import SymbolStore, _native
from symbolicate.store.symbols.choice import normal_debug_id
from symbolicate.symbols import ids
from symbolicate.symbols.layouts import breakpad, local_store
from symbolicate.symbols.module_line import module_line

if TYPE_CHECKING:
    from pathlib import Path

    from symbolicate.store import Store

GUID = "2D3F8A10C46B4C0B9C1E0123456789AB"
SPELLINGS = [
    ("an age in lower case", f"{GUID}1f", f"{GUID}1f"),
    ("dashes and lower case", "2d3f8a10-c46b-4c0b-9c1e-0123456789ab-1F", f"{GUID}1f"),
    ("no age", GUID.lower(), f"{GUID}0"),
    ("twenty digits", "2d3f8a10C46b4c0b9c1e", "2D3F8A10c46b4c0b9c1e"),
    ("a time stamp and a size", "5f36a9e21A000", "5F36A9E21a000"),
    ("zeros before the age", f"{GUID}00000001F", f"{GUID}1f"),
]


@pytest.fixture(params=SPELLINGS, ids=lambda row: row[0])
def spelling(request: pytest.FixtureRequest) -> tuple[str, str]:
    """An id as somebody wrote it, and as everything here spells it."""
    _, written, canonical = request.param
    return written, canonical


def test_each_entrance_reads_the_same_id(spelling: tuple[str, str], tmp_path: Path) -> None:
    written, canonical = spelling
    sym = tmp_path / "app.sym"
    sym.write_text(f"MODULE windows x86_64 {written} app.pdb\nFUNC 1000 10 0 f\n")
    line = module_line(str(sym))
    assert line is not None
    assert line.is_called(written)
    read = {
        "ids": ids.debug_id(written),
        "native": _native.canonical_debug_id(written),
        "key": _native.ModuleKey("app.pdb", written).debug_id,
        "module line": line.debug_id,
        "symbol file": _native.SymbolFile.open(sym).debug_id,
        "added file": SymbolStore(tmp_path / "store").add(sym).symbols.debug_id,
        "layout": breakpad.sym_paths("app.pdb", written)[0][1],
    }
    assert set(read.values()) == {canonical}, read
    assert local_store.index_path("app.pdb", written) == local_store.index_path("app.pdb", canonical)
    # Databases hold ids in upper case, as they always did.
    assert normal_debug_id(written) == canonical.upper()


def test_the_key_of_a_module_is_that_of_its_canonical_id(spelling: tuple[str, str]) -> None:
    written, canonical = spelling
    assert _native.ModuleKey("app.pdb", written) == _native.ModuleKey("app.pdb", canonical)


def test_an_uploaded_file_is_found_by_any_spelling(spelling: tuple[str, str], store: Store) -> None:
    written, canonical = spelling
    app = store.apps.ensure(SECRET)
    for stored, asked in ((written, canonical), (canonical, written)):
        store.symbol_files.register(app, [symbol_file(stored, "app.pdb", stored)])
        for spelled in (asked, asked.upper(), asked.lower()):
            assert store.symbol_files.candidates(app.id, spelled, "")
            assert store.symbol_files.list([app.id], debug_id=spelled)


def test_a_file_in_a_folder_is_found_by_any_spelling(spelling: tuple[str, str], tmp_path: Path) -> None:
    written, canonical = spelling
    for folder in {written, canonical}:
        at = tmp_path / folder / "app.pdb" / folder
        at.mkdir(parents=True)
        (at / "app.sym").write_text(f"MODULE windows x86_64 {written} app.pdb\nFUNC 1000 10 0 f\n")
        symbols = SymbolStore(tmp_path / f"store of {folder}", sources=[tmp_path / folder])
        for spelled in {written, canonical}:
            assert symbols.resolve("app.pdb", spelled).status == "loaded", (folder, spelled)
