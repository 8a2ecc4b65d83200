"""Which of several files of a module is used, in whatever folders they are, and what the report says about it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from places import FIXTURES
from symbolicate import SymbolStore
from symbolicate._native import debug_files
from tiny_dump import tiny_dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Run
    from symbolicate.symbols.candidates import Candidate
    from symbolicate.symbols.resolution import Offer, Resolution, Wanted

WINDOWS = FIXTURES / "windows" / "x64"
LINUX = FIXTURES / "elf" / "x86_64-gcc-dwarf5"
APPLE = FIXTURES / "apple"


def id_of(path: Path) -> str:
    [build] = debug_files(path)
    assert build.debug_id is not None
    return build.debug_id


@dataclass(frozen=True)
class Module:
    """A module as a dump names it, and files of its id by what they are: bytes under a name."""

    debug_file: str
    code_file: str
    debug_id: str
    files: dict[str, tuple[str, bytes]]

    def put(self, folder: Path, *kinds: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for kind in kinds:
            name, data = self.files[kind]
            (folder / name).write_bytes(data)
        return folder

    def resolve(self, store: SymbolStore) -> Resolution:
        return store.resolve(self.debug_file, self.debug_id, self.code_file)


def text(name: str, debug_id: str, *records: str) -> tuple[str, bytes]:
    return f"{name}.sym", "\n".join((f"MODULE Linux x86_64 {debug_id} {name}", *records, "")).encode()


def windows() -> Module:
    program, pdb = (WINDOWS / "gauge.exe").read_bytes(), (WINDOWS / "gauge.pdb").read_bytes()
    debug_id = id_of(WINDOWS / "gauge.pdb")
    foreign = (FIXTURES / "windows" / "arm64" / "gauge.pdb").read_bytes()
    files = {
        "exports": ("gauge.exe", program),
        "debug file": ("gauge.pdb", pdb),
        "public text": text("gauge.pdb", debug_id, "PUBLIC 1000 0 public", "STACK CFI INIT 1000 9 .cfa: $rsp 8 +"),
        "damaged": ("gauge.pdb", pdb[: len(pdb) // 2]),
        "foreign": ("gauge.pdb", foreign),
    }
    return Module("gauge.pdb", "gauge.exe", debug_id, files)


def linux() -> Module:
    debug_id = id_of(LINUX / "gauge")
    debug = (LINUX / "gauge.debug").read_bytes()
    files = {
        "stripped": ("gauge", (LINUX / "gauge").read_bytes()),
        "debug file": ("gauge.debug", debug),
        "public text": text("gauge", debug_id, "PUBLIC 1000 0 public", "STACK CFI INIT 1000 9 .cfa: $rsp 8 +"),
        "functions": text("gauge", debug_id, "FUNC 1000 9 0 function"),
        "damaged": ("gauge.debug", debug[:40]),
    }
    return Module("gauge", "gauge", debug_id, files)


def apple() -> Module:
    image = APPLE / "images" / "macos-arm64-dwarf5" / "gauge"
    dwarf = APPLE / "macos-arm64-dwarf5" / "gauge.dSYM" / "Contents" / "Resources" / "DWARF" / "gauge"
    debug_id = id_of(image)
    files = {
        "symbol table": ("gauge", image.read_bytes()),
        "debug file": ("gauge.dwarf", dwarf.read_bytes()),
        "functions": text("gauge", debug_id, "FUNC 1000 9 0 function"),
        "public text": text("gauge", debug_id, "PUBLIC 1000 0 public"),
    }
    return Module("gauge", "gauge", debug_id, files)


MODULES: dict[str, Callable[[], Module]] = {"windows": windows, "linux": linux, "apple": apple}


@pytest.mark.parametrize(
    ("system", "kinds", "used", "content"),
    [
        ("windows", ("exports", "debug file", "public text"), "debug file", "lines"),
        ("windows", ("exports", "public text", "foreign"), "public text", "symbol table"),
        ("windows", ("exports", "damaged", "foreign"), "exports", "exports"),
        ("linux", ("stripped", "debug file", "public text", "functions"), "debug file", "lines"),
        ("linux", ("stripped", "functions", "public text", "damaged"), "functions", "functions"),
        ("apple", ("symbol table", "debug file", "functions"), "debug file", "lines"),
        ("apple", ("symbol table", "functions"), "functions", "functions"),
    ],
)
def test_the_same_file_is_used_in_every_order_of_folders(
    tmp_path: Path, system: str, kinds: tuple[str, ...], used: str, content: str
) -> None:
    module = MODULES[system]()
    folders = {kind: module.put(tmp_path / kind, kind) for kind in kinds}
    unwinding = set()
    for order in permutations(folders):
        found = module.resolve(SymbolStore(tmp_path / "store", sources=[folders[kind] for kind in order]))
        assert found.path == str(folders[used] / module.files[used][0]), order
        assert found.symbols is not None
        assert (found.symbols.content, found.status) == (content, "loaded")
        outcomes = [one.outcome for one in found.candidates]
        assert outcomes.count("found") == 1
        assert found.decisive == outcomes.index("found")
        unwinding.add(frozenset(name for tables in found.unwind for name in tables.names))
    assert len(unwinding) == 1
    # All in one folder: the same one, whatever the names are.
    if len({module.files[kind][0] for kind in kinds}) == len(kinds):
        together = module.put(tmp_path / "together", *kinds)
        assert module.resolve(SymbolStore(tmp_path / "store", sources=[together])).path.startswith(str(together))
        assert module.resolve(SymbolStore(tmp_path / "store", sources=[together])).symbols is not None


@pytest.mark.parametrize(
    ("system", "first", "second"),
    [
        ("windows", "exports", "debug file"),
        ("windows", "public text", "debug file"),
        ("linux", "public text", "debug file"),
        ("linux", "functions", "debug file"),
        ("apple", "symbol table", "debug file"),
    ],
)
def test_the_store_has_more_than_a_folder(tmp_path: Path, system: str, first: str, second: str) -> None:
    module = MODULES[system]()
    for added, named in ((second, first), (first, second)):
        store = SymbolStore(tmp_path / f"store with {added}", sources=[module.put(tmp_path / named, named)])
        store.add(module.put(tmp_path / "added", added) / module.files[added][0])
        found = module.resolve(store)
        assert found.symbols is not None
        assert found.symbols.content == "lines"
        assert found.path.startswith(store.dir) == (added == second)
    # And in the store alone, in either order of adding.
    for number, order in enumerate(((first, second), (second, first))):
        store = SymbolStore(tmp_path / f"store {number}")
        for kind in order:
            store.add(module.put(tmp_path / "added", kind) / module.files[kind][0])
        found = module.resolve(SymbolStore(store.dir))
        assert found.symbols is not None
        assert found.symbols.content == "lines", order


def test_rules_of_a_text_that_has_no_lines_are_used_with_them(tmp_path: Path) -> None:
    module = linux()
    sources = [module.put(tmp_path / kind, kind) for kind in ("debug file", "public text", "stripped")]
    found = module.resolve(SymbolStore(tmp_path / "store", sources=sources))
    unwind = {Path(tables.location).name: tables.names for tables in found.unwind}
    assert unwind == {"gauge": [".eh_frame"], "gauge.sym": ["STACK CFI"]}
    assert found.is_complete


class Later:
    """A source that must not be asked if an earlier one has lines."""

    name = "later"

    def __init__(self) -> None:
        self.asked = 0

    def candidates(self, _: Wanted) -> Iterator[Offer | Candidate]:
        self.asked += 1
        return iter(())

    def search(self, _: str) -> Iterator[str]:
        return iter(())

    def unwind_files(self, _: Wanted) -> Iterator[None]:
        self.asked += 1
        return iter(())


def test_later_sources_are_asked_only_if_there_is_need(tmp_path: Path) -> None:
    module = windows()
    both = module.put(tmp_path / "both", "exports", "debug file")
    half = module.put(tmp_path / "half", "exports")
    for folder, asked in ((both, 0), (half, 2)):
        later = Later()
        assert module.resolve(SymbolStore(tmp_path / "store", sources=[folder, later])).symbols is not None
        assert later.asked == asked


@dataclass(frozen=True)
class Said:
    """What a report says about its module: in JSON and in the text."""

    symbols: dict[str, object]
    frame: dict[str, object]
    text: str


@pytest.fixture
def report(run: Callable[..., Run], tmp_path: Path) -> Callable[..., Said]:
    def make(module: Module, *folders: Path) -> Said:
        dump = tmp_path / "crash.dmp"
        dump.write_bytes(tiny_dump(module.debug_id, module.debug_file, module.code_file, rva=0x1040))
        options = ["--store", tmp_path / "store", *(word for folder in folders for word in ("--symbols", folder))]
        document = json.loads(run("report", dump, "--format", "json", *options).text)
        shown = run("report", dump, *options)
        assert shown.code == 0, shown.err
        return Said(document["modules"][0]["symbols"], document["crashing_thread"]["frames"][0], shown.text)

    return make


def test_a_pdb_in_a_later_folder_than_its_program(tmp_path: Path, report: Callable[..., Said]) -> None:
    module = windows()
    program, pdb = (module.put(tmp_path / kind, kind) for kind in ("exports", "debug file"))
    said = report(module, program, pdb)
    assert (said.symbols["content"], said.symbols["file"]) == ("lines", str(pdb / "gauge.pdb"))
    candidates = said.symbols["candidates"]
    assert isinstance(candidates, list)
    told = {one["location"]: (one["outcome"], one["detail"]) for one in candidates}
    assert told[str(program / "gauge.exe")] == ("unused", "no debug information")
    assert told[str(pdb / "gauge.pdb")] == ("found", None)
    assert "few symbols" not in said.text
    assert "nearest export" not in said.text
    assert "symbols" not in said.frame


def test_functions_named_by_exports_are_marked(tmp_path: Path, report: Callable[..., Said]) -> None:
    module = windows()
    said = report(module, module.put(tmp_path / "program", "exports"))
    assert said.symbols["content"] == "exports"
    assert said.frame["symbols"] == "exports"
    assert f"{said.frame['function']}  (nearest export)" in said.text
    assert "Modules with few symbols: 1" in said.text
    assert f"gauge.exe  {module.debug_id}  exports: functions are guesses\n" in said.text


@pytest.mark.parametrize(("kind", "outcome"), [("damaged", "malformed"), ("foreign", "mismatched")])
def test_a_pdb_that_cannot_be_used_beside_its_program(
    tmp_path: Path, report: Callable[..., Said], kind: str, outcome: str
) -> None:
    module = windows()
    folder = module.put(tmp_path / "both", "exports", kind)
    said = report(module, folder)
    assert (said.symbols["status"], said.symbols["content"]) == ("loaded", "exports")
    candidates = said.symbols["candidates"]
    assert isinstance(candidates, list)
    assert [one["outcome"] for one in candidates if one["location"] == str(folder / "gauge.pdb")] == [outcome]
    [line] = [line for line in said.text.splitlines() if "exports: functions are guesses" in line]
    assert str(folder / "gauge.pdb") in line
    assert ("malformed: " if kind == "damaged" else "is of 405A63F8") in line
    # By itself it is the reason why there are none.
    (folder / "gauge.exe").unlink()
    alone = report(module, folder)
    assert alone.symbols["status"] == ("malformed" if kind == "damaged" else "missing")


def test_a_symbol_table_beside_a_damaged_debug_file(tmp_path: Path, report: Callable[..., Said]) -> None:
    module = linux()
    folder = module.put(tmp_path / "both", "public text", "damaged")
    said = report(module, folder)
    assert said.symbols["content"] == "symbol table"
    [line] = [line for line in said.text.splitlines() if line.startswith("  gauge  ") and "symbol table; " in line]
    assert "gauge.debug (malformed: " in line
    assert "nearest export" not in said.text


def test_a_file_that_was_opened_says_what_it_has(tmp_path: Path) -> None:
    module = linux()
    sources = [module.put(tmp_path / kind, kind) for kind in ("public text", "functions", "debug file")]
    found = module.resolve(SymbolStore(tmp_path / "store", sources=sources))
    told = [(one.outcome, one.detail) for one in found.candidates if one.outcome in {"found", "unused"}]
    assert told == [("unused", "symbol table"), ("unused", "functions"), ("found", "")]


def test_a_text_with_less_does_not_replace_one_with_more(tmp_path: Path) -> None:
    module = linux()
    store = SymbolStore(tmp_path / "store")
    store.add(module.put(tmp_path, "functions") / "gauge.sym")
    less = store.add(module.put(tmp_path, "public text") / "gauge.sym")
    assert (less.is_new, less.symbols.content) == (False, "functions")
    more = store.add(module.put(tmp_path, "debug file") / "gauge.debug")
    assert (more.is_new, more.symbols.content) == (True, "lines")


def test_unwind_tables_are_not_made_again(tmp_path: Path) -> None:
    module = linux()
    store = SymbolStore(tmp_path / "store")
    binary = module.put(tmp_path, "stripped") / "gauge"
    [first] = store.add_all(binary)
    made = Path(first.unwind_path).stat()
    [again] = store.add_all(binary)
    assert (again.unwind, again.is_new) == (first.unwind, False)
    assert Path(again.unwind_path).stat().st_ino == made.st_ino
    # Those of a changed file are.
    shutil.copy(LINUX / "gauge", binary)
    [other] = store.add_all(binary)
    assert Path(other.unwind_path).stat().st_ino != made.st_ino
