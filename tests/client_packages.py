"""Programs of others that tests run: from npm, PyPI, Go and Debian, in a folder of the tests and not installed.

They are not in the lock file, so tests that need them skip unless `SYMBOLICATE_TEST_CLIENTS=install` permits fetching.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

INSTALL = os.environ.get("SYMBOLICATE_TEST_CLIENTS") == "install"


def npm_program(folder: Path, package: str, version: str, program: str) -> str:
    """A program of a package of npm; the test is skipped without it."""
    return str(npm_package(folder, package, version) / ".bin" / program)


def npm_package(folder: Path, package: str, version: str) -> Path:
    """A folder with modules for node, with a package of npm; the test is skipped without it."""
    if not INSTALL or not shutil.which("npm"):
        pytest.skip(f"{package} {version} is not fetched: SYMBOLICATE_TEST_CLIENTS=install, and npm")
    place = folder / f"{package.replace('/', '-')}-{version}"
    modules = place / "node_modules"
    if not modules.exists():
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place)]
        subprocess.run([*command, f"{package}@{version}"], check=True, timeout=300)
    return modules


def python_package(folder: Path, requirement: str, module: str) -> str:
    """A folder for `PYTHONPATH` with a package of PyPI, empty if it is installed; the test is skipped without it."""
    if importlib.util.find_spec(module):
        return ""
    if not INSTALL:
        pytest.skip(f"{requirement} is not fetched: SYMBOLICATE_TEST_CLIENTS=install")
    place = folder / module
    if not place.exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(place), requirement]
        subprocess.run(command, check=True, timeout=600)
    return str(place)


def python_packages(folder: Path, *requirements: str) -> Path:
    """A folder with packages from PyPI, to be put into `sys.path`; the test is skipped without them."""
    if not INSTALL:
        pytest.skip(f"{requirements[0]} is not fetched: SYMBOLICATE_TEST_CLIENTS=install")
    place = folder / "-".join(["python", *requirements])
    if not place.exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
        subprocess.run([*command, str(place), *requirements], check=True, timeout=300)
    return place


def go_program(folder: Path, module: str, version: str) -> str:
    """A program of Go, built from a module; the test is skipped without it.

    It is built into `build`, where it stays for the next time.
    """
    name = module.rpartition("/")[2]
    target = Path(__file__).resolve().parents[1] / "build" / f"{name}-{version}"
    go = shutil.which("go")
    if not (target / name).exists():
        if not INSTALL or not go:
            pytest.skip(f"{name} {version} is not built: SYMBOLICATE_TEST_CLIENTS=install, and go")
        environment = os.environ | {
            "GOBIN": str(target),
            "GOPATH": str(folder / "go"),
            "GOCACHE": str(folder / "cache"),
        }
        command = [go, "install", "-modcacherw", f"{module}@{version}"]
        subprocess.run(command, check=True, timeout=1500, env=environment)
        for made in ("go", "cache"):
            shutil.rmtree(folder / made, ignore_errors=True)
    return str(target / name)


def cargo_program(folder: str, program: str, seconds: float) -> str:
    """A program whose source is in a folder of the tests; the test is skipped without it.

    It is built with the crates of its lock file, into `build`, where it stays for the next time.
    """
    here = Path(__file__).resolve().parent
    target = here.parent / "build" / folder
    built = target / "release" / program
    if not built.exists():
        if not INSTALL or not shutil.which("cargo"):
            pytest.skip(f"{program} is not built: SYMBOLICATE_TEST_CLIENTS=install, and cargo")
        command = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path"]
        command += [str(here / folder / "Cargo.toml"), "--target-dir", str(target)]
        subprocess.run(command, check=True, timeout=seconds)
    return str(built)


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
