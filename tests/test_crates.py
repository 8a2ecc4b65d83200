"""The arrows between the native rooms, as `cargo metadata` has them."""

from __future__ import annotations

import json
import subprocess

import pytest

from places import ROOT

# Who may know whom, among the project's own crates.
ARROWS = {
    "vocabulary": set[str](),
    "demangle": set[str](),
    "symbols": {"vocabulary"},
    "failure": {"vocabulary"},
    "minidump": {"vocabulary"},
    "inputs": {"vocabulary"},
    "unwind": {"vocabulary", "symbols", "minidump"},
    "debuginfo": {"vocabulary", "demangle", "symbols"},
    "engine": {"vocabulary", "demangle", "symbols", "minidump", "inputs", "unwind", "failure"},
    "python": {"vocabulary", "engine", "demangle", "inputs", "symbols", "debuginfo", "failure"},
}
OWN = "symbolicate-"


@pytest.fixture(scope="module")
def packages() -> dict[str, list[dict[str, str]]]:
    """Each crate of the workspace with its dependencies."""
    done = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps", "--manifest-path", ROOT / "native" / "Cargo.toml"],
        capture_output=True,
        check=True,
    )
    return {package["name"]: package["dependencies"] for package in json.loads(done.stdout)["packages"]}


def test_every_arrow_points_down(packages: dict[str, list[dict[str, str]]]) -> None:
    assert {name.removeprefix(OWN) for name in packages} == set(ARROWS)
    for name, dependencies in packages.items():
        known = {
            one["name"].removeprefix(OWN) for one in dependencies if one["name"].startswith(OWN) and not one["kind"]
        }
        assert known <= ARROWS[name.removeprefix(OWN)], name


def test_only_one_crate_knows_python(packages: dict[str, list[dict[str, str]]]) -> None:
    knowing = {name for name, uses in packages.items() if {"pyo3", "numpy"} & {one["name"] for one in uses}}
    assert knowing == {"symbolicate-python"}
