"""The project's own dumps, compared with the crashed stack according to a debugger or a shadow stack.

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

# What is in `variety` was made by hand and has its own test.
DUMPS = sorted(dump for dump in (FIXTURES / "dumps").rglob("*.dmp") if dump.parent.name != "variety")
# How far a look-up address is before the return address it was made from, on any of the four architectures.
BEFORE_RETURN = {0, 1, 2, 4}
GUESSED = {"scan", "cfi_scan"}
# Wine's own libraries were not built for this, so that there are no symbols of them.
WITHOUT_SYSTEM_SYMBOLS = {"wine"}
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
    return [(function, line) for function, line, file in rows if is_own(file)]


def is_own(file: str | None) -> bool:
    return file is not None and file.startswith(("/src/", "C:\\src\\"))


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
    ours = [int(frame.offset or "", 16) for frame in frames]
    if dump.parent.name in WITHOUT_SYSTEM_SYMBOLS:
        # Inside the system's libraries there is only guessing. Whatever is not a guess is true, and in order.
        ours = [address for address, frame in zip(ours, frames, strict=True) if frame.trust not in GUESSED]
        rest = iter(real)
        false = [address for address in ours if not any(true - address in BEFORE_RETURN for true in rest)]
    else:
        both = zip(ours, real, strict=False)
        false = [mine for mine, true in both if true - mine not in BEFORE_RETURN]
        if truth["complete"]:
            # gdb stops at a thread's first function; what unwind rules find behind it is the C library's way there.
            false += [int(frame.offset or "", 16) for frame in frames[len(real) :] if frame.trust in GUESSED]
    assert [hex(address) for address in false] == [], "frames that are not on the stack"

    want = [(row["base"], row["line"]) for row in truth["crashed_thread"] if is_own(row["file"])]
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
