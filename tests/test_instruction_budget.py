"""The comparison of counted instructions with their budget; counting itself is `make instructions`."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from places import ROOT

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture
def instructions(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import instructions as module  # type: ignore[import-not-found]

    return module  # type: ignore[no-any-return]


def test_only_growth_beyond_the_tolerance_fails(instructions: ModuleType) -> None:
    counts = [instructions.Count(name, "once", size) for name, size in (("a", 1030), ("b", 1031), ("c", 900), ("d", 5))]
    rows, wrong = instructions.compare(counts, {"a": 1000, "b": 1000, "c": 1000, "gone": 1}, 0.03)
    assert [row.split()[:3] for row in rows[:3]] == [
        ["a", "1,030", "+3.0%"],
        ["b", "1,031", "+3.1%"],
        ["c", "900", "-10.0%"],
    ]
    assert "less than its budget" in rows[3]
    assert wrong == [
        "b takes 1,031 instructions, +3.1% of its budget of 1,000",
        "d has no budget",
        "gone has a budget, and is not counted",
    ]


def test_each_path_of_the_program_has_a_budget() -> None:
    budget = tomllib.loads((ROOT / "benchmarks" / "budget.toml").read_text(encoding="utf-8"))
    sources = (ROOT / "native" / "engine" / "examples" / "hot_paths").glob("*.rs")
    text = "".join(source.read_text(encoding="utf-8") for source in sources)
    assert budget["compiler"].startswith("rustc ")
    assert all(
        f'HotPath::new("{name}"' in text.replace("HotPath::new(\n            ", "HotPath::new(")
        for name in budget["paths"]
    )
    assert text.count("HotPath::new(") == len(budget["paths"])


def test_machines_without_callgrind_are_told_why(instructions: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions.platform, "machine", lambda: "aarch64")
    assert instructions.valgrind_of(ROOT / "build") == "the budget is for Linux on x86-64"
