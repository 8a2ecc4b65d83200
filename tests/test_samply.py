"""samply's library `wholesym` as a client of the symbol server, in three layouts, and as a second opinion on answers.

The program is built from crates.io, which takes some minutes, unless it was built before.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("litestar")

from client_packages import cargo_program
from places import FIXTURES
from service_process import Service, service
from symbolicate._native import SymbolFile, debug_files
from symbolicate.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCENE_ID = "B0926908029E68ABECF3CBA3BFB235A20"
SCENE = FIXTURES / f"symbols/libscene.so/{SCENE_ID}/libscene.so.sym"
PDB = FIXTURES / "windows" / "x64" / "gauge.pdb"
ELF = FIXTURES / "elf" / "x86_64-gcc-dwarf5" / "gauge.debug"
BUILD_TIMEOUT = 1800
# One of two functions that the linker has put at one address: either may be named.
FOLDED = "first_of_two"


@pytest.fixture(scope="module")
def wholesym() -> str:
    """The program."""
    return cargo_program("wholesym_client", "wholesym-client", BUILD_TIMEOUT)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    """A service with a file for each layout, and its address for readers without headers."""
    data = tmp_path_factory.mktemp("service")
    with Store.open(data=data) as store:
        app = store.apps.create("secret", owner="owner", name="app")
        token = store.tokens.create("app", ["symbols"], apps=[app])[1]
        admin = store.tokens.create("admin", ["admin"])[1]
    with service(data, "--workers", "0", token=admin) as one:
        for path in (SCENE, PDB, ELF):
            answer = one.ask("PUT", f"/symbols/{path.name}", path.read_bytes(), token=token)
            assert answer.status == 201, answer
        yield one, f"{one.url}/-/{token}"


def plain(name: str) -> str:
    """The last part of a name without its arguments: PDBs, DWARF and their readers differ in the rest."""
    return (re.sub(r"\([^()]*\)", "", name).rpartition("::")[2].split() or [""])[0]


def frames(answer: Any) -> list[dict[str, Any]]:
    """What an answer says of each frame; the two spell paths of files and names of types differently."""
    [stack] = answer["results"][0]["stacks"]
    return [
        {
            "name": plain(frame.get("function") or ""),
            "at": frame.get("function_offset"),
            "line": frame.get("line"),
            "file": (frame.get("file") or "").replace("\\", "/").rpartition("/")[2],
            "inlines": [(plain(one["function"]), one.get("line")) for one in frame.get("inlines") or []],
        }
        for frame in stack
    ]


def addresses_of(path: Path) -> list[int]:
    """Addresses in the functions of a file with lines."""
    symbols = SymbolFile.open(str(path)) if path == SCENE else debug_files(str(path))[0].open()[0]
    addresses = np.arange(0x1000, 0x3000, 7, dtype=np.uint64)
    found = symbols.lookup(addresses)
    frames = ((int(at), found.frames(number)) for number, at in enumerate(addresses))
    return [at for at, calls in frames if any(line for _, _, line in calls) and FOLDED not in calls[-1][0]]


@pytest.mark.timeout(BUILD_TIMEOUT + 300)
@pytest.mark.parametrize(("layout", "path"), [("breakpad", SCENE), ("symstore", PDB), ("debuginfod", ELF)])
def test_samply_finds_what_the_service_answers(
    wholesym: str, running: tuple[Service, str], tmp_path: Path, layout: str, path: Path
) -> None:
    one, address = running
    name, identifier, code_id = path.name.removesuffix(".sym"), SCENE_ID, ""
    if path != SCENE:
        [build] = debug_files(str(path))
        name, identifier, code_id = build.name, build.debug_id or "", build.code_id or ""
    body = {"memoryMap": [[name, identifier]], "stacks": [[[0, offset] for offset in addresses_of(path)]]}
    ours = one.ask("POST", f"{address.removeprefix(one.url)}/symbolicate/v5", json.dumps(body).encode(), token=None)
    assert ours.status == 200

    library = {"debug_name": name, "debug_id": identifier, "name": name, "code_id": code_id}
    configuration = {layout: [[f"{address}/symbols", str(tmp_path / "files")]], "libraries": [library]}
    (tmp_path / "configuration").write_text(json.dumps(configuration))
    (tmp_path / "request").write_text(json.dumps({"jobs": [body]}))
    command = [wholesym, str(tmp_path / "configuration"), str(tmp_path / "request")]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120, text=True)
    theirs = json.loads(done.stdout)["answer"]
    assert theirs["results"][0]["found_modules"] == {f"{name}/{identifier}": True}
    pairs = list(zip(frames(ours.json), frames(theirs), strict=True))
    # It has no names from symbol tables beside DWARF, such as those of assemblers.
    compared = [(our, their) for our, their in pairs if their["name"]]
    assert len(compared) > len(pairs) * 9 // 10
    assert [our for our, _ in compared] == [their for _, their in compared]
