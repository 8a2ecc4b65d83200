"""A folder of SymStore behind the symbol server: compressed files, pointers and two tiers, asked as WinDbg asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("litestar")

from cabinet_files import cabinet, compressed
from places import FIXTURES
from service_process import Answer, Service, service
from symbolicate._native import debug_files
from symbolicate.symbols.layouts.symstore import compressed as compressed_path
from symbolicate.symbols.layouts.symstore import paths
from symbolicate.symbols.resolution import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from symbolicate.symbols.layouts.layout import Parts

PDB = FIXTURES / "windows/x64/gauge.pdb"
EXE = FIXTURES / "windows/x64/gauge.exe"
X86 = FIXTURES / "images/windows-x86/core.exe"
SYMSRV = {"User-Agent": "Microsoft-Symbol-Server/10.0.10036.206"}


def place_of(path: Path) -> Parts:
    """Where SymStore puts a file."""
    [file] = debug_files(path)
    wanted = Wanted(f"{path.stem}.pdb", file.debug_id or "", path.name, file.code_id or "")
    return paths(wanted, "debug file" if path.suffix == ".pdb" else "binary")[0]


def put(root: Path, place: Parts, data: bytes) -> None:
    target = root.joinpath(*place)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def packed_place(place: Parts) -> Parts:
    packed = compressed_path(place)
    assert packed is not None
    return packed


@pytest.fixture(scope="module", params=["one tier", "two tiers"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a store of SymStore as its source."""
    root = tmp_path_factory.mktemp("symstore")
    for path in (PDB, EXE, X86):
        place = packed_place(place_of(path))
        put(root, place if request.param == "one tier" else (place[0][:2], *place), compressed(path))
    if request.param == "two tiers":
        (root / "index2.txt").touch()
    (root / "pingme.txt").touch()
    put(root, ("elsewhere.pdb", "0" * 31 + "11", "file.ptr"), b"PATH:\\\\server\\share\\elsewhere.pdb")
    # A cabinet of another build under this id, and one that is cut.
    put(root, ("gauge.pdb", "0" * 31 + "22", "gauge.pd_"), compressed(PDB))
    put(root, ("cut.pdb", "0" * 31 + "33", "cut.pd_"), cabinet("cut.pdb", [bytes(1 << 15)])[:-100])
    data = tmp_path_factory.mktemp("data")
    with service(data, "--workers", "0", SYMBOLICATE_SYMBOLS_SOURCES=str(root)) as one:
        yield one


def asked(running: Service, place: Parts) -> list[Answer]:
    """What `symsrv.dll` asks until it gets the file: the file, the compressed one, the pointer."""
    answers: list[Answer] = []
    for parts in (place, packed_place(place), (*place[:-1], "file.ptr")):
        answers.append(running.get("/symbols/" + "/".join(parts), headers=SYMSRV))
        if answers[-1].status == 200:
            break
    return answers


@pytest.mark.parametrize("path", [PDB, EXE, X86], ids=lambda path: path.name)
def test_a_compressed_file_is_served_unpacked(running: Service, path: Path) -> None:
    place = place_of(path)
    for parts in (place, (place[0][:2], *place)):  # a client may ask in two tiers whatever the folder has
        [answer] = asked(running, parts)
        assert answer.body == path.read_bytes()
        part = running.get("/symbols/" + "/".join(parts), headers=SYMSRV | {"Range": "bytes=8-99"})
        assert (part.status, part.body) == (206, path.read_bytes()[8:100])


@pytest.mark.parametrize(
    "place",
    [
        ("elsewhere.pdb", "0" * 31 + "11", "elsewhere.pdb"),
        ("gauge.pdb", "0" * 31 + "22", "gauge.pdb"),
        ("cut.pdb", "0" * 31 + "33", "cut.pdb"),
        ("nothing.pdb", "0" * 31 + "44", "nothing.pdb"),
    ],
    ids=["elsewhere", "another build", "cut", "nothing"],
)
def test_anything_else_is_not_found_three_times(running: Service, place: Parts) -> None:
    assert [(answer.status, answer.body) for answer in asked(running, place)] == [(404, b"not found")] * 3


def test_the_compressed_file_itself_and_the_files_of_the_root_are_not_served(running: Service) -> None:
    for path in ("/".join(packed_place(place_of(PDB))), "index2.txt", "pingme.txt"):
        assert running.get(f"/symbols/{path}", headers=SYMSRV).status == 404


def test_reports_and_stacks_use_the_folder(running: Service) -> None:
    name, identifier, _ = place_of(PDB)
    body = {"memoryMap": [[name, identifier]], "stacks": [[[0, 0x1010]]]}
    answer = running.ask("POST", "/symbolicate/v5", body).json["results"][0]
    assert answer["found_modules"] == {f"{name}/{identifier}": True}, json.dumps(answer)
