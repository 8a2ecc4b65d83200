"""Programs of others that tests run: from npm and Debian, unpacked into a folder of the tests and not installed.

They are not in the lock file, so tests that need them skip unless `SYMBOLICATE_TEST_CLIENTS=install` permits fetching.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

INSTALL = os.environ.get("SYMBOLICATE_TEST_CLIENTS") == "install"


def npm_program(folder: Path, package: str, version: str, program: str) -> str:
    """A program of a package of npm; the test is skipped without it."""
    if not INSTALL or not shutil.which("npm"):
        pytest.skip(f"{package} {version} is not fetched: SYMBOLICATE_TEST_CLIENTS=install, and npm")
    place = folder / f"{package.replace('/', '-')}-{version}"
    found = place / "node_modules" / ".bin" / program
    if not found.exists():
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place)]
        subprocess.run([*command, f"{package}@{version}"], check=True, timeout=300)
    return str(found)


def debian_packages(folder: Path, *packages: str) -> Path:
    """A folder with the files of Debian's packages; the test is skipped without them."""
    if not INSTALL or not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        pytest.skip(f"{packages[0]} is not fetched: SYMBOLICATE_TEST_CLIENTS=install, on Debian")
    place = folder / f"debian-{packages[0]}"
    place.mkdir(exist_ok=True)
    got = subprocess.run(["apt-get", "download", *packages], cwd=place, capture_output=True, check=False)
    if got.returncode:
        pytest.skip(f"Debian's {packages[0]} cannot be fetched: {got.stderr.decode()[-200:]}")
    for package in place.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, place], check=True)
    return place
