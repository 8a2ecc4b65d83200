"""The project's own dumps, against what a debugger or a shadow stack says is on the crashed stack.

Where gdb stops being right is not where we may stop being: past the program's own frames a stack may end early, when
the symbols of the C library say no more, but a frame that is not there is never shown.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from places import FIXTURES
from symbolicate import Report, Session, SymbolStore

if TYPE_CHECKING:
    from pathlib import Path

    from symbolicate import Frame

DUMPS = sorted((FIXTURES / "dumps").rglob("*.dmp"))
# How far a look-up address is before the return address it was made from, on any of the four architectures.
BEFORE_RETURN = {0, 1, 2, 4}
# Two rows of the line table begin at this very instruction: gdb shows the one, dump_syms wrote the other.
TWO_LINES = {"linux-gdb/arm64-fp-overflow": 0}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return Session(SymbolStore(tmp_path_factory.mktemp("store"), sources=[FIXTURES / "symbols"]))


def base(name: str | None) -> str | None:
    """A function's own name: no scope, no parameters, no template arguments."""
    if name is None:
        return None
    plain, depth = "", 0
    for char in name:
        depth += (char in "<(") - (char in ">)")
        if depth == 0 and char not in ">)":
            plain += char
    return plain.removesuffix(" const").strip().rpartition("::")[2].rpartition(" ")[2]


def own_frames(frames: tuple[Frame, ...]) -> list[tuple[str | None, int | None]]:
    """Function and line of the frames in the fixture program's own sources, inlined ones too, innermost first."""
    rows = []
    for frame in frames:
        rows += [(base(inline.function), inline.line, inline.file) for inline in frame.inlines or ()]
        rows.append((base(frame.function), frame.line, frame.file))
    return [(function, line) for function, line, file in rows if file is not None and file.startswith("/src/")]


def crashed(report: Report) -> tuple[Frame, ...]:
    assert report.crash_info is not None
    assert report.crash_info.crashing_thread is not None
    return report.threads[report.crash_info.crashing_thread].frames


def test_there_are_fixtures() -> None:
    assert len(DUMPS) > 100


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: f"{dump.parent.name}/{dump.stem}")
def test_the_crashed_stack_is_the_true_one(dump: Path, session: Session) -> None:
    truth: dict[str, Any] = json.loads(dump.with_name(dump.stem + ".truth.json").read_text())
    frames = crashed(session.report(dump))

    real = [int(row["addr"], 16) for row in truth["crashed_thread"] if not row["inline"]]
    ours = [int(frame.offset or "", 16) for frame in frames][: len(real)]
    false = [i for i, (mine, true) in enumerate(zip(ours, real, strict=False)) if true - mine not in BEFORE_RETURN]
    assert false == [], "frames that are not on the stack"
    if truth["complete"]:
        assert len(frames) <= len(real), "frames behind the last one"

    want = [(row["base"], row["line"]) for row in truth["crashed_thread"] if (row["file"] or "").startswith("/src/")]
    got = own_frames(frames)
    either = TWO_LINES.get(f"{dump.parent.name}/{dump.stem}")
    if either is not None:
        want[either] = (want[either][0], got[either][1])
    assert got[: len(want)] == want
    if truth["complete"]:
        assert len(got) == len(want)


def test_the_demo_has_four_architectures(session: Session) -> None:
    dumps = [FIXTURES / line for line in (FIXTURES / "demo.txt").read_text().split()]
    reports = [session.report(dump) for dump in dumps]
    assert {report.system_info.cpu_arch for report in reports if report.system_info} == {"x86", "amd64", "arm", "arm64"}
