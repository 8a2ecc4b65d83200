"""Every failure name of the fixtures and the corpora is as recorded: a change of rules shows what it renames."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from places import HERE
from recorded_names import differences, record, without_absent

if TYPE_CHECKING:
    from pathlib import Path

RECORDED = HERE / "golden" / "names.tsv"


@pytest.mark.corpora
def test_names_are_as_recorded(update_golden: bool, corpora: Path) -> None:
    assert corpora.is_dir()
    text = record([sys.executable, "-m", "symbolicate"])
    if update_golden:
        RECORDED.write_text(text, encoding="utf-8")
    changed = differences(without_absent(RECORDED.read_text(encoding="utf-8")), text)
    assert not changed, f"{len(changed)} names differ; `make golden` records them:\n" + "\n".join(changed)


def test_a_changed_name_is_reported() -> None:
    head = "input\tcrash\tsymbols\tname\thash\tevent_type\n"
    old, new = (head + f"a.dmp\t0\t\t{name}\t{name}\tcrash\n" for name in ("OLD", "NEW"))
    assert not differences(old, old)
    [line] = differences(old, new)
    assert "OLD" in line
    assert "NEW" in line
    [gone] = differences(old, head)
    assert "(no crash)" in gone
