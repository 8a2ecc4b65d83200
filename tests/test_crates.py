"""The arrows between the native crates, as `cargo metadata` has them, and between the files of each crate."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from places import ROOT
from rust_imports import circles, uses_of

if TYPE_CHECKING:
    from pathlib import Path

# Which of the project's crates each may depend on.
ARROWS = {
    "archives": set[str](),
    "vocabulary": set[str](),
    "demangle": set[str](),
    "symbols": {"vocabulary"},
    "failure": {"vocabulary"},
    "minidump": {"vocabulary"},
    "minidump-synth": set[str](),
    "inputs": {"vocabulary"},
    "similar": set[str](),
    "table": set[str](),
    "unwind": {"vocabulary", "symbols"},
    "unwind-tables": {"vocabulary", "symbols", "unwind"},
    "debuginfo": {"vocabulary", "demangle", "symbols", "unwind-tables"},
    "engine": {"vocabulary", "demangle", "symbols", "minidump", "inputs", "unwind", "unwind-tables", "failure"},
    "corpus": {"engine", "table"},
    "python": {
        "archives",
        "corpus",
        "vocabulary",
        "engine",
        "demangle",
        "inputs",
        "similar",
        "symbols",
        "table",
        "unwind-tables",
        "debuginfo",
        "failure",
    },
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


@pytest.mark.parametrize("crate", sorted(ARROWS))
def test_no_files_of_a_crate_use_each_other(crate: str) -> None:
    assert not circles(ROOT / "native" / crate / "src")


CRATE = {
    "lib.rs": "mod names; mod reader; mod writer; pub use reader::Reader; pub struct Error;",
    "reader.rs": "use crate::{Error, names::Name}; pub struct Reader(Name); fn f() -> Error { todo!() }",
    "writer/mod.rs": "mod text; use crate::Reader as Source; pub struct Writer; fn f(_: Source) {}",
    "writer/text.rs": 'use super::Writer; const SHOWN: &str = "use crate::names::Name;"; // use crate::names::Name',
    "names.rs": "pub struct Name; #[cfg(test)] mod tests { use crate::Reader; }",
}


def made_up(folder: Path, **changed: str) -> Path:
    """Write the crate above, with the text of some files (`writer_text`: writer/text.rs) replaced."""
    for name, text in CRATE.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(changed.get(name.removesuffix(".rs").replace("/", "_"), text))
    return folder


def test_what_a_file_uses_is_where_it_is_defined(tmp_path: Path) -> None:
    assert uses_of(made_up(tmp_path)) == {
        "lib.rs": {},
        "names.rs": {},
        "reader.rs": {"names.rs": "Name"},
        "writer/mod.rs": {"reader.rs": "Reader"},
        "writer/text.rs": {},
    }
    assert not circles(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        "use crate::writer::Writer; pub struct Name;",
        "use crate::writer; pub struct Name(writer::Writer);",
        "use super::writer::{self as w}; pub struct Name(w::Writer);",
        "pub struct Name { writer: Box<crate::writer::Writer> }",
        "use crate::writer::*; pub struct Name(Writer);",
        "pub mod inner { pub struct Name; fn f(_: super::super::writer::Writer) {} } pub use inner::Name;",
    ],
)
def test_a_circle_is_found_and_named(tmp_path: Path, names: str) -> None:
    assert circles(made_up(tmp_path, names=names)) == [
        "names.rs -> writer/mod.rs (Writer) -> reader.rs (Reader) -> names.rs (Name)"
    ]


def test_a_module_and_its_own_modules_are_no_circle_but_two_of_them_are(tmp_path: Path) -> None:
    writer = "mod text; mod other; use text::g; pub struct Writer; fn f() { g() }"
    text = "use super::Writer; pub fn g() { super::other::h() }"
    made_up(tmp_path, writer_mod=writer, writer_text=text)
    (tmp_path / "writer/other.rs").write_text("pub fn h() {}")
    assert not circles(tmp_path)
    (tmp_path / "writer/other.rs").write_text("pub fn h() { super::text::g() }")
    assert circles(tmp_path) == ["writer/other.rs -> writer/text.rs (g) -> writer/other.rs (h)"]


def test_globs_that_lead_in_a_circle_are_followed_once(tmp_path: Path) -> None:
    made_up(tmp_path, reader="pub use crate::names::*; fn f(_: Name, _: Lost) {}", names="pub use crate::reader::*;")
    assert uses_of(tmp_path)["reader.rs"] == {}
    made_up(tmp_path, reader="use crate::names::*; fn f(_: Name) {}", names="use crate::reader::*; pub struct Name;")
    assert uses_of(tmp_path)["reader.rs"] == {"names.rs": "Name"}
